# SPDX-License-Identifier: MIT
"""The programs of note 003 beside the note's own: UDP and its chat room, and GBK, whose bytes are checked."""
import os
import signal
import socket
import unittest

from notes import UDP, Server, free_port, ours, theirs, twin, typed, udp_socket
from programs import SECONDS, Program, connect, receive, reset, until

MENU = "=" * 30 + "\n1:发送消息\n2:接收消息\n" + "=" * 30 + "\n请输入要操作的功能序号:"
TO_SEND = "请输入要发送的数据:"
GOT = "接收到的数据为: "
CLIENT_SAYS = "客户端发来的信息为："
ANSWER = "您好，这里是服务端，收到你的信息".encode("gbk")


class Listings(unittest.TestCase):
    def test_the_sockets_are_created(self):
        status, output, errors = typed(ours("003", "create_tcp_socket"))
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^SOCK_STREAM 127\.0\.0\.1:\d+\n$")
        self.assertEqual(typed(ours("003", "create_udp_socket")), (0, "SOCK_DGRAM 0.0.0.0:0\n", ""))

    def test_texts_are_encoded_and_decoded_as_python_does_it(self):
        status, output, errors = typed(ours("003", "encode_decode"))
        self.assertEqual((status, errors), (0, ""))
        gbk = "你好".encode("gbk")
        self.assertEqual(output.splitlines()[:6], [
            f"utf-8 {'你好'.encode()!r}", f"gbk {gbk!r}", "你好", "你好", repr("好🙂".encode("gbk", "replace")), gbk.decode("utf-8", "replace")])
        self.assertTrue(output.splitlines()[6].startswith("not UTF-8"), output)


class Datagrams(unittest.TestCase):
    def test_a_line_is_sent_as_a_datagram_in_utf_8(self):
        for command in (theirs("003", "udp_send"), ours("003", "udp_send")):
            with self.subTest(client=command), udp_socket() as server:
                self.assertEqual(typed(command, *server.getsockname(), lines=["你好", "no more"]), (0, TO_SEND, ""))
                self.assertEqual(server.recv(100), "你好".encode())
        self.assertEqual(typed(ours("003", "udp_send"), "127.0.0.1", 9), (0, TO_SEND, ""))

    def test_an_answer_in_gbk_is_printed_with_its_sender(self):
        for command in (theirs("003", "udp_send_receive_gbk"), ours("003", "udp_send_receive_gbk")):
            with self.subTest(client=command), udp_socket() as server, Program(*command, *map(str, server.getsockname()),
                                                                              env={**os.environ, "PYTHONIOENCODING": "utf-8"}) as client:
                client.write("你好\n".encode())
                data, sender = server.recvfrom(100)
                self.assertEqual(data, "你好".encode())
                server.sendto("再见，朋友".encode("gbk"), sender)
                self.assertEqual((client.status(), client.output.decode()), (0, f"{TO_SEND}再见，朋友\n{server.getsockname()!r}\n"))
        self.assertEqual(typed(ours("003", "udp_send_receive_gbk"), "127.0.0.1", 9), (0, TO_SEND, ""))

    def test_a_bound_socket_waits_for_a_datagram_in_gbk(self):
        for command in (theirs("003", "udp_bind_receive"), ours("003", "udp_bind_receive"), twin("003", "udp_bind_receive")):
            with self.subTest(server=command), Server(command, UDP) as server, udp_socket() as client:
                client.sendto("重庆 GBK".encode("gbk"), server.address)
                self.assertEqual((server.status(), server.text(), bytes(server.errors)), (0, "重庆 GBK\n", b""))

    def test_what_is_no_gbk_is_replaced(self):
        for command in (ours("003", "udp_bind_receive"), twin("003", "udp_bind_receive")):
            with self.subTest(server=command), Server(command, UDP) as server, udp_socket() as client:
                data = b"\xff\xff\xc4\x31\xc4\xe3 \xc4"
                client.sendto(data, server.address)
                self.assertEqual((server.status(), server.text()), (0, data.decode("gbk", "replace") + "\n"))


class ChatRoom(unittest.TestCase):
    def test_either_kind_talks_to_either_kind(self):
        kinds = (theirs("003", "udp_chat_room"), ours("003", "udp_chat_room"))
        for one_command in kinds:
            for other_command in kinds:
                with self.subTest(one=one_command, other=other_command), Server(one_command, UDP) as one, Server(other_command, UDP) as other:
                    other.write(b"2\n")
                    one.write(f"1\n你好\n127.0.0.1\n{other.port}\n".encode())
                    other.until_printed(f">>>{one.address!r}:你好\n")
                    one.write(b"2\n")
                    other.write(f"1\n再见\n127.0.0.1\n{one.port}\n".encode())
                    one.until_printed(f">>>{other.address!r}:再见\n")
                    for each, command in ((one, one_command), (other, other_command)):
                        until(lambda: each.text().count(MENU) == 3, each.describe())
                        each.end_input()
                        if command is kinds[1]:
                            self.assertEqual((each.status(), bytes(each.errors)), (0, b""))

    def test_what_arrives_is_shown_while_somebody_types(self):
        with Server(ours("003", "udp_chat_room"), UDP) as chat, udp_socket() as peer:
            steps = (("", MENU), ("1", "\n" + TO_SEND), ("text", "\n请输入对方的ip地址:"), ("127.0.0.1", "\n请输入对方的port:"))
            for line, prompt in steps:
                chat.write(line.encode() + b"\n" if line else b"")
                chat.until_printed(prompt)
                peer.sendto(b"while " + line.encode(), chat.address)
                chat.until_printed(f"\n>>>{peer.getsockname()!r}:while {line}\n")
            chat.write(b"%d\n" % peer.getsockname()[1])
            self.assertEqual(peer.recvfrom(100), (b"text", chat.address))

    def test_what_makes_no_sense_is_asked_for_again(self):
        with udp_socket() as peer:
            host, port = peer.getsockname()
            lines = ["3", "1", "hi", "localhost", host, "many", "65536", str(port)]
            status, output, errors = typed(ours("003", "udp_chat_room"), "127.0.0.1", free_port(UDP), lines=lines)
            self.assertEqual((status, errors, peer.recv(100)), (0, "", b"hi"))
            self.assertEqual(output, MENU + "输入有误，请重新输入...\n" + MENU + "\n" + TO_SEND + "\n请输入对方的ip地址:" * 2 + "\n请输入对方的port:" * 3 + MENU)

    def test_2_comes_back_after_one_message(self):
        with Server(ours("003", "udp_chat_room"), UDP) as chat, udp_socket() as peer:
            chat.write(b"2\n")
            peer.sendto(b"one", chat.address)
            chat.until_printed(f">>>{peer.getsockname()!r}:one\n")
            until(lambda: chat.text().count(MENU) == 2, chat.describe())


class OneMessage(unittest.TestCase):
    SERVERS = (theirs("003", "tcp_server_gbk"), ours("003", "tcp_server_gbk"), twin("003", "tcp_server_gbk"))
    CLIENTS = (theirs("003", "tcp_client_gbk"), ours("003", "tcp_client_gbk"))
    PROMPTS = "请输入服务器ip:请输入服务器port:请输入要发送的数据："

    def test_either_client_talks_to_either_server(self):
        for server_command in self.SERVERS:
            for client_command in self.CLIENTS:
                with self.subTest(server=server_command, client=client_command), Server(server_command) as server:
                    lines = [*map(str, server.address), "你好，世界"]
                    self.assertEqual(typed(client_command, lines=lines), (0, f"{self.PROMPTS}{GOT}thank you !\n", ""))
                    self.assertEqual((server.status(), server.text(), bytes(server.errors)), (0, f"{GOT}你好，世界\n", b""))

    def test_the_bytes_are_gbk_in_both_directions(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(SECONDS)
            with Program(*ours("003", "tcp_client_gbk"), *map(str, listener.getsockname())) as client:
                client.write("中文 text\n".encode())
                accepted, _ = listener.accept()
                with accepted:
                    wanted = "中文 text".encode("gbk")
                    self.assertEqual(receive(accepted, len(wanted)), wanted)
                    for byte in "谢谢".encode("gbk"):  # in pieces
                        accepted.sendall(bytes([byte]))
                self.assertEqual((client.status(), client.output.decode()), (0, f"请输入要发送的数据：{GOT}谢谢\n"))
        for command in self.SERVERS[1:]:
            with self.subTest(server=command), Server(command) as server, connect(server.address) as client:
                for byte in "中文 text".encode("gbk"):
                    client.sendall(bytes([byte]))
                self.assertEqual(receive(client, 11), b"thank you !")
                self.assertEqual(client.recv(1), b"")
                self.assertEqual((server.status(), server.text()), (0, f"{GOT}中文 text\n"))

    def test_a_text_that_gbk_does_not_have_is_not_sent(self):
        with Server(self.SERVERS[1]) as server:
            status, output, errors = typed(ours("003", "tcp_client_gbk"), *server.address, lines=["🙂"])
            self.assertEqual((status, output), (1, "请输入要发送的数据："))
            self.assertIn("not in GBK", errors)
            self.assertEqual((server.status(), server.text()), (0, GOT + "\n"))

    def test_what_is_asked_for_wrongly_is_asked_for_again(self):
        with Server(self.SERVERS[1]) as server:
            lines = ["here", "127.0.0.1", "x", "70000", str(server.port), "hi"]
            status, output, errors = typed(ours("003", "tcp_client_gbk"), lines=lines)
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual(output, "请输入服务器ip:" * 2 + "请输入服务器port:" * 3 + "请输入要发送的数据：" + GOT + "thank you !\n")
        self.assertEqual(typed(ours("003", "tcp_client_gbk"), lines=["127.0.0.1"]), (0, "请输入服务器ip:请输入服务器port:", ""))

    def test_an_empty_line_or_the_end_of_the_input_hangs_neither(self):
        for lines, output in (([""], f"请输入要发送的数据：{GOT}thank you !\n"), ([], "请输入要发送的数据：")):
            with self.subTest(lines=lines), Server(self.SERVERS[1]) as server:
                self.assertEqual(typed(ours("003", "tcp_client_gbk"), *server.address, lines=lines), (0, output, ""))
                self.assertEqual((server.status(), server.text()), (0, GOT + "\n"))

    def test_a_peer_that_resets_has_left(self):
        for command in self.SERVERS[1:]:
            with self.subTest(server=command), Server(command) as server:
                reset(connect(server.address))
                self.assertEqual(server.status(), 0, server.describe())


class Loop(unittest.TestCase):
    SERVERS = (ours("003", "tcp_loop_server"), twin("003", "tcp_loop_server"))

    def test_either_client_is_answered_by_either_server(self):
        for server_command in (theirs("003", "tcp_loop_server"), *self.SERVERS):
            for client_command in OneMessage.CLIENTS:
                with self.subTest(server=server_command, client=client_command), Server(server_command) as server:
                    for message in ("你好", "再见"):
                        lines = [*map(str, server.address), message]
                        self.assertEqual(typed(client_command, lines=lines), (0, f"{OneMessage.PROMPTS}{GOT}{ANSWER.decode('gbk')}\n", ""))
                        server.until_printed(f"{CLIENT_SAYS}{message}\n")
                    self.assertRegex(server.text(), r"^等待新的客户端连接\n连接的客户端信息为：\('127\.0\.0\.1', \d+\)\n客户端发来的信息为：你好\n")
                    server.until_no_descriptor_is_left()

    def test_many_are_answered_beside_one_who_says_nothing(self):
        for command in self.SERVERS:
            with self.subTest(server=command), Server(command) as server:
                with connect(server.address):
                    clients = [connect(server.address) for _ in range(10)]
                    for turn in range(2):
                        for number, client in enumerate(clients):
                            client.sendall(f"第{turn}次 {number}".encode("gbk"))
                            self.assertEqual(receive(client, len(ANSWER)), ANSWER)
                            server.until_printed(f"{CLIENT_SAYS}第{turn}次 {number}\n")
                    reset(clients.pop())
                    for client in clients:
                        client.close()
                server.until_no_descriptor_is_left()

    def test_a_character_that_comes_in_pieces_is_one_and_answered_once(self):
        for command in self.SERVERS:
            with self.subTest(server=command), Server(command) as server, connect(server.address) as client:
                data = "你好".encode("gbk")
                client.sendall(data[:3])
                self.assertEqual(receive(client, len(ANSWER)), ANSWER)
                client.sendall(data[3:])
                self.assertEqual(receive(client, len(ANSWER)), ANSWER)
                server.until_printed(f"{CLIENT_SAYS}你\n{CLIENT_SAYS}好\n")

    def test_a_signal_ends_it_with_status_0(self):
        with Server(self.SERVERS[0]) as server, connect(server.address):
            server.signal(signal.SIGINT)
            self.assertEqual((server.status(), bytes(server.errors)), (0, b""))


if __name__ == "__main__":
    unittest.main()
