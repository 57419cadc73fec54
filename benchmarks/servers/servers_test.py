# SPDX-License-Identifier: MIT
"""That each server starts, tells where it listens, echoes what it is sent, also in pieces that do not fit at once, or sends
its file, or passes on what comes, and ends."""
import os
import pathlib
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure  # noqa: E402
import peers  # noqa: E402


class ServersTest(unittest.TestCase):
    def ends(self, server):
        self.assertIn(server.end(), (0, -signal.SIGTERM))

    def test_each_echo_server_echoes(self):
        for peer in peers.of_kind("echo"):
            for buffer in (1024, 65536):
                with self.subTest(peer.name, buffer=buffer), measure.Server(peer, [buffer]) as server:
                    for options in ({"bytes": 64, "outstanding": 4}, {"bytes": 300_000, "outstanding": 2}):
                        figures = measure.load(server, "closed", connections=5, echoes=50, **options)
                        self.assertEqual(figures["answered"], 50)
                    self.assertEqual(measure.load(server, "churn", connections=2, echoes=20)["answered"], 20)
                    self.ends(server)

    def test_each_datagram_server_echoes(self):
        for peer in peers.of_kind("datagrams"):
            with self.subTest(peer.name), measure.Server(peer) as server:
                figures = measure.load(server, "datagrams", connections=2, echoes=100, outstanding=8)
                self.assertEqual(figures["answered"] + figures["lost"], 100)
                self.ends(server)

    def test_each_file_server_sends_the_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(os.urandom(1_000_001))
            file.flush()
            for peer in peers.of_kind("files"):
                with self.subTest(peer.name), measure.Server(peer, [file.name]) as server:
                    figures = measure.load(server, "download", connections=3, file=file.name, milliseconds=20, warm_up=0)
                    self.assertGreater(figures["answered"], 0)
                    self.ends(server)

    def test_each_proxy_passes_both_directions_on(self):
        echo = peers.of_kind("echo", ["epoll_echo"])[0]
        for peer in peers.of_kind("proxy"):
            with self.subTest(peer.name), measure.Server(echo, [65536]) as behind:
                with measure.Server(peer, [65536, behind.port()]) as server:
                    for options in ({"bytes": 64, "outstanding": 4}, {"bytes": 3_000_000, "outstanding": 2}):
                        self.assertEqual(measure.load(server, "closed", connections=5, echoes=50, **options)["answered"], 50)
                    self.assertEqual(measure.load(server, "churn", connections=2, echoes=20)["answered"], 20)
                    self.ends(server)

    def test_each_proxy_holds_the_source_back_and_passes_its_end_on(self):
        for peer in peers.of_kind("proxy"):
            with self.subTest(peer.name), measure.proxy_source() as source:
                with measure.Server(peer, [65536, source.getsockname()[1]]) as server:
                    self.assertGreaterEqual(measure.load(server, "through", source=source, connections=3, echoes=20)["exchanges"], 20)
                    figures = measure.load(server, "slow_reader", source=source, pid=server.pid, connections=10, bytes=1000, rate=500,
                                           warm_up=0, milliseconds=200)
                    self.assertGreater(figures["exchanges"], 0)
                    self.assertLess(figures["bytes_each"], 1024 * 1024)
                    self.ends(server)


if __name__ == "__main__":
    unittest.main()
