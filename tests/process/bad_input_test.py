# SPDX-License-Identifier: MIT
"""What a user typed wrong: one line on stderr that says what and why, and an exit status."""
import ctypes
import os
import unittest

from programs import path, run

SERVERS = ("echo_server", "note_000_tcp_server", "note_000_tcp_multi_user_server")
CLIENTS = ("echo_client", "note_000_tcp_client")

# arguments, and what stands behind the name of the program
WRONG = [
    (["localhost"], '"localhost" is not an IP address (a name needs rill::resolve): Invalid argument'),
    (["256.0.0.1", "80"], '"256.0.0.1" is not an IP address: Invalid argument'),
    (["", "80"], '"" is not an IP address: Invalid argument'),
    (["127.0.0.1\n", "80"], '"127.0.0.1\\x0a" is not an IP address: Invalid argument'),
    (["1" * 1000, "80"], '"' + "1" * 64 + '..." (1000 bytes) is not an IP address: Invalid argument'),
    (["127.0.0.1", "65536"], 'port "65536" is not a number in 0..65535'),
    (["127.0.0.1", "-1"], 'port "-1" is not a number in 0..65535'),
    (["127.0.0.1", "http"], 'port "http" is not a number in 0..65535'),
    (["127.0.0.1", "80x"], 'port "80x" is not a number in 0..65535'),
    (["127.0.0.1", ""], 'port "" is not a number in 0..65535'),
    (["127.0.0.1", "99999999999999999999"], 'port "99999999999999999999" is not a number in 0..65535'),
]


def without_privileges():
    """Runs in a child before it becomes the program: root, too, may then not bind the ports under 1024."""
    capability_bound_drop, net_bind_service = 24, 10
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(capability_bound_drop, net_bind_service, 0, 0, 0) != 0:
        raise OSError("prctl(PR_CAPBSET_DROP) failed")


class Arguments(unittest.TestCase):
    def test_what_does_not_parse_is_one_line_and_status_1(self):
        for name in SERVERS + CLIENTS:
            for arguments, why in WRONG:
                with self.subTest(program=name, arguments=arguments):
                    self.assertEqual(run(path(name), *arguments), (1, b"", f"{name}: {why}\n".encode()))

    def test_too_many_arguments_are_a_usage_line_and_status_2(self):
        for name in SERVERS + CLIENTS:
            with self.subTest(program=name):
                self.assertEqual(run(path(name), "127.0.0.1", "80", "90"), (2, b"", f"usage: {name} [host] [port]\n".encode()))

    def test_help_is_a_usage_line_and_status_0(self):
        for name in SERVERS + CLIENTS:
            for arguments in (["--help"], ["127.0.0.1", "--help"]):
                with self.subTest(program=name, arguments=arguments):
                    expected = f"usage: {name} [host] [port]    (127.0.0.1 13333 unless they are given)\n"
                    self.assertEqual(run(path(name), *arguments), (0, expected.encode(), b""))


class Addresses(unittest.TestCase):
    def test_a_port_without_permission_is_one_line_and_status_1(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if int(file.read()) <= 80:
                self.skipTest("everybody may bind port 80 here (net.ipv4.ip_unprivileged_port_start)")
        for name in SERVERS:
            with self.subTest(program=name):
                self.assertEqual(run(path(name), "127.0.0.1", "80", preexec_fn=without_privileges),
                                 (1, b"", f"{name}: bind 127.0.0.1:80: Permission denied\n".encode()))

    def test_an_address_of_another_machine_is_one_line_and_status_1(self):
        for name in SERVERS:
            with self.subTest(program=name):
                self.assertEqual(run(path(name), "192.0.2.1", "0"),
                                 (1, b"", f"{name}: bind 192.0.2.1:0: Cannot assign requested address\n".encode()))

    def test_nobody_to_connect_to_is_one_line_and_status_1(self):
        for name in CLIENTS:  # port 1 (tcpmux) is nobody's
            with self.subTest(program=name):
                self.assertEqual(run(path(name), "127.0.0.1", "1"),
                                 (1, b"", f"{name}: connect 127.0.0.1:1: Connection refused\n".encode()))


if __name__ == "__main__":
    unittest.main()
