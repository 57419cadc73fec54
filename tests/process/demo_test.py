# SPDX-License-Identifier: MIT
"""The demonstration, with small numbers."""
import os
import pty
import resource
import signal
import subprocess
import unittest

from programs import SECONDS, Program, path, run

SMALL = ("--connections", "40", "--seconds", "1")


class Demo(unittest.TestCase):
    def server_of(self, demo):
        """The process of the server, as the demonstration's first line names it."""
        line = demo.line().decode()
        self.assertRegex(line, r"^An echo server listens on 127\.0\.0\.1:\d+ \(process \d+, one thread\)\.")
        return int(line.split("(process ")[1].split(",")[0])

    def test_it_ends_by_itself_with_a_summary_and_status_0(self):
        with Program(path("demo"), *SMALL) as demo:
            server = self.server_of(demo)
            self.assertEqual((demo.status(), bytes(demo.errors)), (0, b""), demo.describe())
            text = demo.output.decode()
            for line in (r"connections +40\n", r"echoes per second +[\d,]+\n", r"errors +0\n",
                         r"latency +p50 .*s, p99 .*s, p99\.9 .*s, max .*s\n",
                         r"memory per connection +(-?[\d.]+ KiB|not available on this system) \(resident in the server, beside the kernel's buffers\)\n"):
                self.assertRegex(text, line)
            self.assertFalse(os.path.exists(f"/proc/{server}"), "the server is still there")

    def test_on_a_terminal_one_line_is_rewritten(self):
        ours, theirs = pty.openpty()
        with subprocess.Popen([path("demo"), *SMALL], stdout=theirs) as demo:
            os.close(theirs)
            shown = bytearray()
            try:
                while data := os.read(ours, 65536):
                    shown += data
            except OSError:  # EIO: nobody has the other end any more
                pass
            os.close(ours)
            self.assertEqual(demo.wait(SECONDS), 0)
        self.assertRegex(bytes(shown), rb"\r +\d+ +[\d,]+   measuring, errors 0\x1b\[K\r")

    def test_an_interrupt_ends_it_and_its_server(self):
        with Program(path("demo"), "--connections", "40", "--seconds", "600") as demo:
            server = self.server_of(demo)
            demo.wait_for_output(b"measuring")
            demo.signal(signal.SIGINT)
            self.assertEqual((demo.status(), demo.output.endswith(b"interrupted\n")), (1, True), demo.describe())
            self.assertFalse(os.path.exists(f"/proc/{server}"), "the server is still there")

    def test_a_server_that_dies_is_counted_and_status_1(self):
        with Program(path("demo"), "--connections", "40", "--seconds", "600") as demo:
            server = self.server_of(demo)
            demo.wait_for_output(b"measuring")
            os.kill(server, signal.SIGKILL)
            self.assertEqual(demo.status(), 1, demo.describe())
            self.assertRegex(demo.output.decode(), r"errors +[1-9]\d*, the first: ")

    def test_few_descriptors_make_it_smaller_aloud(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

        status, output, _ = run(path("demo"), "--connections", "500", "--seconds", "1", preexec_fn=few)
        self.assertEqual(status, 0)
        self.assertRegex(output.decode(), r"^only \d\d connections: a process here may have 100 open files \(see `ulimit -n`\)\n")

    def test_bad_options_are_one_line_and_status_2(self):
        for arguments, why in [
            (["--connections", "0"], '--connections wants a number in 1..25000, not "0"'),
            (["--connections"], '--connections wants a number in 1..25000, not ""'),
            (["--seconds", "soon"], '--seconds wants a number in 1..3600, not "soon"'),
            (["--fast"], 'there is no option "--fast", see --help'),
        ]:
            with self.subTest(arguments=arguments):
                self.assertEqual(run(path("demo"), *arguments), (2, b"", f"demo: {why}\n".encode()))

    def test_help_is_the_usage_and_status_0(self):
        status, output, errors = run(path("demo"), "--help")
        self.assertEqual((status, output.startswith(b"usage: demo [--connections N] [--seconds S]\n"), errors), (0, True, b""))


if __name__ == "__main__":
    unittest.main()
