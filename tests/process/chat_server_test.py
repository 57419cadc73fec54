# SPDX-License-Identifier: MIT
"""chat_server: rooms that threads share, slow readers that are dropped, and an end that loses nothing."""
import signal
import socket
import unittest

from programs import SECONDS, Program, connect, path, receive, refused, until


class ChatServer(Program):
    def __init__(self):
        super().__init__(path("chat_server"), "127.0.0.1", "0")
        self.address = ("127.0.0.1", int(self.line().decode().rpartition(":")[2]))

    def guest(self, name, **options):
        return Guest(self.address, name, **options)


class Guest:
    """Somebody who chats, and reads a line at a time."""

    def __init__(self, address, name, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SECONDS)
        self.socket.connect(address)
        self.lines = self.socket.makefile("rb")
        self.say(name)

    def enters(self, name):
        """Waits until it is in the lobby; who comes after that is heard of."""
        self.hears(f"* {name} has come")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def say(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def hears(self, text):
        """Reads up to a line with this text; the lines before it."""
        before = []
        while line := self.lines.readline():
            if line.decode().rstrip("\n") == text:
                return before
            before.append(line.decode().rstrip("\n"))
        raise AssertionError(f"the end came before {text!r}: {before[-10:]}")

    def rest(self):
        return self.lines.read()


class ChatServerTest(unittest.TestCase):
    def test_a_room_hears_what_is_said_in_it_and_no_other_does(self):
        with ChatServer() as server, server.guest("ann") as ann, server.guest("bob") as bob, server.guest("eve") as eve:
            for each, name in ((ann, "ann"), (bob, "bob"), (eve, "eve")):
                each.hears(f"* {name} has come")
            eve.say("/join attic")
            eve.hears("* eve has come")
            ann.hears("* eve has left")
            bob.hears("* eve has left")
            ann.say("hello")
            for each in (ann, bob):
                self.assertEqual(each.hears("ann: hello"), [])
            eve.say("nobody hears")
            self.assertEqual(eve.hears("eve: nobody hears"), [])
            bob.say("/who")
            self.assertEqual(bob.hears("* here: ann bob"), [])
            ann.say("/quit")
            self.assertEqual(bob.hears("* ann has left"), [])

    def test_every_thread_has_clients_and_they_hear_each_other(self):
        with ChatServer() as server:
            until(lambda: int(server.proc_status("Threads")) >= 2, "it has no second thread")
            guests = [server.guest(f"guest{i}") for i in range(24)]
            for i, each in enumerate(guests):
                each.hears(f"* guest{i} has come")
            guests[0].say("/who")
            names = " ".join(sorted(f"guest{i}" for i in range(24)))
            guests[0].hears(f"* here: {names}")
            for i, each in enumerate(guests):
                each.say(f"from {i}")
            for each in guests:
                heard = set()
                while len(heard) < 24:
                    line = each.lines.readline().decode().rstrip("\n")
                    self.assertNotEqual(line, "")
                    if ": from " in line:
                        heard.add(line)
                each.__exit__()

    def test_a_name_is_taken_once_in_a_room_and_must_be_text(self):
        with ChatServer() as server, server.guest("ann") as ann:
            ann.hears("* ann has come")
            for name in ("ann", "", "an\x1b[2Jn"):
                with server.guest(name) as other:
                    self.assertIn(b"* not with this name\n", other.rest())
            with server.guest("bob") as bob:
                bob.hears("* bob has come")
                bob.say("\x07")
                bob.hears("* only text is passed on")
                bob.say("/join attic")
                bob.hears("* bob has come")
                with server.guest("bob") as again:
                    again.hears("* bob has come")
                    again.say("/join attic")
                    again.hears("* somebody has your name there")

    def test_who_reads_too_slowly_is_dropped_with_a_notice_and_nobody_waits_for_it(self):
        with ChatServer() as server, server.guest("ann").enters("ann") as ann, \
                server.guest("slow", receive_buffer=4096).enters("slow") as slow:
            ann.hears("* slow has come")
            said = 0
            line = "x" * 900
            dropped = False
            while not dropped:
                self.assertLess(said, 200_000, "the slow one is never dropped")
                for _ in range(20):
                    ann.say(line)
                for _ in range(20):
                    heard = ann.lines.readline().decode()
                    while heard != f"ann: {line}\n":
                        dropped = dropped or heard == "* slow reads too slowly\n"
                        self.assertTrue(heard.startswith("* slow"), heard)
                        heard = ann.lines.readline().decode()
                said += 20
            self.assertLess(int(server.proc_status("VmRSS")), 200 << 10)
            self.assertTrue(slow.rest().endswith(b"\n* you read too slowly\n"))
            ann.say("still here")
            ann.hears("ann: still here")

    def test_a_signal_drains_it_everybody_gets_what_was_said_and_is_told(self):
        with ChatServer() as server, server.guest("ann") as ann, server.guest("bob") as bob:
            ann.hears("* ann has come")
            bob.hears("* bob has come")
            with connect(server.address) as stranger:
                self.assertEqual(receive(stranger, 13), b"* your name?\n")
                for number in range(10):
                    ann.say(f"{number}")
                ann.hears("ann: 9")
                until(lambda: server.catches(signal.SIGTERM), server.describe())
                server.signal(signal.SIGTERM)
                heard = bob.rest().decode().splitlines()
                self.assertEqual([line for line in heard if line.startswith("ann: ")], [f"ann: {n}" for n in range(10)])
                self.assertIn("* the server goes down", heard)
                self.assertIn("* the server goes down", ann.rest().decode().splitlines())
                self.assertEqual(stranger.recv(1), b"")
            self.assertEqual(server.status(), 0, server.describe())
            self.assertTrue(server.output.endswith(b"draining\ndone\n"))
            self.assertTrue(refused(server.address))


if __name__ == "__main__":
    unittest.main()
