# SPDX-License-Identifier: MIT
"""How servers end: SIGTERM and SIGINT, with and without clients."""
import signal
import socket
import unittest

from programs import EchoServer, Program, connect, echo, path, receive, refused, until

STOPS = (signal.SIGTERM, signal.SIGINT)


def bound_again(address):
    """Whether the port can be had, as by a server that is started again."""
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(address)
        again.listen()
    return True


class WithoutClients(unittest.TestCase):
    def test_a_signal_ends_the_server_with_status_0_and_frees_the_port(self):
        for number in STOPS:
            with self.subTest(signal=number), EchoServer() as server:
                server.signal(number)
                self.assertEqual(server.status(), 0, server.describe())
                self.assertEqual(server.errors, b"")
                self.assertTrue(refused(server.address))
                self.assertTrue(bound_again(server.address))

    def test_a_signal_ends_the_servers_of_the_notes_with_status_0(self):
        for name in ("note_000_tcp_server", "note_000_tcp_multi_user_server"):
            for number in STOPS:
                with self.subTest(program=name, signal=number), Program(path(name), "127.0.0.1", "0") as server:
                    server.line()
                    server.signal(number)
                    self.assertEqual((server.status(), bytes(server.errors)), (0, b""))


class WithClients(unittest.TestCase):
    def stopping(self, server, number=signal.SIGTERM):
        """Sends the signal, and waits until the server has seen it: its handler is gone then."""
        server.signal(number)
        until(lambda: not server.catches(number), "the signal was not seen")

    def test_clients_are_served_while_the_server_drains(self):
        for number in STOPS:
            with self.subTest(signal=number), EchoServer() as server, connect(server.address) as client:
                echo(client)
                self.stopping(server, number)
                self.assertEqual(echo(client, b"still here"), b"still here")
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.recv(1), b"")
                self.assertEqual((server.status(), bytes(server.errors)), (0, b""))

    def test_a_client_that_stays_is_closed_when_the_time_to_drain_is_over(self):
        with EchoServer() as server, connect(server.address) as client:
            echo(client)
            self.stopping(server)
            self.assertEqual(client.recv(1), b"")
            self.assertEqual((server.status(), bytes(server.errors)), (0, b""))
            self.assertTrue(bound_again(server.address))

    def test_who_comes_after_the_signal_is_refused_while_the_others_are_still_served(self):
        with EchoServer() as server, connect(server.address) as client:
            echo(client)
            self.stopping(server)
            until(lambda: refused(server.address), "the port is still open")
            self.assertEqual(echo(client, b"still here"), b"still here")
            client.close()
            self.assertEqual(server.status(), 0)

    def test_a_second_interrupt_kills_a_server_that_drains(self):
        with EchoServer() as server, connect(server.address) as client:
            echo(client)
            self.stopping(server, signal.SIGINT)
            server.signal(signal.SIGINT)
            self.assertEqual(server.status(), -signal.SIGINT, server.describe())

    def test_what_was_under_way_arrives_before_the_end(self):
        with EchoServer() as server, connect(server.address) as client:
            echo(client)  # accepted: who only waits to be is refused
            client.sendall(bytes(300_000))
            self.stopping(server)
            client.shutdown(socket.SHUT_WR)
            receive(client, 300_000)
            self.assertEqual(client.recv(1), b"")
            self.assertEqual(server.status(), 0)


if __name__ == "__main__":
    unittest.main()
