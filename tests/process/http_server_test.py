# SPDX-License-Identifier: MIT
"""http_server before curl and wrk, and before clients that are slow, endless, wrong or in a hurry."""
import re
import signal
import time
import unittest

from programs import SECONDS, Program, connect, path, receive, run, tool, until


class HttpServer(Program):
    def __init__(self):
        super().__init__(path("http_server"), "127.0.0.1", "0")
        host, _, port = self.line().decode().removeprefix("listening on ").strip().rpartition(":")
        self.address = (host, int(port))
        self.url = f"http://{host}:{port}/"


def all_of(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class Tools(unittest.TestCase):
    def test_curl_gets_the_page_and_keeps_its_connection(self):
        curl = tool(self, "curl")
        with HttpServer() as server:
            status, output, _ = run(curl, "-sS", "-w", "%{http_code} %{num_connects}\n", server.url, server.url, server.url + "nothing")
            self.assertEqual((status, output), (0, b"hello\n200 1\nhello\n200 0\nnot found\n404 0\n"))
            status, output, _ = run(curl, "-sS", "--http1.0", "-I", server.url)
            self.assertEqual(status, 0)
            self.assertRegex(output, rb"^HTTP/1.1 200 OK\r\n(.*\r\n)*Connection: close\r\n\r\n$")
            status, output, _ = run(curl, "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-d", "a body", server.url)
            self.assertEqual((status, output), (0, b"413"))
            self.assertEqual(server.errors, b"")

    def test_wrk_gets_nothing_but_pages(self):
        wrk = tool(self, "wrk")
        with HttpServer() as server:
            status, output, errors = run(wrk, "-t", "1", "-c", "20", "-d", "1s", server.url)
            self.assertEqual((status, errors), (0, b""))
            self.assertNotIn(b"Socket errors", output)
            self.assertNotIn(b"Non-2xx", output)
            self.assertGreater(int(re.search(rb"(\d+) requests in", output)[1]), 20)
            server.signal(signal.SIGTERM)
            self.assertEqual(server.status(), 0, server.describe())


class Clients(unittest.TestCase):
    def test_pipelined_requests_are_answered_in_their_order(self):
        with HttpServer() as server, connect(server.address) as client:
            client.sendall(GET * 100 + b"GET /x HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n" + GET)
            answers = all_of(client)
            self.assertEqual(answers[:len(OK) * 100], OK * 100)
            self.assertRegex(answers[len(OK) * 100:], rb"^HTTP/1.1 404 (.*\r\n)*\r\nnot found\n$")

    def test_a_head_that_comes_byte_by_byte_is_a_head(self):
        with HttpServer() as server, connect(server.address) as client:
            for byte in GET:
                client.sendall(bytes([byte]))
            self.assertEqual(receive(client, len(OK)), OK)

    def test_a_head_that_is_too_large_is_refused_and_the_answer_arrives(self):
        with HttpServer() as server, connect(server.address) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 100_000)
            self.assertTrue(all_of(client).startswith(b"HTTP/1.1 431 "))

    def test_a_slow_head_is_refused_after_five_seconds_though_its_bytes_keep_coming(self):
        with HttpServer() as server, connect(server.address) as client:
            begin = time.monotonic()
            client.setblocking(False)
            answer = b""
            while b"\n" not in answer:
                try:
                    client.send(b"x")
                    answer += client.recv(1000)
                except BlockingIOError:
                    time.sleep(0.05)
                self.assertLess(time.monotonic() - begin, SECONDS)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
            self.assertGreater(time.monotonic() - begin, 4.9)

    def test_what_is_no_request_is_refused(self):
        with HttpServer() as server:
            for head, status in ((b"hello", 400), (b"GET / HTTP/2.0\r\nHost: a", 400), (b"GET / HTTP/1.1", 400),
                                 (b"GET / HTTP/1.1\r\nHost: a\r\n folded: b", 400), (b"PUT / HTTP/1.1\r\nHost: a", 405),
                                 (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0", 413),
                                 (b"POST / HTTP/1.1\r\nHost: a\r\ntransfer-ENCODING: chunked", 413)):
                with self.subTest(head=head), connect(server.address) as client:
                    client.sendall(head + b"\r\n\r\n")
                    self.assertTrue(all_of(client).startswith(b"HTTP/1.1 %d " % status))
            self.assertEqual(server.errors, b"")

    def test_clients_that_leave_in_the_middle_leave_nothing_behind(self):
        with HttpServer() as server:
            with connect(server.address) as client:
                client.sendall(GET)
                receive(client, len(OK))
            before = until(lambda: server.descriptors(), "no descriptors")
            for part in (b"", b"GET", GET[:-1]):
                with connect(server.address) as client:
                    client.sendall(part)
            until(lambda: len(server.descriptors()) <= len(before), f"descriptors: {server.descriptors()}")
            self.assertEqual(server.errors, b"")


if __name__ == "__main__":
    unittest.main()
