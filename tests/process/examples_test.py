# SPDX-License-Identifier: MIT
"""The examples of what comes from elsewhere: signals, other threads, several addresses, many pages, and servers that do not answer."""
import os
import signal
import socket
import socketserver
import tempfile
import threading
import unittest

from programs import SECONDS, EchoServer, Program, connect, echo, path, reset, run, until


def checksum(data):
    total = 14695981039346656037
    for byte in data:
        total = (total ^ byte) * 1099511628211 % 2**64
    return f"{total:016x}"


class Checksums(unittest.TestCase):
    def test_it_prints_a_line_for_each_file_in_the_order_of_the_arguments(self):
        with tempfile.TemporaryDirectory() as folder:
            files = {os.path.join(folder, str(i)): bytes([i]) * (i * 30_000) for i in range(8)}
            for name, data in files.items():
                with open(name, "wb") as file:
                    file.write(data)
            wanted = "".join(f"{checksum(data)}  {name}\n" for name, data in files.items())
            self.assertEqual(run(path("checksum_files"), *files), (0, wanted.encode(), b""))

    def test_a_file_that_cannot_be_read_does_not_stop_the_others(self):
        with tempfile.NamedTemporaryFile() as file:
            status, output, errors = run(path("checksum_files"), "/no/such/file", file.name)
            self.assertEqual((status, output), (1, f"{checksum(b'')}  {file.name}\n".encode()))
            self.assertIn(b"/no/such/file: No such file", errors)

    def test_an_interrupt_ends_it_while_it_reads(self):
        with Program(path("checksum_files"), "/dev/zero", "/dev/zero", "/dev/zero", "/dev/zero", "/dev/zero") as program:
            until(lambda: program.catches(signal.SIGINT), "it does not run")
            program.signal(signal.SIGINT)
            self.assertEqual(program.status(), 130, program.describe())


class RetryingRequest(unittest.TestCase):
    def test_it_gets_its_answer_at_once_from_a_server_that_is_there(self):
        with EchoServer() as server:
            self.assertEqual(run(path("retrying_request"), *map(str, server.address)), (0, b"answer: hello\n", b""))

    def test_it_tries_again_until_a_server_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with Program(path("retrying_request"), *map(str, listener.getsockname())) as program:
                reset(listener.accept()[0])
                listener.accept()[0].close()
                silent = listener.accept()[0]  # until the attempt's time is over
                client = listener.accept()[0]
                client.sendall(client.recv(6))
                self.assertEqual(program.status(), 0, program.describe())
                self.assertEqual(bytes(program.output), b"answer: hello\n")
                self.assertEqual(program.errors.count(b"attempt "), 3)
                silent.close()
                client.close()

    def test_it_gives_up_and_says_why(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        status, output, errors = run(path("retrying_request"), *map(str, address))
        self.assertEqual((status, output), (1, b""))
        self.assertEqual(errors.count(b"attempt "), 4)
        self.assertIn(f"connect {address[0]}:{address[1]}: Connection refused".encode(), errors)


class DrainingServer(unittest.TestCase):
    def start(self):
        server = Program(path("draining_server"), "127.0.0.1", "0")
        host, _, port = server.line().decode().removeprefix("listening on ").strip().rpartition(":")
        until(lambda: server.catches(signal.SIGTERM), "it does not watch its signals")
        return server, (host, int(port))

    def test_it_reports_when_asked_and_drains_when_told(self):
        server, address = self.start()
        with server:
            with connect(address) as client:
                echo(client, b"123")
                server.signal(signal.SIGUSR1)
                self.assertEqual(server.line(), b"1 clients, 3 bytes\n")
                server.signal(signal.SIGTERM)
                self.assertEqual(server.line(), b"draining 1 clients\n")
                echo(client, b"still here")
            self.assertEqual(server.line(), b"done\n")
            self.assertEqual((server.status(), bytes(server.errors)), (0, b""))

    def test_a_client_that_stays_is_closed_when_the_time_is_over(self):
        server, address = self.start()
        with server, connect(address) as client:
            echo(client)
            server.signal(signal.SIGTERM)
            self.assertEqual(client.recv(1), b"")
            self.assertEqual(server.status(), 0, server.describe())

    def test_a_second_signal_ends_a_server_that_drains(self):
        server, address = self.start()
        with server, connect(address) as client:
            echo(client)
            server.signal(signal.SIGTERM)
            server.line()
            until(lambda: not server.catches(signal.SIGTERM), "it still watches the signal")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.status(), -signal.SIGTERM)


class HappyEyeballs(unittest.TestCase):
    def text(self, address):
        return f"{address[0]}:{address[1]}"

    def test_it_takes_the_first_that_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            refuses = self.text(gone.getsockname())
        with socket.create_server(("127.0.0.1", 0)) as listener:
            answers = self.text(listener.getsockname())
            for each in ([answers], [refuses, answers], [refuses, refuses, answers, refuses]):
                with self.subTest(addresses=each):
                    status, output, _ = run(path("happy_eyeballs"), *each)
                    self.assertEqual((status, output), (0, f"connected to {answers}\n".encode()))

    def test_one_that_says_nothing_does_not_hold_up_the_others(self):
        with socket.socket() as full, socket.create_server(("127.0.0.1", 0)) as listener:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = []  # a backlog that is full: further connects get no answer
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(full.getsockname())
            answers = self.text(listener.getsockname())
            status, output, _ = run(path("happy_eyeballs"), self.text(full.getsockname()), answers)
            self.assertEqual((status, output), (0, f"connected to {answers}\n".encode()))
            for each in waiting:
                each.close()

    def test_it_tells_all_reasons_when_all_fail(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            refuses = self.text(gone.getsockname())
        status, output, errors = run(path("happy_eyeballs"), refuses, refuses)
        self.assertEqual((status, output, errors.count(b"Connection refused")), (1, b"", 2))
        self.assertEqual(run(path("happy_eyeballs"), "nonsense")[0], 2)


class Pages(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A web of pages: the first links to 1200 others, each of which links to the first and to one that is not there."""
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024
    linked = 1200

    def __init__(self):
        super().__init__(("127.0.0.1", 0), None)
        self.asked = []
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def finish_request(self, request, client_address):
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        request.settimeout(SECONDS)
        asked = request.recv(1000).split(b" ")[1].decode()
        self.asked.append(asked)
        links = [f"/{i}" for i in range(self.linked)] if asked == "/" else ["/", "/missing"]
        status = "404 Not Found" if asked == "/missing" else "200 OK"
        body = "".join(f'<a href="{link}">' for link in links)
        with self.lock:
            self.at_once -= 1
        request.sendall(f"HTTP/1.0 {status}\r\n\r\n{body}".encode())


class Crawler(unittest.TestCase):
    def test_it_visits_each_page_once_and_tells_what_failed(self):
        with Pages() as pages:
            threading.Thread(target=pages.serve_forever, args=(0.01,), daemon=True).start()
            try:
                status, output, errors = run(path("crawler"), *map(str, pages.server_address))
            finally:
                pages.shutdown()
            self.assertEqual((status, errors), (0, b""))
            self.assertTrue(output.startswith(b"1201 pages, 1 failed, "), output)
            self.assertEqual(sorted(pages.asked), sorted(["/", "/missing", *(f"/{i}" for i in range(Pages.linked))]))

    def test_an_interrupt_ends_it_and_it_tells_what_there_is(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with Program(path("crawler"), *map(str, listener.getsockname())) as program:
                with listener.accept()[0]:
                    program.signal(signal.SIGINT)
                    self.assertEqual(program.line(), b"0 pages, 0 failed, 0 bytes\n")
                    self.assertEqual(program.status(), 0)


if __name__ == "__main__":
    unittest.main()
