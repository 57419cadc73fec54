# SPDX-License-Identifier: MIT
"""The programs of note 004, against Python's ipaddress and sockets: addresses, ports, sockets, UDP."""
import ipaddress
import unittest

from notes import UDP, Server, free_port, ours, twin, typed, udp_socket
from programs import Program, until

ASKED = "请输入要发送的数据:"


class Listings(unittest.TestCase):
    def described(self, *addresses):
        status, output, errors = typed(ours("004", "ip_addresses"), *addresses)
        self.assertEqual((status, errors), (0, ""))
        return dict(line.split(": ", 1) for line in output.splitlines())

    def test_the_ranges_are_told_as_python_tells_them(self):
        edges = [f"{a}.{b}.{c}.{d}" for a in (0, 9, 10, 11, 126, 127, 128, 169, 172, 191, 192, 223, 224, 239, 240, 255)
                 for b in (0, 15, 16, 31, 32, 168, 254, 255) for c, d in ((0, 0), (0, 1), (255, 255))]
        private = [ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
        described = self.described(*edges)
        for each in edges:
            address = ipaddress.ip_address(each)
            words = described[each].split(", ")
            first = int(each.split(".", 1)[0])
            letter = "A" if first < 128 else "B" if first < 192 else "C" if first < 224 else "D" if first < 240 else "E"
            self.assertEqual(words[:2], ["IPv4", letter + "类"])
            expected = {"私有": any(address in network for network in private), "回路测试": address.is_loopback, "本地链接": address.is_link_local,
                        "组播": address.is_multicast, "广播": each == "255.255.255.255", "任意": address.is_unspecified}
            self.assertEqual({word: word in words for word in expected}, expected, each)

    def test_an_address_is_a_network_and_a_host(self):
        self.assertEqual(self.described("192.168.43.143", "10.1.2.3", "172.16.3.4"), {
            "192.168.43.143": "IPv4, C类, 网络号 192.168.43.0, 主机号 0.0.0.143, 私有",
            "10.1.2.3": "IPv4, A类, 网络号 10.0.0.0, 主机号 0.1.2.3, 私有",
            "172.16.3.4": "IPv4, B类, 网络号 172.16.0.0, 主机号 0.0.3.4, 私有"})

    def test_addresses_of_ipv6_have_no_class(self):
        self.assertEqual(self.described("fe80::28fb:6bc4:bfa6:7c83%19", "::1", "2409:8962:804:2874:28fb:6bc4:bfa6:7c83"), {
            "fe80::28fb:6bc4:bfa6:7c83%19": "IPv6, 本地链接, 网卡 19", "::1": "IPv6, 回路测试", "2409:8962:804:2874:28fb:6bc4:bfa6:7c83": "IPv6"})
        self.assertEqual(len(self.described()), 6)

    def test_what_is_no_address_is_an_error(self):
        status, output, errors = typed(ours("004", "ip_addresses"), "1.2.3.256")
        self.assertEqual((status, output), (1, ""))
        self.assertIn('"1.2.3.256" is not an IP address', errors)

    def test_ports_have_their_range(self):
        status, output, errors = typed(ours("004", "ports"), 0, 21, 80, 1023, 1024, 3457, 49151, 49152, 65535)
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(output, "0: 知名端口\n21: 知名端口, FTP\n80: 知名端口, HTTP\n1023: 知名端口\n1024: 注册端口\n3457: 注册端口\n"
                                 "49151: 注册端口\n49152: 动态端口\n65535: 动态端口\n")
        self.assertEqual(len(typed(ours("004", "ports"))[1].splitlines()), 7)
        for wrong in ("65536", "-1", "http"):
            self.assertEqual(typed(ours("004", "ports"), wrong)[:2], (1, ""))

    def test_sockets_of_both_families_are_created(self):
        status, output, errors = typed(ours("004", "create_sockets"))
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, r"^AF_INET SOCK_STREAM 127\.0\.0\.1:\d+\nAF_INET SOCK_DGRAM 0\.0\.0\.0:0\nAF_UNIX SOCK_STREAM 11\nAF_UNIX SOCK_DGRAM 1\n$")


class Datagrams(unittest.TestCase):
    def test_our_client_prints_the_answer_of_our_servers(self):
        for command in (ours("004", "udp_server"), twin("004", "udp_server")):
            with self.subTest(server=command), Server(command, UDP) as server:
                self.assertEqual(typed(ours("004", "udp_client"), *server.address, lines=["你好", "no more"]), (0, f"{ASKED}收到\n", ""))
                until(lambda: b"\n" in server.output, server.describe())
                self.assertRegex(server.text(), r"^\('127\.0\.0\.1', \d+\) 你好\n$")

    def test_the_server_answers_each_of_many_clients(self):
        for command in (ours("004", "udp_server"), twin("004", "udp_server")):
            with self.subTest(server=command), Server(command, UDP) as server:
                clients = [udp_socket() for _ in range(10)]
                for number, client in enumerate(clients):
                    client.sendto(b"" if number == 0 else b"line\n%d" % number, server.address)
                for number, client in enumerate(clients):
                    self.assertNotEqual(client.recv(100), b"")
                    server.until_printed(f"{client.getsockname()!r} " + (f"line?{number}\n" if number else "\n"))
                    client.close()
                server.until_no_descriptor_is_left()

    def test_the_client_prints_what_a_plain_server_answers_and_hears_nobody_else(self):
        with udp_socket() as server, udp_socket() as stranger, Program(*ours("004", "udp_client"), *map(str, server.getsockname())) as client:
            client.write("你好\n".encode())
            data, address = server.recvfrom(100)
            self.assertEqual(data, "你好".encode())
            stranger.sendto(b"forged", address)
            server.sendto("答案".encode(), address)
            self.assertEqual((client.status(), client.output.decode(), bytes(client.errors)), (0, f"{ASKED}答案\n", b""))

    def test_the_end_of_the_input_ends_the_client(self):
        self.assertEqual(typed(ours("004", "udp_client"), "127.0.0.1", 9), (0, ASKED, ""))

    def test_nobody_there_is_an_error(self):
        status, output, errors = typed(ours("004", "udp_client"), "127.0.0.1", free_port(UDP), lines=["hello"])
        self.assertEqual((status, output), (1, ASKED))
        self.assertIn("Connection refused", errors)


if __name__ == "__main__":
    unittest.main()
