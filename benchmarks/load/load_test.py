# SPDX-License-Identifier: MIT
"""That the load notices what is wrong: it meets servers that echo wrongly, and must refuse to give a figure."""
import json
import os
import socket
import subprocess
import threading
import unittest

LOAD = os.path.join(os.environ["RILL_BIN_DIR"], "rill_load")


class Server:
    """A server on a thread a client, whose answer to a piece of bytes is `answer(bytes)`; None closes."""

    def __init__(self, answer, kind=socket.SOCK_STREAM):
        self.answer = answer
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            self.socket.listen(1000)
        threading.Thread(target=self._accept if kind == socket.SOCK_STREAM else self._datagrams, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self._session, args=(client,), daemon=True).start()

    def _session(self, client):
        with client:
            try:
                while data := client.recv(65536):
                    reply = self.answer(data)
                    if reply is None:
                        return
                    client.sendall(reply)
            except OSError:
                pass  # the load has seen enough

    def _datagrams(self):
        while True:
            data, peer = self.socket.recvfrom(65536)
            reply = self.answer(data)
            if reply is not None:
                self.socket.sendto(reply, peer)


def load(mode, server, *options):
    """Its status, its figures and what it complained of."""
    done = subprocess.run([LOAD, mode, server.address, *options], capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else None, done.stderr


def last_byte_wrong(data):
    return data[:-1] + bytes([data[-1] ^ 1])


class LoadTest(unittest.TestCase):
    def refuses(self, complaint, mode, server, *options):
        status, _, error = load(mode, server, "connections=3", "echoes=30", *options)
        self.assertEqual(status, 1)
        self.assertIn(complaint, error)

    def test_a_right_echo_is_counted_to_the_last_one(self):
        for mode, options in (("closed", ["outstanding=4", "bytes=100"]), ("closed", ["bytes=200000"]), ("churn", [])):
            status, figures, error = load(mode, Server(lambda data: data), "connections=3", "echoes=50", *options)
            self.assertEqual(status, 0, error)
            self.assertEqual((figures["exchanges"], figures["asked"], figures["answered"]), (50, 50, 50))

    def test_a_right_datagram_is_counted_to_the_last_one(self):
        status, figures, error = load("datagrams", Server(lambda data: data, socket.SOCK_DGRAM), "connections=2", "echoes=50", "outstanding=4")
        self.assertEqual(status, 0, error)
        self.assertEqual((figures["exchanges"], figures["asked"], figures["answered"]), (50, 50, 50))

    def test_a_wrong_byte_is_noticed(self):
        for mode in ("closed", "churn", "open", "storm"):
            self.refuses("not what was sent", mode, Server(last_byte_wrong))
        self.refuses("not what was sent", "datagrams", Server(last_byte_wrong, socket.SOCK_DGRAM))

    def test_too_many_bytes_are_noticed(self):
        self.refuses("more than it was sent", "closed", Server(lambda data: data + data[:1]))

    def test_a_connection_that_the_server_closes_is_noticed(self):
        self.refuses("closed a connection", "closed", Server(lambda data: None))

    def test_bytes_of_another_connection_are_noticed(self):
        seen = []
        self.refuses("not what was sent", "closed", Server(lambda data: seen.append(data) or seen[0]), "bytes=64")

    def test_a_lost_datagram_is_counted_and_sent_again(self):
        count = [0]

        def every_tenth_lost(data):
            count[0] += 1
            return None if count[0] % 10 == 0 else data

        status, figures, error = load("datagrams", Server(every_tenth_lost, socket.SOCK_DGRAM), "connections=1", "echoes=15")
        self.assertEqual(status, 0, error)
        self.assertEqual((figures["lost"], figures["answered"]), (1, 15))

    def test_a_stall_is_charged_to_all_who_would_have_come_meanwhile(self):
        stalled = threading.Event()

        def stall_once(data):
            if not stalled.is_set():
                stalled.set()
                threading.Event().wait(0.5)  # the stall itself, and no waiting for something
            return data

        _, figures, error = load("open", Server(stall_once), "connections=1", "rate=1000", "warm_up=0", "milliseconds=1000")
        self.assertIsNotNone(figures, error)
        self.assertGreater(figures["p50_us"], 1000)  # about half of them waited; one in a thousand did by their own account

    def test_an_unknown_option_is_refused(self):
        self.refuses("no such option", "closed", Server(lambda data: data), "conections=5")
        self.refuses("no such mode", "closet", Server(lambda data: data))


if __name__ == "__main__":
    unittest.main()
