# SPDX-License-Identifier: MIT
"""The programs of note 000, ours and their twins beside the note's own in note_000/: same prompts, same texts, either with either."""
import signal
import socket
import unittest

from notes import ENVIRONMENT, UDP, Server, ours, theirs, twin, typed, udp_socket
from programs import SECONDS, Program, connect, path, receive, reset, run, until

ANSWER = "服务端接收到了信息 "


# What each server prints behind its first lines, beside what the note has.
COUNT = "当前运行的任务数为："


class Started(Program):
    """A server of either kind on a port that the system chose."""

    def __init__(self, *command):
        super().__init__(*command, "127.0.0.1", "0", env=ENVIRONMENT)
        self.first_line = self.line().decode()
        self.port = int("".join(filter(str.isdigit, self.first_line)))
        self.address = ("127.0.0.1", self.port)

    def lines(self):
        return [each for each in bytes(self.output).decode().splitlines()[1:] if not each.startswith(COUNT)]


def client_run(command, port, lines):
    status, output, errors = run(*command, "127.0.0.1", str(port), stdin="".join(each + "\n" for each in lines).encode(), env=ENVIRONMENT)
    return status, output.decode(), errors


OUR_CLIENT = [path("note_000_tcp_client")]
NOTES_CLIENT = theirs("000", "tcp_client")
NOTES_SERVER = theirs("000", "tcp_server")
SERVERS_OF_ONE = (ours("000", "tcp_server"), twin("000", "tcp_server"))
SERVERS_OF_MANY = tuple(each("000", name) for each in (ours, twin) for name in ("tcp_multi_user_server", "multi_task_server"))
OUR_SERVERS = SERVERS_OF_ONE + SERVERS_OF_MANY


class EitherWithEither(unittest.TestCase):
    def test_clients_and_servers_print_what_those_of_the_note_print(self):
        lines = ["hello", "你好，世界", "a b  c", "🙂", "exit", "never sent"]
        expected = "".join(f">>> {ANSWER}{each}\n" for each in lines[:4]) + ">>> "
        for server_command in (NOTES_SERVER, *OUR_SERVERS):
            for client_command in (NOTES_CLIENT, OUR_CLIENT):
                with self.subTest(server=server_command, client=client_command), Started(*server_command) as server:
                    self.assertEqual(client_run(client_command, server.port, lines), (0, expected, b""))
                    server.wait_for_output("🙂\n".encode())
                    self.assertEqual(server.first_line, f"服务端启动成功，在{server.port}端口等待客户端连接...\n")
                    accepted, *received = server.lines()
                    self.assertRegex(accepted, r"^接受一个客户端连接: \('127\.0\.0\.1', \d+\)$")
                    self.assertEqual(received, [f"收到对方信息： {each}" for each in lines[:4]])
                    if server_command not in SERVERS_OF_MANY:
                        self.assertEqual((server.status(), bytes(server.errors)), (0, b""))


class Client(unittest.TestCase):
    def test_the_end_of_the_input_ends_it_with_status_0(self):
        with Started(*SERVERS_OF_ONE[0]) as server:
            self.assertEqual(client_run(OUR_CLIENT, server.port, ["one"]), (0, f">>> {ANSWER}one\n>>> ", b""))
            self.assertEqual(server.status(), 0)

    def test_an_empty_line_is_not_sent_for_no_answer_would_come(self):
        with Started(*SERVERS_OF_ONE[0]) as server:
            self.assertEqual(client_run(OUR_CLIENT, server.port, ["", "one"]), (0, f">>> >>> {ANSWER}one\n>>> ", b""))

    def test_each_answer_is_printed_before_the_next_prompt_waits(self):
        with Started(*SERVERS_OF_ONE[0]) as server, Program(*OUR_CLIENT, "127.0.0.1", str(server.port)) as client:
            client.wait_for_output(b">>> ")
            for each in ("一", "二"):
                client.write(f"{each}\n".encode())
                self.assertEqual(client.line().decode(), f">>> {ANSWER}{each}\n")
                self.assertEqual(server.line().decode().startswith("接受" if each == "一" else "收到"), True)
            client.write(b"exit\n")
            self.assertEqual(client.status(), 0)

    def test_a_server_that_closes_ends_it_with_status_0(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with Program(*OUR_CLIENT, "127.0.0.1", str(listener.getsockname()[1])) as client:
                accepted, _ = listener.accept()
                with accepted:
                    client.write(b"hello\n")
                    self.assertEqual(receive(accepted, 5), b"hello")
                self.assertEqual((client.status(), bytes(client.output), bytes(client.errors)), (0, b">>> ", b""))


    def test_a_server_that_leaves_ends_a_client_that_waits_for_the_keyboard(self):
        with Started(*SERVERS_OF_MANY[0]) as server, Program(*OUR_CLIENT, "127.0.0.1", str(server.port)) as client:
            client.write("你好\n".encode())
            client.wait_for_output(f"{ANSWER}你好\n>>> ".encode())
            server.signal(signal.SIGTERM)
            self.assertEqual((server.status(), client.status(), bytes(client.errors)), (0, 0, b""))

    def test_the_rest_of_an_answer_is_printed_when_it_comes(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with Program(*OUR_CLIENT, "127.0.0.1", str(listener.getsockname()[1])) as client:
                accepted, _ = listener.accept()
                with accepted:
                    client.write(b"hello\n")
                    self.assertEqual(receive(accepted, 5), b"hello")
                    accepted.sendall(b"first")
                    client.wait_for_output(b"first\n>>> ")
                    accepted.sendall(b"rest")
                    client.wait_for_output(b"rest\n>>> ")
                    client.write(b"again\n")
                    self.assertEqual(receive(accepted, 5), b"again")
                self.assertEqual((client.status(), bytes(client.errors)), (0, b""))


class Streams(unittest.TestCase):
    def test_a_client_is_shown_as_the_note_shows_it(self):
        for command in OUR_SERVERS:
            with self.subTest(server=command), Started(*command) as server, connect(server.address) as client:
                self.assertEqual(server.line().decode(), f"接受一个客户端连接: {client.getsockname()!r}\n")

    def test_a_message_is_what_one_recv_gives_also_when_it_cuts_a_character(self):
        message = ("x" + "你" * 400).encode()
        for command in OUR_SERVERS:
            size = 512 if command in SERVERS_OF_ONE else 1024
            with self.subTest(server=command), Started(*command) as server, connect(server.address) as client:
                client.sendall(message)
                pieces = [message[at:at + size] for at in range(0, len(message), size)]
                expected = b"".join(ANSWER.encode() + each for each in pieces)
                self.assertEqual(receive(client, len(expected)), expected)
                shown = b"".join("收到对方信息： ".encode() + each + b"\n" for each in pieces)
                server.wait_for_output(shown)

    def test_what_would_do_something_to_the_terminal_is_replaced_but_lines_stay(self):
        for command in OUR_SERVERS:
            with self.subTest(server=command), Started(*command) as server, connect(server.address) as client:
                client.sendall("\x1b[2J你\n好\x7f".encode())
                server.wait_for_output("收到对方信息： ?[2J你\n好?\n".encode())

    def test_the_tcp_server_serves_one_client_and_ends(self):
        for command in SERVERS_OF_ONE:
            with self.subTest(server=command), Started(*command) as server:
                with connect(server.address) as client:
                    client.sendall(b"only me")
                    receive(client, len(ANSWER.encode()) + 7)
                self.assertEqual((server.status(), bytes(server.errors)), (0, b""))

    def test_a_peer_that_resets_has_left(self):
        for command in SERVERS_OF_ONE:
            with self.subTest(server=command), Started(*command) as server:
                client = connect(server.address)
                client.sendall(b"only me")
                receive(client, len(ANSWER.encode()) + 7)
                reset(client)
                self.assertEqual((server.status(), bytes(server.errors)), (0, b"Connection reset by peer\n"))
        for command in SERVERS_OF_MANY:
            with self.subTest(server=command), Started(*command) as server, connect(server.address) as other:
                other.sendall(b"me")
                receive(other, len(ANSWER.encode()) + 2)
                before = server.descriptors()
                client = connect(server.address)
                client.sendall(b"me")
                receive(client, len(ANSWER.encode()) + 2)
                reset(client)
                until(lambda: b"Connection reset by peer" in server.errors, server.describe())
                other.sendall(b"and me")
                receive(other, len(ANSWER.encode()) + 6)
                until(lambda: server.descriptors() == before, server.describe())

    def test_the_servers_of_many_serve_them_at_the_same_time(self):
        for command in SERVERS_OF_MANY:
            with self.subTest(server=command), Started(*command) as server:
                before = server.descriptors()
                with connect(server.address), connect(server.address) as silent:
                    users = [connect(server.address) for _ in range(20)]
                    for turn in ("第一", "第二"):
                        for number, user in enumerate(users):
                            message = f"{turn} {number}".encode()
                            user.sendall(message)
                            self.assertEqual(receive(user, len(ANSWER.encode() + message)), ANSWER.encode() + message)
                    for user in users:
                        user.close()
                    silent.sendall(b"now I")
                    self.assertEqual(receive(silent, len(ANSWER.encode()) + 5), ANSWER.encode() + b"now I")
                    self.assertEqual(server.errors, b"")
                until(lambda: server.descriptors() == before, server.describe())

    def test_clients_of_both_kinds_share_the_servers_of_many(self):
        for command in SERVERS_OF_MANY:
            with self.subTest(server=command), Started(*command) as server, connect(server.address):
                for client in (OUR_CLIENT, NOTES_CLIENT, OUR_CLIENT):
                    self.assertEqual(client_run(client, server.port, ["你好", "exit"]), (0, f">>> {ANSWER}你好\n>>> ", b""))

    def test_the_multi_task_server_tells_how_many_tasks_run(self):
        with Started(*ours("000", "multi_task_server")) as server:
            clients = [connect(server.address) for _ in range(3)]
            server.wait_for_output(f"{COUNT}3\n".encode())
            clients[0].close()
            for number, client in enumerate(clients[1:]):
                client.sendall(b"x")
                receive(client, len(ANSWER.encode()) + 1)
            with connect(server.address) as client:
                client.sendall(b"y")
                receive(client, len(ANSWER.encode()) + 1)
            until(lambda: bytes(server.output).decode().count(COUNT) == 4, server.describe())
            counts = [line for line in bytes(server.output).decode().splitlines() if line.startswith(COUNT)]
            self.assertEqual(counts, [f"{COUNT}{n}" for n in (1, 2, 3, 3)])
            for client in clients[1:]:
                client.close()


class Datagrams(unittest.TestCase):
    def test_clients_and_servers_print_what_those_of_the_note_print(self):
        lines = ["hello", "你好", "it's \"x\\y\"", "exit", "never sent"]
        for server_command in (theirs("000", "udp_server"), ours("000", "udp_server"), twin("000", "udp_server")):
            for client_command in (theirs("000", "udp_client"), ours("000", "udp_client")):
                with self.subTest(server=server_command, client=client_command), Server(server_command, UDP) as server:
                    self.assertEqual(typed(client_command, *server.address, lines=lines), (0, ">>>" * 4, ""))
                    until(lambda: server.output.count(b"\n") == 6, server.describe())
                    printed = server.text().splitlines()
                    address = printed[0].removesuffix(":hello")
                    self.assertRegex(address, r"^\('127\.0\.0\.1', \d+\)$")
                    self.assertEqual(printed, [shown for line in lines[:3] for shown in (f"{address}:{line}", f"({line.encode()!r}, {address})")])

    def test_what_would_do_something_to_the_terminal_or_is_no_text_is_replaced(self):
        for command in (ours("000", "udp_server"), twin("000", "udp_server")):
            with self.subTest(server=command), Server(command, UDP) as server, udp_socket() as client:
                data = b"\x1b[2J\r\n\x7f \xe4\xbd\xff\t" + "你".encode()
                client.sendto(data, server.address)
                until(lambda: server.output.count(b"\n") == 2, server.describe())
                self.assertEqual(server.text(), f"{client.getsockname()}:?[2J??? \ufffd\ufffd\t你\n({data!r}, {client.getsockname()})\n")

    def test_a_datagram_is_whole_also_an_empty_one(self):
        with Server(ours("000", "udp_server"), UDP) as server, udp_socket() as client:
            for data in (b"", b"x" * 20_000):
                client.sendto(data, server.address)
                server.wait_for_output(b":" + data + b"\n")

    def test_the_client_ends_with_its_input(self):
        self.assertEqual(typed(ours("000", "udp_client"), lines=["one"], *()), (0, ">>>>>>", ""))


class Threads(unittest.TestCase):
    def test_tasks_are_counted_as_the_note_counts_its_threads(self):
        count = "当前运行的线程数为："
        self.assertEqual(typed(ours("000", "thread_basics")), (0, f"{count}1\n{count}3\n函数的任务\n类的任务\n{count}1\n", ""))

    def test_a_global_that_threads_share_is_set_and_changed(self):
        self.assertEqual(typed(ours("000", "shared_global")), (0, "test2: 101, 3\n", ""))


if __name__ == "__main__":
    unittest.main()
