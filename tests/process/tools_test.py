# SPDX-License-Identifier: MIT
"""echo_server under tools of the system: socat pipes through it, strace has its system calls fail, ss kills connections."""
import hashlib
import os
import random
import subprocess
import tempfile
import threading
import unittest

from programs import SECONDS, EchoServer, Program, connect, echo, path, run, sanitizers_under_strace, tool, until


class Socat(unittest.TestCase):
    def test_a_hundred_mebibytes_come_back_with_the_same_checksum_after_a_half_close(self):
        socat = tool(self, "socat")
        sent, arrived = hashlib.sha256(), hashlib.sha256()
        with EchoServer() as server:
            # At the end of its input, socat half-closes, and then waits -t seconds at most for what is still to come.
            command = [socat, "-t", str(SECONDS), "STDIO", "TCP:%s:%d" % server.address]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as piping:
                def feed():
                    numbers = random.Random(42)
                    for _ in range(100):
                        block = numbers.randbytes(1 << 20)
                        sent.update(block)
                        piping.stdin.write(block)
                    piping.stdin.close()

                feeder = threading.Thread(target=feed)
                feeder.start()
                size = 0
                while block := piping.stdout.read(1 << 16):
                    arrived.update(block)
                    size += len(block)
                feeder.join()
                self.assertEqual(piping.wait(SECONDS), 0)
            self.assertEqual(size, 100 << 20)
            self.assertEqual(arrived.hexdigest(), sent.hexdigest())
            self.assertEqual(server.errors, b"")


class Strace(unittest.TestCase):
    def setUp(self):
        self.strace = tool(self, "strace")
        status, _, errors = run(self.strace, "-f", "-o", "/dev/null", "-e", "trace=none", "true")
        if status != 0:
            self.skipTest(f"strace may not trace here: {errors.decode().strip()}")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = os.path.join(folder.name, "log")

    def tracer(self, call, injection):
        """Runs what follows, of whose calls some fail. -D: the process that we start is the program, not strace."""
        return [self.strace, "-D", "-f", "-o", self.log, "-e", f"trace={call}", "-e", f"inject={call}:{injection}"]

    def injected(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read().count("(INJECTED)")

    def survives(self, error):
        with EchoServer(*self.tracer("accept4", f"error={error}:when=1..3"), env=sanitizers_under_strace()) as server:
            with connect(server.address) as first, connect(server.address) as second:
                self.assertEqual(echo(first, b"first"), b"first")
                self.assertEqual(echo(second, b"second"), b"second")
            until(lambda: self.injected() == 3, f"{error} was not injected three times")
            self.assertIsNone(server.process.poll(), server.describe())
            server.process.terminate()
            self.assertEqual((server.status(), bytes(server.errors)), (0, b""))

    def test_a_full_table_of_descriptors_does_not_end_accepting(self):
        self.survives("EMFILE")

    def test_a_full_table_of_the_system_does_not_end_accepting(self):
        self.survives("ENFILE")

    def test_a_connection_that_was_given_up_does_not_end_accepting(self):
        self.survives("ECONNABORTED")

    def test_a_signal_does_not_end_accepting(self):
        self.survives("EINTR")

    def test_a_bind_without_permission_is_one_line_and_status_1(self):
        with Program(*self.tracer("bind", "error=EACCES"), path("echo_server"), "127.0.0.1", "0",
                     env=sanitizers_under_strace()) as server:
            self.assertEqual((server.status(), bytes(server.errors)),
                             (1, b"echo_server: bind 127.0.0.1:0: Permission denied\n"))


class Ss(unittest.TestCase):
    def test_a_connection_that_the_administrator_kills_hurts_no_other(self):
        ss = tool(self, "ss")
        if os.geteuid() != 0:
            self.skipTest("ss -K needs root")
        with EchoServer() as server, connect(server.address) as doomed, connect(server.address) as other:
            echo(doomed)
            echo(other)
            port = doomed.getsockname()[1]
            _, output, errors = run(ss, "-t", "-n", "-K", "src", "%s:%d" % server.address, "dst", f"127.0.0.1:{port}")
            if str(port).encode() not in output:
                self.skipTest(f"ss -K kills nothing here (CONFIG_INET_DIAG_DESTROY): {(output + errors).decode().strip()}")
            try:
                self.assertEqual(doomed.recv(1), b"")
            except ConnectionResetError:
                pass
            self.assertEqual(echo(other), b"hello")
            with connect(server.address) as later:
                self.assertEqual(echo(later), b"hello")
            until(lambda: server.errors, "the session said nothing")
            self.assertEqual(server.errors.decode(), f"rill: session of 127.0.0.1:{port}: recv 127.0.0.1:{port}: "
                                                     "Software caused connection abort\n")


if __name__ == "__main__":
    unittest.main()
