# SPDX-License-Identifier: MIT
"""The programs of note 002 beside the note's own: greetings, long connections, the upload, which never overwrites, coding and music."""
import hashlib
import os
import signal
import socket
import tempfile
import unittest

from notes import Server, free_port, ours, theirs, twin, typed
from programs import SECONDS, Program, connect, receive, reset, until

GREETING = b"Welcome to study socket!"
RECEIPT = "收到, 已开始学习, So Easy!"
LISTENS = "服务器端, 开始监听了...\n"
RECEIVED = "服务器端收到回执信息: "
ASKED = "请录入您要发给服务器的信息: "


class Listings(unittest.TestCase):
    def test_the_socket_is_printed(self):
        status, output, errors = typed(ours("002", "create_socket"))
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^<socket fd=\d+, family=AF_INET, type=SOCK_STREAM, laddr=\('127\.0\.0\.1', \d+\)>\n$")

    def test_coding_and_music_go_on_at_the_same_time(self):
        status, output, errors = typed(ours("002", "coding_and_music"))
        self.assertEqual((status, errors), (0, ""))
        lines = output.splitlines()
        self.assertEqual(lines[:10], [f"main##{i}" for i in range(10)])
        coding, music = ([line for line in lines[10:] if line.startswith(word)] for word in ("敲代码", "听音乐"))
        self.assertEqual((coding, music), ([f"敲代码...{i}" for i in range(10)], [f"听音乐--------{i}" for i in range(10)]))
        self.assertEqual(len(lines), 30)
        self.assertLess(lines.index(music[0]), lines.index(coding[9]))
        self.assertLess(lines.index(coding[0]), lines.index(music[9]))


ONE_GREETING = [each("002", name) for each in (ours, twin) for name in ("greeting_server", "greeting_server_reuse")]
MANY_GREETINGS = [each("002", "greeting_multi_server") for each in (ours, twin)]


class Greetings(unittest.TestCase):
    def test_either_client_greets_either_server(self):
        for server_command in (theirs("002", "greeting_server"), theirs("002", "greeting_multi_server"), *ONE_GREETING, *MANY_GREETINGS):
            for client_command in (theirs("002", "greeting_client"), ours("002", "greeting_client")):
                with self.subTest(server=server_command, client=client_command), Server(server_command) as server:
                    self.assertEqual(typed(client_command, *server.address), (0, f"客户端接收到: {GREETING.decode()}\n", ""))
                    server.until_printed(f"{LISTENS}{RECEIVED}{RECEIPT}\n")
                    if "multi" in server_command[-1]:
                        server.until_no_descriptor_is_left()
                    else:
                        self.assertEqual((server.status(), bytes(server.errors)), (0, b""))

    def test_a_receipt_that_comes_in_pieces_is_one(self):
        for command in (*ONE_GREETING, *MANY_GREETINGS):
            with self.subTest(server=command), Server(command) as server, connect(server.address) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.assertEqual(receive(client, len(GREETING)), GREETING)
                for byte in RECEIPT.encode() * 100:
                    client.sendall(bytes([byte]))
                client.close()
                server.until_printed(f"{RECEIVED}{RECEIPT * 100}\n")

    def test_a_greeting_that_comes_in_pieces_is_one(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with Program(*ours("002", "greeting_client"), *map(str, listener.getsockname())) as client:
                accepted, _ = listener.accept()
                with accepted:
                    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for byte in GREETING:
                        accepted.sendall(bytes([byte]))
                    self.assertEqual(receive(accepted, len(RECEIPT.encode())), RECEIPT.encode())
                    self.assertEqual(accepted.recv(1), b"")
                self.assertEqual((client.status(), client.output.decode()), (0, f"客户端接收到: {GREETING.decode()}\n"))

    def test_many_are_greeted_beside_one_who_says_nothing(self):
        for command in MANY_GREETINGS:
            with self.subTest(server=command), Server(command) as server:
                with connect(server.address) as silent:
                    clients = [connect(server.address) for _ in range(10)]
                    for number, client in enumerate(clients):
                        self.assertEqual(receive(client, len(GREETING)), GREETING)
                        client.sendall(f"第 {number}".encode())
                        client.close()
                        server.until_printed(f"{RECEIVED}第 {number}\n")
                    receive(silent, len(GREETING))
                server.until_no_descriptor_is_left()

    def test_one_who_leaves_or_resets_ends_a_server_of_one_with_status_0(self):
        for command in ONE_GREETING:
            for leave in (socket.socket.close, reset):
                with self.subTest(server=command, leave=leave), Server(command) as server:
                    client = connect(server.address)
                    receive(client, len(GREETING))
                    leave(client)
                    self.assertEqual(server.status(), 0, server.describe())

    def test_one_who_talks_for_ever_is_not_kept_in_memory(self):
        with Server(MANY_GREETINGS[0]) as server, connect(server.address) as client:
            with self.assertRaises(ConnectionError):
                for _ in range(1000):
                    client.sendall(bytes(10_000))
            until(lambda: b"essage too long" in server.errors, server.describe())

    def test_an_address_in_use_is_one_line_and_status_1(self):
        with Server(ONE_GREETING[0]) as server:
            status, output, errors = typed(ours("002", "greeting_server"), *server.address)
            self.assertEqual((status, output), (1, ""))
            self.assertIn(f"bind 127.0.0.1:{server.port}: Address already in use", errors)

    def test_the_reusing_server_starts_again_at_once(self):
        command = ONE_GREETING[1]
        port = str(free_port("tcp"))
        for _ in range(2):
            with Program(*command, "127.0.0.1", port) as server:
                self.assertEqual(server.line().decode(), LISTENS)
                with connect(("127.0.0.1", int(port))) as client:
                    receive(client, len(GREETING))
                    server.signal(signal.SIGINT)  # it closes first, so its address stays in use
                    until(lambda: server.process.poll() is not None, server.describe())


class LongConnections(unittest.TestCase):
    SERVERS = (theirs("002", "long_connection_server"), ours("002", "long_connection_server"), twin("002", "long_connection_server"))

    def test_either_client_talks_to_either_server(self):
        for server_command in self.SERVERS:
            for client_command in (theirs("002", "long_connection_client"), ours("002", "long_connection_client")):
                with self.subTest(server=server_command, client=client_command), Server(server_command) as server:
                    with Program(*client_command, *map(str, server.address), env={**os.environ, "PYTHONIOENCODING": "utf-8"}) as client:
                        for line in ("你好", "a b", "886"):
                            client.write(line.encode() + b"\n")
                            server.until_printed(f"{RECEIVED}{line}\n")
                        self.assertEqual((client.status(), client.output.decode(), bytes(client.errors)), (0, ASKED * 3, b""))
                    self.assertEqual((server.status(), server.text()), (0, f"{LISTENS}{RECEIVED}你好\n{RECEIVED}a b\n{RECEIVED}886\n"))

    def test_a_server_ends_with_0_when_its_client_leaves(self):
        for command in self.SERVERS[1:]:
            for leave in (socket.socket.close, reset):
                with self.subTest(server=command, leave=leave), Server(command) as server:
                    client = connect(server.address)
                    client.sendall(b"bye")
                    server.until_printed(f"{RECEIVED}bye\n")
                    leave(client)
                    self.assertEqual(server.status(), 0, server.describe())

    def test_a_character_that_comes_in_pieces_is_one(self):
        for command in self.SERVERS[1:]:
            with self.subTest(server=command), Server(command) as server, connect(server.address) as client:
                before, after = "你好".encode()[:4], "你好".encode()[4:]
                client.sendall(before)
                server.until_printed(f"{RECEIVED}你\n")
                client.sendall(after)
                server.until_printed(f"{RECEIVED}好\n")
                client.sendall(b"886")
                self.assertEqual(server.status(), 0)

    def test_a_word_of_goodbye_that_comes_behind_another_message_ends_it_too(self):
        with Server(self.SERVERS[1]) as server:
            status, _, _ = typed(ours("002", "long_connection_client"), *server.address, lines=["one", "two", "886", "never sent"])
            self.assertEqual((status, server.status()), (0, 0))
            self.assertEqual(server.text().removeprefix(LISTENS).replace(RECEIVED, "").replace("\n", ""), "onetwo886")

    def test_the_end_of_the_input_ends_the_client(self):
        with Server(self.SERVERS[1]) as server:
            self.assertEqual(typed(ours("002", "long_connection_client"), *server.address, lines=["one"]), (0, ASKED * 2, ""))
            self.assertEqual(server.status(), 0)

    def test_a_server_that_leaves_ends_a_client_that_waits_for_the_keyboard(self):
        with Server(self.SERVERS[1]) as server, Program(*ours("002", "long_connection_client"), *map(str, server.address)) as client:
            client.write(b"one\n")
            server.until_printed(f"{RECEIVED}one\n")
            server.signal(signal.SIGTERM)
            self.assertEqual((server.status(), client.status(), bytes(client.errors)), (0, 0, b""))


class Uploads(unittest.TestCase):
    SERVERS = (ours("002", "file_upload_server"), twin("002", "file_upload_server"))

    def setUp(self):
        self.server_side = self.enterContext(tempfile.TemporaryDirectory())
        self.client_side = self.enterContext(tempfile.TemporaryDirectory())

    def file(self, data):
        name = os.path.join(self.client_side, "绕口令.txt")
        with open(name, "wb") as file:
            file.write(data)
        return name

    def kept(self, name="hg.txt"):
        with open(os.path.join(self.server_side, "data", name), "rb") as file:
            return file.read()

    def uploaded(self):
        try:
            return sorted(os.listdir(os.path.join(self.server_side, "data")))
        except FileNotFoundError:
            return []

    def forget(self):
        for name in self.uploaded():
            os.remove(os.path.join(self.server_side, "data", name))

    def test_either_client_uploads_to_either_server(self):
        os.mkdir(os.path.join(self.server_side, "data"))
        for server_command in (theirs("002", "file_upload_server"), *self.SERVERS):
            for client_command in (theirs("002", "file_upload_client"), ours("002", "file_upload_client")):
                for data in ("四是四\n".encode(), os.urandom(10_000)):
                    with self.subTest(server=server_command, client=client_command, size=len(data)), Server(server_command, cwd=self.server_side) as server:
                        self.assertEqual(typed(client_command, *server.address, self.file(data)), (0, "", ""))
                        self.assertEqual((server.status(), server.text(), bytes(server.errors)), (0, LISTENS, b""))
                        self.assertEqual(self.kept(), data)
                    self.forget()

    def test_files_of_every_size_arrive_unharmed(self):
        for command in self.SERVERS:
            for data in (b"", b"1", os.urandom(1 << 20), os.urandom(65536 * 3 + 1)):
                with self.subTest(server=command, size=len(data)), Server(command, cwd=self.server_side) as server:
                    self.assertEqual(typed(ours("002", "file_upload_client"), *server.address, self.file(data)), (0, "", ""))
                    self.assertEqual((server.status(), self.kept(), self.uploaded()), (0, data, ["hg.txt"]))
                self.forget()

    def test_an_upload_never_overwrites(self):
        for command in self.SERVERS:
            os.makedirs(os.path.join(self.server_side, "data"), exist_ok=True)
            os.symlink("../elsewhere", os.path.join(self.server_side, "data", "hg-2.txt"))
            for name, data in (("hg.txt", b"first"), ("hg-3.txt", b"second"), ("hg-4.txt", b"")):
                with self.subTest(server=command, name=name), Server(command, cwd=self.server_side) as server:
                    self.assertEqual(typed(ours("002", "file_upload_client"), *server.address, self.file(data))[0], 0)
                    self.assertEqual(server.status(), 0)
                    self.assertEqual(server.text(), LISTENS + (f"data/{name}\n" if name != "hg.txt" else ""))
                    self.assertEqual(self.kept(name), data)
            self.assertEqual(self.kept(), b"first")
            self.assertFalse(os.path.exists(os.path.join(self.server_side, "elsewhere")))
            self.forget()

    def test_two_uploads_at_the_same_time_have_two_names(self):
        with Server(self.SERVERS[0], cwd=self.server_side) as one, Server(self.SERVERS[0], cwd=self.server_side) as other:
            with connect(one.address) as slow:
                slow.sendall(b"slow")
                until(self.uploaded, "nothing is kept")
                self.assertEqual(typed(ours("002", "file_upload_client"), *other.address, self.file(b"fast"))[0], 0)
                self.assertEqual((other.status(), self.kept("hg-2.txt")), (0, b"fast"))
            self.assertEqual((one.status(), self.kept()), (0, b"slow"))

    def test_a_client_that_resets_leaves_no_file(self):
        for command in self.SERVERS:
            with self.subTest(server=command), Server(command, cwd=self.server_side) as server:
                client = connect(server.address)
                client.sendall(b"the beginning")
                until(self.uploaded, "nothing is kept")
                reset(client)
                self.assertEqual((server.status(), bytes(server.errors)), (0, b"Connection reset by peer\n"))
                self.assertEqual(self.uploaded(), [])

    def test_a_server_that_is_stopped_leaves_no_file(self):
        with Server(self.SERVERS[0], cwd=self.server_side) as server, connect(server.address) as client:
            client.sendall(b"the beginning")
            until(self.uploaded, "nothing is kept")
            server.signal(signal.SIGTERM)
            self.assertEqual((server.status(), self.uploaded()), (0, []))

    def test_a_file_that_cannot_be_read_is_not_uploaded_as_an_empty_one(self):
        with Server(self.SERVERS[0], cwd=self.server_side) as server:
            status, output, errors = typed(ours("002", "file_upload_client"), *server.address, "no such file")
            self.assertEqual((status, output), (1, ""))
            self.assertIn("no such file: No such file or directory", errors)
            status, output, errors = typed(ours("002", "file_upload_client"), *server.address, self.client_side)
            self.assertEqual((status, output), (1, ""))
            self.assertIn("Is a directory", errors)
            self.assertEqual((server.status(), self.uploaded()), (0, []))

    @unittest.skipUnless(os.environ.get("RILL_HEAVY_TESTS") in ("1", "ON"), "5 GiB: only with RILL_HEAVY_TESTS")
    def test_five_gibibytes_arrive_unharmed_in_flat_memory(self):
        size = 5 << 30
        name = self.file(b"")
        with open(name, "wb") as file:
            for at in (0, (4 << 30) - 3, size - 7):
                file.seek(at)
                file.write(b"content")
        with Server(self.SERVERS[0], cwd=self.server_side) as server, Program(*ours("002", "file_upload_client"), *map(str, server.address), name) as client:
            peaks = []

            def ended():
                for each in (server, client):
                    try:
                        peaks.append(int(each.proc_status("VmHWM")))
                    except (OSError, StopIteration):
                        pass
                return client.process.poll() is not None and server.process.poll() is not None
            until(ended, "it takes too long", SECONDS * 8)
            self.assertEqual((client.status(), server.status(), bytes(client.errors)), (0, 0, b""))
            self.assertLess(max(peaks), 32 << 10)  # KiB
        sums = []
        for each in (name, os.path.join(self.server_side, "data", "hg.txt")):
            with open(each, "rb") as file:
                sums.append(hashlib.file_digest(file, "sha1").hexdigest())
        self.assertEqual(sums[0], sums[1])
        self.assertEqual(os.path.getsize(os.path.join(self.server_side, "data", "hg.txt")), size)


if __name__ == "__main__":
    unittest.main()
