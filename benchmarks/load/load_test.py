# SPDX-License-Identifier: MIT
"""That the load notices what is wrong: it meets servers that echo wrongly, and must refuse to give a figure."""
import contextlib
import json
import os
import queue
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


class Proxy:
    """A proxy on two threads a client. What comes from the source passes through `change(bytes)`, None ends the stream to the reader; and with
    `held` through a queue that takes all there is, so that the source is never held back. When the source has ended, `at_end(source)`."""

    def __init__(self, change=lambda data: data, held=False, at_end=lambda source: None):
        self.change, self.held, self.at_end = change, held, at_end
        self.source = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            reader, _ = self.socket.accept()
            source = socket.create_connection(self.source.getsockname())
            threading.Thread(target=self._session, args=(reader, source), daemon=True).start()

    def _session(self, reader, source):
        with reader, source:
            try:
                for data in self._all_of(source):
                    changed = self.change(data)
                    if changed is None:
                        break
                    reader.sendall(changed)
                self.at_end(source)
                reader.shutdown(socket.SHUT_WR)
                reader.recv(1)  # the end, since readers say nothing
            except OSError:
                pass  # the load has seen enough

    def _all_of(self, source):
        def pieces():
            while data := source.recv(65536):
                yield data

        if not self.held:
            return pieces()
        taken = queue.SimpleQueue()

        def take():
            with contextlib.suppress(OSError):  # the session has ended
                for data in pieces():
                    taken.put(data)
            taken.put(None)

        threading.Thread(target=take, daemon=True).start()
        return iter(taken.get, None)


def load(mode, server, *options):
    """Its status, its figures and what it complained of."""
    source = getattr(server, "source", None)
    inherited = [source.fileno()] if source else []
    done = subprocess.run([LOAD, mode, server.address, *options, *(f"source={number}" for number in inherited)], capture_output=True, text=True,
                          timeout=60, pass_fds=inherited)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else None, done.stderr


SLOW = ["connections=2", "bytes=1000", "rate=200", "warm_up=0", "milliseconds=200", "echoes=0", f"pid={os.getpid()}"]


def last_byte_wrong(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def one_piece_late():
    before = [b""]

    def change(data):
        late, before[0] = before[0], data
        return late

    return change


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

        _, figures, error = load("open", Server(stall_once), "connections=1", "rate=1000", "warm_up=0", "milliseconds=700")
        self.assertIsNotNone(figures, error)
        self.assertGreater(figures["p50_us"], 50_000)  # five in seven waited, up to 0.5 s; one in a thousand did by their own account

    def test_what_comes_through_a_proxy_is_counted(self):
        status, figures, error = load("through", Proxy(), "connections=2", "echoes=8")
        self.assertEqual(status, 0, error)
        self.assertGreaterEqual(figures["exchanges"], 8)

    def test_a_slow_reader_says_how_far_the_source_was_ahead(self):
        status, figures, error = load("slow_reader", Proxy(), *SLOW)
        self.assertEqual(status, 0, error)
        self.assertGreater(figures["exchanges"], 0)
        self.assertGreater(figures["ahead_bytes"], 64 * 1024)
        self.assertGreaterEqual(figures["resident_peak"], figures["resident_before"])

    def test_a_proxy_that_does_not_hold_the_source_back_is_noticed(self):
        self.refuses("nothing holds the source back", "slow_reader", Proxy(held=True), *SLOW, "milliseconds=30000")

    def test_a_wrong_byte_of_a_proxy_is_noticed(self):
        self.refuses("not what was sent", "through", Proxy(last_byte_wrong))
        self.refuses("not what was sent", "slow_reader", Proxy(last_byte_wrong), *SLOW)

    def test_a_proxy_that_ends_early_is_noticed(self):
        count = []
        self.refuses("closed a connection", "through", Proxy(lambda data: None if len(count) > 10 else count.append(0) or data))

    def test_a_proxy_that_drops_the_last_bytes_is_noticed(self):
        self.refuses("ended early", "through", Proxy(one_piece_late()), "connections=1", "outstanding=4")

    def test_a_proxy_that_keeps_bytes_back_is_noticed(self):
        self.refuses("nothing has come", "through", Proxy(one_piece_late()), "connections=1", "outstanding=1")

    def test_a_proxy_that_leaves_the_source_first_is_noticed(self):
        self.refuses("before the reader did", "through", Proxy(at_end=lambda source: source.close() or threading.Event().wait(1)))

    def test_a_proxy_needs_a_source(self):
        self.refuses("needs source", "through", Server(lambda data: data))

    def test_an_unknown_option_is_refused(self):
        self.refuses("no such option", "closed", Server(lambda data: data), "conections=5")
        self.refuses("no such mode", "closet", Server(lambda data: data))


if __name__ == "__main__":
    unittest.main()
