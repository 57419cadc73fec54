# SPDX-License-Identifier: MIT
"""Peers that cannot be reached, in a network namespace of our own: each way has its own error, in its own time."""
import sys
import tempfile
import time
import unittest

from programs import path, run, tool

# `near` and `far` are the two ends of a cable. Nobody at `far` has an address, so who is asked for on it is not found; of
# 10.1.0.9 the hardware address is known, so packets for it go out and come to nothing: a black hole.
NETWORK = """
ip link set lo up
ip link add near type veth peer name far
ip link set near up
ip link set far up
ip address add 10.1.0.1/24 dev near
ip neighbour add 10.1.0.9 lladdr 02:00:00:00:00:09 dev near
exec "$@"
"""

# A name with two addresses, which the system tries in this order: the black hole, and this machine.
HALF_BROKEN = """
ip address add fd00::1/64 dev near nodad
ip neighbour add fd00::9 lladdr 02:00:00:00:00:09 dev near
mount --bind HOSTS /etc/hosts
exec "$@"
"""
# Prints after how many seconds a connection through the proxy has reached the server behind that name.
THROUGH_PROXY = """
import socket, subprocess, sys, time
with socket.create_server(("127.0.0.1", 0)) as listener:
    listener.settimeout(9)
    port = str(listener.getsockname()[1])
    with subprocess.Popen([sys.argv[1], "half.test", port, "0"], stdout=subprocess.PIPE) as proxy:
        port = int(proxy.stdout.readline().rpartition(b":")[2])
        begin = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()
        print(time.monotonic() - begin)
        proxy.kill()
"""


class Unreachable(unittest.TestCase):
    def setUp(self):
        self.unshare = [tool(self, "unshare"), "--net", "--map-root-user"]
        self.inside = [*self.unshare, "sh", "-ec", NETWORK, "sh"]
        tool(self, "ip")
        begin = time.monotonic()
        status, _, errors = run(*self.inside, "true")
        self.seconds_to_begin = time.monotonic() - begin
        if status != 0:
            self.skipTest(f"no network namespaces here: {errors.decode().strip()}")

    def connect(self, host):
        """What echo_client says of a host where it finds nobody, and after how many seconds."""
        begin = time.monotonic()
        status, output, errors = run(*self.inside, path("echo_client"), host, "9")
        self.assertEqual((status, output), (1, b""))
        return errors.decode(), time.monotonic() - begin

    def test_a_port_where_nobody_listens_refuses_at_once(self):
        errors, seconds = self.connect("127.0.0.1")
        self.assertEqual(errors, "echo_client: connect 127.0.0.1:9: Connection refused\n")
        self.assertLess(seconds, 3)

    def test_a_host_that_is_not_there_is_unreachable_within_four_seconds(self):
        errors, seconds = self.connect("10.1.0.2")
        self.assertEqual(errors, "echo_client: connect 10.1.0.2:9: No route to host\n")
        self.assertLess(seconds, 4 + self.seconds_to_begin)  # the system asks three times, a second each

    def test_a_network_without_a_route_is_unreachable_at_once(self):
        errors, seconds = self.connect("10.2.0.1")
        self.assertEqual(errors, "echo_client: connect 10.2.0.1:9: Network is unreachable\n")
        self.assertLess(seconds, 3)

    def test_a_black_hole_ends_with_the_limit_of_the_caller(self):
        errors, seconds = self.connect("10.1.0.9")
        self.assertEqual(errors, "echo_client: timeout after 10 s: the deadline has passed\n")
        self.assertGreaterEqual(seconds, 10)

    def test_a_black_hole_in_front_of_it_costs_a_name_a_quarter_of_a_second(self):
        with tempfile.NamedTemporaryFile("w") as hosts:
            hosts.write("fd00::9 half.test\n127.0.0.1 half.test\n127.0.0.1 localhost\n")
            hosts.flush()
            network = NETWORK.replace('exec "$@"', HALF_BROKEN.replace("HOSTS", hosts.name))
            inside = [*self.unshare, "--mount", "sh", "-ec", network, "sh"]
            status, output, errors = run(*inside, sys.executable, "-c", THROUGH_PROXY, path("tcp_proxy"))
            self.assertEqual(status, 0, errors)
            self.assertGreater(float(output), 0.2)


if __name__ == "__main__":
    unittest.main()
