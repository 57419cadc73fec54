# SPDX-License-Identifier: MIT
"""The programs of note 001 beside the note's own: encoding, UDP and its chat, the download, which hands out one folder only, tasks, a process."""
import errno
import hashlib
import os
import signal
import socket
import tempfile
import unittest

from notes import UDP, Server, free_port, ours, theirs, twin, typed, udp_socket
from programs import SECONDS, Program, connect, receive, reset, run, until

MENU = "请输入需要进行的操作: 1 发送数据 2 接收数据 3 退出"


class Listings(unittest.TestCase):
    def test_the_text_and_its_bytes_are_printed_as_python_prints_them(self):
        self.assertEqual(typed(ours("001", "text_encoding")), (
            0, "数据类型：<class 'bytes'>, 数值为：b'\\xe6\\x88\\x91\\xe6\\x98\\xafPython'\n数据类型：<class 'str'>, 数值为：我是Python\n", ""))

    def test_both_sockets_are_there(self):
        status, output, errors = typed(ours("001", "create_sockets"))
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^tcp 127\.0\.0\.1:\d+\nudp 0\.0\.0\.0:0\n$")

    def test_an_address_in_use_can_be_used_again(self):
        port = free_port("tcp")
        status, output, errors = typed(ours("001", "reuse_address"), "127.0.0.1", port)
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(output, f"SO_REUSEADDR 0: bind 127.0.0.1:{port}: Address already in use\nSO_REUSEADDR 1: 127.0.0.1:{port}\n")

    def test_tasks_start_in_their_turn(self):
        self.assertEqual(typed(ours("001", "task_basics")), (0, "main\nfunction_name variable\nmy_task run\n", ""))

    def test_a_process_of_its_own_runs_and_ends(self):
        self.assertEqual(typed(ours("001", "processes")), (0, "主进程\n子进程\n子进程结束: 0\n", ""))


class Locks(unittest.TestCase):
    def test_with_a_lock_nothing_that_was_counted_gets_lost(self):
        status, output, errors = typed(ours("001", "shared_counter"))
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^没有互斥锁: \d+\n有互斥锁: 400000\n$")
        self.assertLessEqual(int(output.splitlines()[0].rpartition(" ")[2]), 400_000)  # on some runs nothing collides

    def test_a_deadlock_ends_when_one_gives_up(self):
        status, output, errors = typed(ours("001", "lock_timeout"))
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^(死锁, 超时: 放开第一把锁\n)+没有死锁: 10, 10\n$")


class SendAndReceive(unittest.TestCase):
    def test_a_line_goes_out_and_an_answer_comes_back(self):
        for server_command in (theirs("001", "udp_echo_server"), ours("001", "udp_echo_server"), twin("001", "udp_echo_server")):
            for client_command in (theirs("001", "udp_send_receive"), ours("001", "udp_send_receive")):
                with self.subTest(server=server_command, client=client_command), Server(server_command, UDP) as server:
                    self.assertEqual(typed(client_command, *server.address, free_port(UDP), lines=["你好"]), (
                        0, f"请输入你想要对服务器说的话：收到来自: {server.address!r} 的数据：你好\n", ""))

    def test_it_sends_from_its_local_port_and_hears_anybody(self):
        with udp_socket() as server, udp_socket() as stranger:
            port = free_port(UDP)
            with Program(*ours("001", "udp_send_receive"), *map(str, server.getsockname()), str(port)) as client:
                client.write(b"hello\n")
                self.assertEqual(server.recvfrom(100), (b"hello", ("127.0.0.1", port)))
                stranger.sendto("别人".encode(), ("127.0.0.1", port))
                self.assertEqual(client.status(), 0)
                self.assertIn(f"收到来自: {stranger.getsockname()!r} 的数据：别人\n", client.output.decode())

    def test_the_end_of_the_input_ends_it_and_nothing_is_sent(self):
        with udp_socket() as server:
            self.assertEqual(typed(ours("001", "udp_send_receive"), *server.getsockname(), free_port(UDP))[0], 0)
            server.setblocking(False)
            self.assertRaises(BlockingIOError, server.recv, 1)

    def test_the_echo_server_answers_many_and_all_sizes(self):
        for command in (ours("001", "udp_echo_server"), twin("001", "udp_echo_server")):
            with self.subTest(server=command), Server(command, UDP) as server:
                clients = [udp_socket() for _ in range(10)]
                for number, client in enumerate(clients):
                    client.sendto(b"x" * number * 1500, server.address)
                for number, client in enumerate(clients):
                    self.assertEqual(client.recv(65536), b"x" * number * 1500)
                    client.close()
                server.until_no_descriptor_is_left()


class Chat(unittest.TestCase):
    def test_either_kind_talks_to_either_kind(self):
        kinds = (theirs("001", "udp_chat"), ours("001", "udp_chat"))
        for one_command in kinds:
            for other_command in kinds:
                with self.subTest(one=one_command, other=other_command), Server(one_command, UDP) as one, Server(other_command, UDP) as other:
                    other.write(b"2\n")
                    one.write(f"1\n你好\n127.0.0.1\n{other.port}\n".encode())
                    other.until_printed(f"收到来自: {one.address!r} 的数据：你好\n")
                    one.write(b"2\n")
                    other.write(f"1\n再见\n127.0.0.1\n{one.port}\n".encode())
                    one.until_printed(f"收到来自: {other.address!r} 的数据：再见\n")
                    for each in (one, other):
                        each.write(b"3\n")
                        self.assertEqual((each.status(), bytes(each.errors)), (0, b""))
                        self.assertEqual(each.output.decode().count(MENU), 3)

    def test_what_arrives_is_shown_while_somebody_types(self):
        with Server(ours("001", "udp_chat"), UDP) as chat, udp_socket() as peer:
            chat.until_printed(MENU)
            peer.sendto("一".encode(), chat.address)
            chat.until_printed(f"\n收到来自: {peer.getsockname()!r} 的数据：一\n")
            for line, prompt in (("1", "请输入你想要说的话:"), ("text", "请输入目的地的ip地址:"), ("127.0.0.1", "请输入目的地的端口号:")):
                chat.write(line.encode() + b"\n")
                chat.until_printed(prompt)
                peer.sendto(b"while " + line.encode(), chat.address)
                chat.until_printed(f"\n收到来自: {peer.getsockname()!r} 的数据：while {line}\n")
            chat.write(b"%d\n" % peer.getsockname()[1])
            self.assertEqual(peer.recvfrom(100), (b"text", chat.address))
            chat.end_input()
            self.assertEqual((chat.status(), bytes(chat.errors)), (0, b""))

    def test_what_would_break_the_line_is_replaced(self):
        with Server(ours("001", "udp_chat"), UDP) as chat, udp_socket() as peer:
            peer.sendto(b"a\nb\x1b[31m\xff", chat.address)
            chat.until_printed(f"{peer.getsockname()!r} 的数据：a?b?[31m\ufffd\n")

    def test_2_comes_back_after_one_message_that_has_come_or_comes(self):
        with Server(ours("001", "udp_chat"), UDP) as chat, udp_socket() as peer:
            peer.sendto(b"before", chat.address)
            chat.until_printed("的数据：before\n")
            chat.write(b"2\n2\n")  # the first is about the message that is there, the second waits
            until(lambda: chat.text().count(MENU) == 2, chat.describe())
            peer.sendto(b"after", chat.address)
            until(lambda: chat.text().count(MENU) == 3, chat.describe())
            self.assertLess(chat.text().index("after"), chat.text().rindex(MENU))
            chat.write(b"3\n")
            self.assertEqual(chat.status(), 0)

    def test_what_makes_no_sense_is_asked_for_again(self):
        with udp_socket() as peer:
            host, port = peer.getsockname()
            lines = ["x", "", "1", "hi", "localhost", "1.2.3", host, "many", "-1", "65536", str(port), "3"]
            status, output, errors = typed(ours("001", "udp_chat"), "127.0.0.1", free_port(UDP), lines=lines)
            self.assertEqual((status, errors, peer.recv(100)), (0, "", b"hi"))
            self.assertEqual(output, (MENU + "你的输入有错,请重新输入...\n") * 2 + MENU + "请输入你想要说的话:" + "请输入目的地的ip地址:" * 3
                             + "请输入目的地的端口号:" * 4 + MENU)

    def test_a_message_that_cannot_be_sent_does_not_end_it(self):
        lines = ["1", "hi", "127.0.0.1", "0", "1", "hi", "::1", "5", "3"]
        status, output, errors = typed(ours("001", "udp_chat"), "127.0.0.1", free_port(UDP), lines=lines)
        self.assertEqual((status, output.count(MENU), errors.count("\n")), (0, 3, 2))

    def test_the_end_of_the_input_ends_it_wherever_it_comes(self):
        lines = ["1", "hi", "127.0.0.1"]
        for count in range(4):
            self.assertEqual(typed(ours("001", "udp_chat"), "127.0.0.1", free_port(UDP), lines=lines[:count])[::2], (0, ""))


class Folders(unittest.TestCase):
    """A folder for the server and one for the client, with a secret beside them."""

    def setUp(self):
        self.whole = self.enterContext(tempfile.TemporaryDirectory())
        self.server_side, self.client_side = (os.path.join(self.whole, each) for each in ("server", "client"))
        for each in (self.server_side, self.client_side):
            os.mkdir(each)
        self.file("../secret", b"secret")

    def file(self, name, data):
        with open(os.path.join(self.server_side, name), "wb") as file:
            file.write(data)

    def got(self, name):
        with open(os.path.join(self.client_side, "new " + name), "rb") as file:
            return file.read()

    def serve(self, command):
        return Server(command, cwd=self.server_side)

    def get(self, server, name, client=None):
        """What the client says; it asks for address and port."""
        return typed(client or ours("001", "file_download_client"), lines=[*map(str, server.address), name], cwd=self.client_side)


PROMPTS = "enter the ip of the server: enter the port of the server: enter the name of file: "
SERVERS = (("ours", ours), ("twin", twin))


class Download(Folders):
    def test_either_client_gets_a_file_of_either_server(self):
        self.file("你好.txt", "内容\n".encode() * 50)
        kinds = (theirs, ours, twin)
        for server_kind in kinds:
            for client_kind in (theirs, ours):
                with self.subTest(server=server_kind, client=client_kind), self.serve(server_kind("001", "file_download_server")) as server:
                    self.assertEqual(self.get(server, "你好.txt", client_kind("001", "file_download_client")), (0, PROMPTS, ""))
                    self.assertEqual(self.got("你好.txt"), "内容\n".encode() * 50)
                    os.remove(os.path.join(self.client_side, "new 你好.txt"))
                    address = r"\('127\.0\.0\.1', \d+\)"
                    until(lambda: "losed" in server.text(), server.describe())
                    self.assertRegex(server.text(), rf"^wait client\.\.\. \n{address} client connected \nclient {address} want to download 你好\.txt: \n"
                                                    rf"client {address} losed connection\n")
                    server.until_no_descriptor_is_left()

    def test_files_of_every_size_arrive_unharmed(self):
        files = {"empty": b"", "one": b"1", "large": os.urandom(1 << 20), "cut": os.urandom(65536 * 3 + 1)}
        for name, data in files.items():
            self.file(name, data)
        for title, kind in SERVERS:
            with self.subTest(server=title), self.serve(kind("001", "file_download_server")) as server:
                for name, data in files.items():
                    self.assertEqual(typed(ours("001", "file_download_client"), *server.address, lines=[name], cwd=self.client_side),
                                     (0, "enter the name of file: ", ""))
                    self.assertEqual(self.got(name), data)
                self.assertEqual(sorted(os.listdir(self.client_side)), sorted("new " + name for name in files))
                server.until_no_descriptor_is_left()

    def test_what_is_asked_for_wrongly_is_asked_for_again(self):
        self.file("f", b"data")
        with self.serve(ours("001", "file_download_server")) as server:
            host, port = map(str, server.address)
            lines = ["here", "", host, "http", "99999999999", port, "", "f"]
            status, output, errors = typed(ours("001", "file_download_client"), lines=lines, cwd=self.client_side)
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual([output.count(each) for each in ("the ip", "the port", "the name")], [3, 3, 2])
            self.assertEqual(self.got("f"), b"data")

    def test_the_end_of_the_input_ends_the_client(self):
        with self.serve(ours("001", "file_download_server")) as server:
            for lines in ([], ["127.0.0.1"], list(map(str, server.address))):
                self.assertEqual(typed(ours("001", "file_download_client"), lines=lines, cwd=self.client_side)[::2], (0, ""))
            self.assertEqual(os.listdir(self.client_side), [])

    def test_many_clients_are_served_beside_those_who_say_nothing_or_do_not_read(self):
        data = os.urandom(200_000)
        self.file("f", data)
        self.file("large", bytes(30_000_000))
        for title, kind in SERVERS:
            with self.subTest(server=title), self.serve(kind("001", "file_download_server")) as server:
                with connect(server.address), connect(server.address) as deaf:
                    deaf.sendall(b"large")
                    clients = [connect(server.address) for _ in range(10)]
                    for client in clients:
                        client.sendall(b"f")
                    for client in clients:
                        self.assertEqual(receive(client, len(data)), data)
                        self.assertEqual(client.recv(1), b"")
                        client.close()
                server.until_no_descriptor_is_left()

    def test_a_name_that_comes_in_pieces_is_one_name(self):
        self.file("你好.txt", b"right")
        self.file("你好", b"wrong")
        for title, kind in SERVERS:
            with self.subTest(server=title), self.serve(kind("001", "file_download_server")) as server, connect(server.address) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in "你好.txt".encode():
                    client.sendall(bytes([byte]))
                self.assertEqual(receive(client, 5), b"right")
                self.assertEqual(client.recv(1), b"")

    def test_a_transfer_that_is_broken_off_is_a_reset_and_leaves_no_file(self):
        self.file("large", bytes(50_000_000))
        with self.serve(ours("001", "file_download_server")) as server, connect(server.address) as client:
            client.sendall(b"large")
            receive(client, 1000)
            server.signal(signal.SIGINT)
            self.assertEqual(server.status(), 0)
            with self.assertRaises(ConnectionResetError):
                while client.recv(1 << 20):
                    pass
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            command = ours("001", "file_download_client")
            with Program(*command, *map(str, listener.getsockname()), cwd=self.client_side) as client:
                client.write(b"large\n")
                accepted, _ = listener.accept()
                self.assertEqual(receive(accepted, 5), b"large")
                accepted.sendall(b"the beginning")
                until(lambda: os.listdir(self.client_side), "nothing is kept")
                reset(accepted)
                self.assertEqual(client.status(), 1)
                self.assertIn(b'did not get file "large": the server has refused it', client.errors)
                self.assertEqual(os.listdir(self.client_side), [])


class Refused(Folders):
    def names(self):
        """What must not get out, and what is not there; the bytes of names."""
        self.file("here", b"here")
        self.file("unreadable", b"unreadable")
        os.chmod(os.path.join(self.server_side, "unreadable"), 0)
        os.mkdir(os.path.join(self.server_side, "folder"))
        self.file("folder/inside", b"inside")
        for name, target in (("link", "../secret"), ("link to here", "here"), ("link to root", "/"), ("dangling", "nothing")):
            os.symlink(target, os.path.join(self.server_side, name))
        os.mkfifo(os.path.join(self.server_side, "pipe"))
        secret = os.path.join(self.whole, "secret")
        names = ["missing", "../secret", "..", ".", "/", "folder", "folder/../../secret", "folder/inside", "./../secret", "./here", secret, "/dev/zero",
                 "/dev/null", "/etc/passwd", "/proc/self/environ", "link", "link to here", "link to root", "link to root/etc/passwd", "dangling",
                 "pipe", "..\\secret", "C:\\secret", "C:secret", "\\\\server\\share", "here:stream", "%2e%2e%2fsecret", "CON", "NUL", "here\n", "here\r"]
        yield from map(str.encode, names)
        yield from (b"here\0.txt", b"\0", b"..%5csecret", b"\xff\xfe", b"../" * 300 + b"etc/passwd", b"x" * 300, b"h" * 1024, b"h" * 5000)
        if os.geteuid() != 0:
            yield b"unreadable"

    def answer(self, server, name):
        """What came before the reset."""
        with connect(server.address) as client:
            client.sendall(name)
            try:
                client.shutdown(socket.SHUT_WR)
            except OSError as error:  # the answer to a long name need not wait for its end
                self.assertEqual(error.errno, errno.ENOTCONN)
            data = b""
            with self.assertRaises(ConnectionResetError, msg=name):
                while piece := client.recv(1000):
                    data += piece
                self.fail(f"{name!r} was answered with an end")
            return data

    def test_all_get_the_answer_of_a_missing_file(self):
        for title, kind in SERVERS:
            with self.serve(kind("001", "file_download_server")) as server:
                for name in self.names() if title == "ours" else (b"missing", b"../secret", b"link", b"pipe", b"folder", b"/dev/zero"):
                    with self.subTest(server=title, name=name):
                        self.assertEqual(self.answer(server, name), b"")
                self.assertNotIn(b"\0", server.output)  # what a name would do to the terminal is replaced
                self.assertNotIn(b"\r", server.output)
                server.until_no_descriptor_is_left()

    def test_the_client_says_so_and_leaves_no_file(self):
        os.symlink("../secret", os.path.join(self.server_side, "link"))
        with open(os.path.join(self.client_side, "new old"), "wb") as file:
            file.write(b"of yesterday")
        with self.serve(ours("001", "file_download_server")) as server:
            for name in ("missing", "link", "old"):
                status, output, errors = self.get(server, name)
                self.assertEqual((status, output), (1, PROMPTS))
                self.assertIn(f'did not get file "{name}": the server has refused it', errors)
            for name in ("../secret", "/etc/passwd"):
                self.assertEqual(self.get(server, name)[:2], (1, PROMPTS))
        self.assertEqual(os.listdir(self.client_side), ["new old"])
        self.assertEqual(self.got("old"), b"of yesterday")

    def test_the_client_of_the_note_is_refused_too(self):
        with self.serve(ours("001", "file_download_server")) as server:
            status, _, errors = self.get(server, "missing", theirs("001", "file_download_client"))
            self.assertEqual(status, 1)
            self.assertIn("ConnectionResetError", errors)
            self.assertEqual(os.listdir(self.client_side), [])

    def test_nobody_to_connect_to_is_an_error(self):
        port = free_port("tcp")
        status, output, errors = typed(ours("001", "file_download_client"), "127.0.0.1", port, lines=["f"], cwd=self.client_side)
        self.assertEqual((status, output), (1, ""))
        self.assertIn(f"connect 127.0.0.1:{port}: Connection refused", errors)


@unittest.skipUnless(os.environ.get("RILL_HEAVY_TESTS") in ("1", "ON"), "5 GiB: only with RILL_HEAVY_TESTS")
class Heavy(Folders):
    def test_five_gibibytes_arrive_unharmed_in_flat_memory(self):
        size = 5 << 30
        with open(os.path.join(self.server_side, "huge"), "wb") as file:
            for at in (0, (4 << 30) - 3, size - 7):
                file.seek(at)
                file.write(b"content")
        with self.serve(ours("001", "file_download_server")) as server:
            with Program(*ours("001", "file_download_client"), *map(str, server.address), cwd=self.client_side) as client:
                client.write(b"huge\n")
                peaks = []

                def ended():
                    if client.process.poll() is not None:
                        return True
                    try:
                        peaks.append(int(client.proc_status("VmHWM")))
                    except (OSError, StopIteration):
                        pass
                    return False
                until(ended, "it takes too long", SECONDS * 8)
                self.assertEqual((client.status(), bytes(client.errors)), (0, b""))
            self.assertLess(max(peaks), 32 << 10)  # KiB
            self.assertLess(int(server.proc_status("VmHWM")), 32 << 10)
        sums = []
        for name in (os.path.join(self.server_side, "huge"), os.path.join(self.client_side, "new huge")):
            with open(name, "rb") as file:
                sums.append(hashlib.file_digest(file, "sha1").hexdigest())
        self.assertEqual(sums[0], sums[1])
        self.assertEqual(os.path.getsize(os.path.join(self.client_side, "new huge")), size)


if __name__ == "__main__":
    unittest.main()
