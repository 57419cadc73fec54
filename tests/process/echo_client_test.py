# SPDX-License-Identifier: MIT
"""echo_client, against our server and against peers that behave badly."""
import contextlib
import socket
import threading
import unittest

from programs import SECONDS, EchoServer, path, receive, reset, run


@contextlib.contextmanager
def peer(serve):
    """A listener whose first client is handed to serve(socket); gives its arguments for a client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)

        def accept():
            client, _ = listener.accept()
            client.settimeout(SECONDS)
            with client:
                serve(client)

        thread = threading.Thread(target=accept)
        thread.start()
        yield ["127.0.0.1", str(listener.getsockname()[1])]
        thread.join()


class WithOurServer(unittest.TestCase):
    def test_it_prints_the_lines_of_its_input(self):
        for lines in (b"", b"\n", b"one\n", b"one\n\ntwo\nthree\n", "你好，世界\n".encode(), bytes(range(11, 256)) + b"\0\n"):
            with self.subTest(lines=lines), EchoServer() as server:
                arguments = [str(each) for each in server.address]
                self.assertEqual(run(path("echo_client"), *arguments, stdin=lines), (0, lines, b""))

    def test_a_last_line_without_an_end_is_sent_as_well(self):
        with EchoServer() as server:
            arguments = [str(each) for each in server.address]
            self.assertEqual(run(path("echo_client"), *arguments, stdin=b"one\ntwo"), (0, b"one\ntwo\n", b""))

    def test_a_line_longer_than_all_buffers_comes_back_whole(self):
        line = b"x" * (32 << 20) + b"\n"
        with EchoServer() as server:
            arguments = [str(each) for each in server.address]
            status, output, errors = run(path("echo_client"), *arguments, stdin=line)
            self.assertEqual((status, len(output), errors), (0, len(line), b""))
            self.assertTrue(output == line)


class WithOthers(unittest.TestCase):
    def failure(self, serve):
        with peer(serve) as arguments:
            status, output, errors = run(path("echo_client"), *arguments, stdin=b"hello\n")
            where = ":".join(arguments)
        self.assertEqual((status, output), (1, b""))
        self.assertEqual(errors.count(b"\n"), 1)
        return errors.decode().replace(where, "PEER")

    def test_a_server_that_closes_before_the_whole_echo_is_an_error(self):
        def short(client):
            receive(client, 6)
            client.sendall(b"hell")

        self.assertEqual(self.failure(short),
                         "echo_client: recv_exactly PEER: the stream ended before everything had arrived\n")

    def test_a_server_that_resets_is_an_error(self):
        def hang_up(client):
            receive(client, 6)
            reset(client)

        self.assertEqual(self.failure(hang_up), "echo_client: recv_exactly PEER: Connection reset by peer\n")

    def test_a_server_that_says_more_than_the_echo_is_an_error(self):
        def chatter(client):
            client.sendall(receive(client, 6) + b"!")
            client.recv(1)

        with peer(chatter) as arguments:
            self.assertEqual(run(path("echo_client"), *arguments, stdin=b"hello\n"),
                             (1, b"hello\n", b"echo_client: the server sent more than it was sent\n"))


if __name__ == "__main__":
    unittest.main()
