# SPDX-License-Identifier: MIT
"""tcp_proxy between iperf3 and iperf3, between a fast writer and a slow reader, and before servers that are not there."""
import hashlib
import random
import signal
import socket
import unittest

from programs import SECONDS, EchoServer, Program, connect, echo, path, receive, refused, run, tool, until


class Proxy(Program):
    def __init__(self, host, port):
        super().__init__(path("tcp_proxy"), host, str(port), "0")
        self.address = ("127.0.0.1", int(self.line().decode().rpartition(":")[2]))

    def memory(self):
        """In KiB."""
        return int(self.proc_status("VmRSS"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class TcpProxy(unittest.TestCase):
    def test_iperf3_measures_itself_through_it_in_both_directions(self):
        iperf3 = tool(self, "iperf3")
        for direction in ([], ["-R"], ["--bidir"]):
            port = free_port()
            with self.subTest(direction=direction), Program(iperf3, "-s", "-1", "-p", str(port), "--forceflush") as server:
                server.wait_for_output(b"Server listening")
                with Proxy("127.0.0.1", port) as proxy:
                    status, output, errors = run(iperf3, "-c", "127.0.0.1", "-p", str(proxy.address[1]), "-n", "50M", *direction)
                    self.assertEqual((status, errors), (0, b""), output)
                    self.assertEqual(server.status(), 0, server.describe())

    def test_a_name_leads_to_its_server(self):
        with EchoServer() as server, Proxy("localhost", server.address[1]) as proxy, connect(proxy.address) as client:
            self.assertEqual(echo(client), b"hello")

    def test_a_slow_reader_holds_its_writer_back_and_the_memory_stays_flat(self):
        with socket.create_server(("127.0.0.1", 0)) as listener, Proxy(*listener.getsockname()) as proxy:
            listener.settimeout(SECONDS)
            with connect(proxy.address) as writer:
                reader, _ = listener.accept()
                with reader:
                    reader.settimeout(SECONDS)
                    block = random.Random(7).randbytes(1 << 20)
                    sent, size = hashlib.sha256(), 0
                    before = proxy.memory()
                    writer.settimeout(1)
                    try:
                        while size < 1 << 30:
                            taken = writer.send(block)
                            sent.update(block[:taken])
                            size += taken
                    except TimeoutError:
                        pass
                    self.assertLess(size, 64 << 20, "the writer is not held back")  # what the kernel keeps, four times
                    self.assertLess(proxy.memory() - before, 8 << 10)
                    writer.shutdown(socket.SHUT_WR)
                    arrived, count = hashlib.sha256(), 0
                    while piece := reader.recv(1 << 16):
                        arrived.update(piece)
                        count += len(piece)
                    self.assertEqual((count, arrived.hexdigest()), (size, sent.hexdigest()))
                    reader.sendall(b"answer after the end")
                    self.assertEqual(receive(writer, 20), b"answer after the end")

    def test_a_server_that_is_not_there_ends_the_session_and_not_the_proxy(self):
        port = free_port()
        with Proxy("127.0.0.1", port) as proxy:
            with connect(proxy.address) as client:
                self.assertEqual(client.recv(1), b"")
            until(lambda: b"Connection refused" in proxy.errors, proxy.describe())
            self.assertIn(b'connect "127.0.0.1" "%d" at 127.0.0.1:%d' % (port, port), proxy.errors)
            proxy.signal(signal.SIGTERM)
            self.assertEqual(proxy.status(), 0)
            self.assertTrue(refused(proxy.address))

    def test_a_signal_ends_it_while_sessions_are_under_way(self):
        with EchoServer() as server, Proxy(*server.address) as proxy, connect(proxy.address) as client:
            echo(client)
            proxy.signal(signal.SIGINT)
            self.assertEqual(proxy.status(), 0, proxy.describe())


if __name__ == "__main__":
    unittest.main()
