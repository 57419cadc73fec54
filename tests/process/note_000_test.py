# SPDX-License-Identifier: MIT
"""The TCP programs of note 000, ours beside the note's own in note_000/: same prompts, same texts, either with either."""
import os
import socket
import sys
import unittest

from programs import FOLDER, SECONDS, Program, connect, path, receive, run

ANSWER = "服务端接收到了信息 "


def note(name):
    """The note's program, as a command."""
    return [sys.executable, "-B", "-u", os.path.join(FOLDER, "note_000", name)]


class Started(Program):
    """A server of either kind on a port that the system chose."""

    def __init__(self, *command):
        super().__init__(*command, "127.0.0.1", "0", env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        self.first_line = self.line().decode()
        self.port = int("".join(filter(str.isdigit, self.first_line)))
        self.address = ("127.0.0.1", self.port)

    def lines(self):
        return bytes(self.output).decode().splitlines()[1:]


def client_run(command, port, lines):
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    status, output, errors = run(*command, "127.0.0.1", str(port), stdin="".join(each + "\n" for each in lines).encode(), env=environment)
    return status, output.decode(), errors


OUR_CLIENT = [path("note_000_tcp_client")]
NOTES_CLIENT = note("tcp_client.py")
OUR_SERVERS = ([path("note_000_tcp_server")], [path("note_000_tcp_multi_user_server")])
NOTES_SERVER = note("tcp_server.py")


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
                    if server_command is not OUR_SERVERS[1]:
                        self.assertEqual((server.status(), bytes(server.errors)), (0, b""))


class Client(unittest.TestCase):
    def test_the_end_of_the_input_ends_it_with_status_0(self):
        with Started(*OUR_SERVERS[0]) as server:
            self.assertEqual(client_run(OUR_CLIENT, server.port, ["one"]), (0, f">>> {ANSWER}one\n>>> ", b""))
            self.assertEqual(server.status(), 0)

    def test_an_empty_line_is_not_sent_for_no_answer_would_come(self):
        with Started(*OUR_SERVERS[0]) as server:
            self.assertEqual(client_run(OUR_CLIENT, server.port, ["", "one"]), (0, f">>> >>> {ANSWER}one\n>>> ", b""))

    def test_each_answer_is_printed_before_the_next_prompt_waits(self):
        with Started(*OUR_SERVERS[0]) as server, Program(*OUR_CLIENT, "127.0.0.1", str(server.port)) as client:
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


class Server(unittest.TestCase):
    def test_a_client_is_shown_as_the_note_shows_it(self):
        for command in OUR_SERVERS:
            with self.subTest(server=command), Started(*command) as server, connect(server.address) as client:
                self.assertEqual(server.line().decode(), f"接受一个客户端连接: {client.getsockname()!r}\n")

    def test_a_message_is_what_one_recv_gives_also_when_it_cuts_a_character(self):
        message = ("x" + "你" * 400).encode()
        for command, size in zip(OUR_SERVERS, (512, 1024)):
            with self.subTest(server=command), Started(*command) as server, connect(server.address) as client:
                client.sendall(message)
                pieces = [message[at:at + size] for at in range(0, len(message), size)]
                expected = b"".join(ANSWER.encode() + each for each in pieces)
                self.assertEqual(receive(client, len(expected)), expected)
                shown = b"".join("收到对方信息： ".encode() + each + b"\n" for each in pieces)
                server.wait_for_output(shown)

    def test_the_tcp_server_serves_one_client_and_ends(self):
        with Started(*OUR_SERVERS[0]) as server:
            with connect(server.address) as client:
                client.sendall(b"only me")
                receive(client, len(ANSWER.encode()) + 7)
            self.assertEqual((server.status(), bytes(server.errors)), (0, b""))

    def test_the_multi_user_server_serves_its_users_at_the_same_time(self):
        with Started(*OUR_SERVERS[1]) as server, connect(server.address), connect(server.address) as silent:
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

    def test_clients_of_both_kinds_share_the_multi_user_server(self):
        with Started(*OUR_SERVERS[1]) as server, connect(server.address):
            for command in (OUR_CLIENT, NOTES_CLIENT, OUR_CLIENT):
                self.assertEqual(client_run(command, server.port, ["你好", "exit"]), (0, f">>> {ANSWER}你好\n>>> ", b""))


if __name__ == "__main__":
    unittest.main()
