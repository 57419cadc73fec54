# SPDX-License-Identifier: MIT
"""chat_room: one room, a limit of time, and an end in good order."""
import signal
import unittest

from programs import Program, connect, path


class ChatRoom(Program):
    def __init__(self, seconds=600):
        super().__init__(path("chat_room"), "127.0.0.1", "0", str(seconds))
        self.address = ("127.0.0.1", int(self.line().decode().rpartition(":")[2]))

    def guest(self, name):
        return Guest(self.address, name)


class Guest:
    def __init__(self, address, name):
        self.socket = connect(address)
        self.lines = self.socket.makefile("rb")
        self.hears("Your name?")
        self.say(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def say(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def hears(self, text):
        """The next line is this one; an empty text is the end."""
        line = self.lines.readline().decode().rstrip("\n")
        if line != text:
            raise AssertionError(f"heard {line!r} and not {text!r}")


class ChatRoomTest(unittest.TestCase):
    def test_all_hear_what_is_said_and_who_comes_and_leaves(self):
        with ChatRoom() as server, server.guest("ann") as ann:
            ann.hears("* ann has come")
            with server.guest("bob") as bob:
                ann.hears("* bob has come")
                bob.hears("* bob has come")
                ann.say("hello")
                ann.hears("ann: hello")
                bob.hears("ann: hello")
                bob.say("\x1b[2J is not shown")
                bob.say("good day")
                ann.hears("bob: good day")
            ann.hears("* bob has left")

    def test_who_is_silent_for_too_long_has_to_leave(self):
        with ChatRoom(seconds=1) as server, server.guest("ann") as ann:
            ann.hears("* ann has come")
            ann.hears("You were silent.")
            ann.hears("")

    def test_a_signal_ends_it_with_somebody_inside(self):
        with ChatRoom() as server, server.guest("ann") as ann:
            ann.hears("* ann has come")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.status(), 0, server.describe())
            ann.hears("")
