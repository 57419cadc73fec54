# SPDX-License-Identifier: MIT
"""echo_server as its clients meet it."""
import os
import random
import resource
import signal
import socket
import threading
import unittest

from programs import SECONDS, EchoServer, Program, connect, echo, path, receive, reset, run, until


class Sessions(unittest.TestCase):
    def test_a_client_gets_back_what_it_sends(self):
        with EchoServer() as server, connect(server.address) as client:
            for data in (b"x", b"hello\n", bytes(range(256)), os.urandom(100_000)):
                self.assertEqual(echo(client, data), data)

    def test_a_half_close_is_answered_after_the_last_byte(self):
        with EchoServer() as server, connect(server.address) as client:
            client.sendall(b"last words")
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(receive(client, 10), b"last words")
            self.assertEqual(client.recv(1), b"")

    def test_many_clients_are_served_at_the_same_time(self):
        with EchoServer() as server:
            clients = [connect(server.address) for _ in range(300)]
            for turn in range(3):
                for number, client in enumerate(clients):
                    client.sendall(b"%d of turn %d" % (number, turn))
                for number, client in reversed(list(enumerate(clients))):
                    expected = b"%d of turn %d" % (number, turn)
                    self.assertEqual(receive(client, len(expected)), expected)
            for client in clients:
                client.close()
            self.assertEqual(server.errors, b"")

    def test_a_client_that_reads_nothing_holds_up_nobody(self):
        with EchoServer() as server, connect(server.address) as greedy:
            greedy.setblocking(False)

            def stuck():
                try:
                    greedy.send(bytes(1 << 20))
                except BlockingIOError:
                    return True
                return False

            until(stuck, "the server takes in more than it can get rid of")
            with connect(server.address) as other:
                self.assertEqual(echo(other), b"hello")

    def test_ten_mebibytes_come_back_whole(self):
        data = random.Random(7).randbytes(10 << 20)
        with EchoServer() as server, connect(server.address) as client:
            sender = threading.Thread(target=client.sendall, args=(data,))
            sender.start()
            echoed = receive(client, len(data))
            sender.join()
            self.assertTrue(echoed == data)


class Peers(unittest.TestCase):
    """What a client does cannot hurt the server."""

    def test_a_client_that_resets_in_the_middle_of_the_answer_kills_nobody(self):
        with EchoServer() as server, connect(server.address) as witness:
            for _ in range(50):
                client = connect(server.address)
                client.sendall(bytes(100_000))
                receive(client, 10)
                reset(client)
            self.assertEqual(echo(witness), b"hello")
            with connect(server.address) as later:
                self.assertEqual(echo(later), b"hello")
            self.assertIsNone(server.process.poll(), server.describe())
            for line in server.errors.decode().splitlines():
                self.assertRegex(line, r"^rill: session of 127\.0\.0\.1:\d+: (recv|send_all) 127\.0\.0\.1:\d+: "
                                       r"(Connection reset by peer|Broken pipe)$")

    def test_a_client_that_is_gone_before_the_answer_is_written_kills_nobody(self):
        with EchoServer() as server:
            with connect(server.address) as client:
                echo(client)
                server.signal(signal.SIGSTOP)
                until(lambda: server.state() == "T", "it does not stop")
                client.sendall(b"nobody will read the answer")
                client.shutdown(socket.SHUT_WR)
                port = client.getsockname()[1]
                reset(client)  # after an end: what is sent there now fails with EPIPE, and would raise SIGPIPE
            server.signal(signal.SIGCONT)
            with connect(server.address) as later:
                self.assertEqual(echo(later), b"hello")
            until(lambda: server.errors.endswith(b"\n"), "the session said nothing")
            self.assertEqual(server.errors.decode(), f"rill: session of 127.0.0.1:{port}: send_all 127.0.0.1:{port}: Broken pipe\n")

    def test_clients_that_reset_before_they_are_accepted_end_nothing(self):
        with EchoServer() as server:
            for _ in range(200):
                reset(connect(server.address))
            with connect(server.address) as later:
                self.assertEqual(echo(later), b"hello")

    def test_clients_wait_for_their_turn_while_the_table_of_descriptors_is_full(self):
        with EchoServer() as server:
            with connect(server.address) as first:
                echo(first)
            # From now on, so that the sanitizers, too, have opened what they need.
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (20, 20))
            clients = [connect(server.address) for _ in range(40)]
            for client in clients:  # not all of them fit in: who leaves makes room for another
                self.assertEqual(echo(client), b"hello")
                client.close()
            self.assertEqual(server.errors, b"")

    def test_descriptors_are_back_to_the_baseline_when_all_clients_have_left(self):
        if not os.path.isdir("/proc/self/fd"):
            self.skipTest("this system has no /proc/PID/fd")
        with EchoServer() as server:
            with connect(server.address) as first:
                echo(first)
            baseline = until(lambda: (now := server.descriptors()) and len(now) < 50 and now, "no baseline")
            clients = [connect(server.address) for _ in range(100)]
            for client in clients:
                echo(client)
            self.assertGreaterEqual(len(server.descriptors()), 100 + len(baseline) - 1)
            for number, client in enumerate(clients):
                if number % 2:
                    reset(client)
                else:
                    client.close()
            until(lambda: len(server.descriptors()) <= len(baseline), f"more descriptors than {baseline}")


class Address(unittest.TestCase):
    def test_it_listens_where_it_is_told_to(self):
        with EchoServer() as server:
            self.assertEqual(server.output.decode(), "listening on 127.0.0.1:%d\n" % server.address[1])

    def test_port_in_use_is_one_line_and_status_1(self):
        with EchoServer() as server:
            port = str(server.address[1])
            self.assertEqual(run(path("echo_server"), "127.0.0.1", port),
                             (1, b"", b"echo_server: bind 127.0.0.1:%s: Address already in use\n" % port.encode()))

    def test_it_listens_on_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        with Program(path("echo_server"), "::1", "0") as server:
            line = server.line().decode()
            self.assertRegex(line, r"^listening on \[::1\]:\d+\n$")
            with socket.create_connection(("::1", int(line.rpartition(":")[2])), SECONDS) as client:
                self.assertEqual(echo(client), b"hello")


if __name__ == "__main__":
    unittest.main()
