# SPDX-License-Identifier: MIT
"""Servers without connections, and without a network: dns_server before dig, the echo servers before socat, and a multicast group."""
import os
import signal
import socket
import sys
import tempfile
import unittest

from programs import SECONDS, Program, path, run, tool


class Server(Program):
    """A server of datagrams on a port that the system chose."""

    def __init__(self, name, host="127.0.0.1", *more):
        super().__init__(path(name), host, "0", *more)
        self.port = int(self.line().decode().rpartition(":")[2])
        self.address = (host, self.port)


def udp_client():
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(SECONDS)
    return client


class Dig(unittest.TestCase):
    def dig(self, server, *question):
        status, output, _ = run(tool(self, "dig"), "@127.0.0.1", "-p", str(server.port), *question)
        self.assertEqual(status, 0, output)
        return output.decode()

    def test_dig_gets_both_addresses_in_any_letters(self):
        with Server("dns_server") as server:
            self.assertEqual(self.dig(server, "rill.test", "+short"), "192.0.2.7\n")
            self.assertEqual(self.dig(server, "RILL.test", "AAAA", "+short"), "2001:db8::7\n")
            self.assertIn("flags: qr aa rd; QUERY: 1, ANSWER: 0,", self.dig(server, "rill.test", "MX"))

    def test_dig_is_told_what_is_not_there_and_what_cannot_be_done(self):
        with Server("dns_server") as server:
            self.assertIn("status: NXDOMAIN", self.dig(server, "other.test"))
            self.assertIn("status: NXDOMAIN", self.dig(server, "a" * 60 + "." + "b" * 60 + ".test"))
            self.assertIn("status: NOTIMP", self.dig(server, "rill.test", "+opcode=2"))

    def test_what_is_no_question_gets_an_error_or_no_answer_and_does_not_end_the_server(self):
        with Server("dns_server") as server, udp_client() as client:
            header = bytes([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            for unanswered in (b"", b"short", bytes([7, 7, 0x81, 0]) + header[4:], b"\xff" * 600):
                client.sendto(unanswered, server.address)
            for wrong in (header, header + b"\x3f", header + b"\xc0\x0c\0\1\0\1", header[:5] + b"\2" + header[6:], header + b"\4rill\4test\0\0"):
                client.sendto(wrong, server.address)
                self.assertEqual(client.recv(600)[:4], b"\7\7\x85\1", wrong)
            client.sendto(header + b"\4rill\4test\0\0\1\0\1", server.address)
            self.assertEqual(client.recv(600)[-4:], bytes([192, 0, 2, 7]))
            server.signal(signal.SIGTERM)
            self.assertEqual((server.status(), bytes(server.errors)), (0, b""))


class Socat(unittest.TestCase):
    def test_datagrams_come_back_as_they_were_sent(self):
        socat = tool(self, "socat")
        with Server("datagram_echo_server") as server:
            status, output, errors = run(socat, "-t", "2", "-b", "60000", "-", "UDP:127.0.0.1:%d" % server.port, stdin=b"x" * 50_000)
            self.assertEqual((status, output, errors), (0, b"x" * 50_000, b""))
            with udp_client() as client:
                for data in (b"", b"one", b"y" * 65_507):
                    client.sendto(data, server.address)
                    self.assertEqual(client.recv(70_000), data)

    def test_a_client_that_has_gone_does_not_end_the_server(self):
        with Server("datagram_echo_server") as server:
            for _ in range(20):
                with udp_client() as client:
                    client.sendto(b"answer me", server.address)
            with udp_client() as client:
                client.sendto(b"here", server.address)
                self.assertEqual(client.recv(100), b"here")

    def test_a_path_is_served_and_a_file_that_was_left_there_is_replaced(self):
        socat = tool(self, "socat")
        data = os.urandom(1 << 20)
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "socket")
            for _ in range(2):
                with Program(path("local_echo_server"), name) as server:
                    self.assertEqual(server.line().decode(), f"listening on {name}\n")
                    self.assertEqual(run(socat, "-t", str(SECONDS), "-", f"UNIX-CONNECT:{name}", stdin=data), (0, data, b""))
                    status, _, errors = run(path("local_echo_server"), name)
                    self.assertEqual(status, 1)
                    self.assertIn(b"Address already in use", errors)
                    server.signal(signal.SIGKILL)  # so that it can't take its file away
                    server.status()
                self.assertTrue(os.path.exists(name))


# Two networks that are joined by a cable; what is here is one end, the echo server is at the other.
TWO_NETWORKS = """
import os, socket, subprocess, sys, time
ip = lambda *words: subprocess.run(["ip", *words], check=True)
ip("link", "add", "near", "type", "veth", "peer", "name", "far")
with subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE) as other:
    here = os.readlink("/proc/self/ns/net")
    while os.readlink(f"/proc/{other.pid}/ns/net") == here:
        time.sleep(0.01)
    ip("link", "set", "far", "netns", str(other.pid))
    ip("address", "add", "10.1.0.1/24", "dev", "near")
    ip("link", "set", "near", "up")
    ip("route", "add", "224.0.0.0/4", "dev", "near")
    there = ["nsenter", "--target", str(other.pid), "--net"]
    setup = "ip address add 10.1.0.2/24 dev far && ip link set far up && ip route add 224.0.0.0/4 dev far"
    subprocess.run([*there, "sh", "-ec", setup], check=True)
    with subprocess.Popen([*there, sys.argv[1], "0.0.0.0", "0", "239.1.2.3"], stdout=subprocess.PIPE) as server:
        port = int(server.stdout.readline().rpartition(b":")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            for group in ("239.1.2.4", "239.1.2.3"):
                for attempt in range(3 if group.endswith("4") else 100):
                    client.sendto(group.encode(), (group, port))
                    try:
                        data, peer = client.recvfrom(100)
                        print(data.decode(), peer[0])
                        break
                    except TimeoutError:
                        pass
        server.terminate()
    other.stdin.close()
"""


class Multicast(unittest.TestCase):
    def test_a_group_is_heard_from_another_network_and_no_other_group_is(self):
        unshare = tool(self, "unshare")
        tool(self, "ip"), tool(self, "nsenter")
        inside = [unshare, "--net", "--map-root-user"]
        status, _, errors = run(*inside, "true")
        if status != 0:
            self.skipTest(f"no network namespaces here: {errors.decode().strip()}")
        status, output, errors = run(*inside, sys.executable, "-c", TWO_NETWORKS, path("datagram_echo_server"))
        self.assertEqual((status, output), (0, b"239.1.2.3 10.1.0.2\n"), errors)


if __name__ == "__main__":
    unittest.main()
