# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: programs that are started, watched and always ended, and sockets with a time limit.

Nothing here sleeps to wait for something: `until` asks again and again, and fails loudly when the time is over.
"""
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("RILL_BIN_DIR", os.path.join(FOLDER, "../../build/debug/bin"))
SECONDS = 30 * int(os.environ.get("RILL_TEST_TIME_SCALE", "1"))  # how long anything may take


def path(name):
    """The path of one of our programs."""
    return os.path.join(BIN, name)


def tool(test, name):
    """The path of a program of the system; the test is skipped where it is missing."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        test.skipTest(f"{name} is not installed")
    return found


def until(condition, what, seconds=SECONDS):
    """Returns the first value of condition() that is true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s: {what}")
        time.sleep(0.005)


class Program:
    """A process, whose output is read all the time. Ends with its `with`: what still runs then is killed."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.pid = self.process.pid
        self.output, self.errors = bytearray(), bytearray()
        self._arrived = threading.Condition()
        self._taken = 0
        self._readers = [threading.Thread(target=self._read, args=each)
                         for each in ((self.process.stdout, self.output), (self.process.stderr, self.errors))]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, into):
        while data := os.read(stream.fileno(), 65536):
            with self._arrived:
                into += data
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def line(self):
        """The next line of its output, with the end."""
        def whole():
            return self.output.find(b"\n", self._taken) >= 0

        with self._arrived:
            if not self._arrived.wait_for(lambda: whole() or not self._readers[0].is_alive(), SECONDS) or not whole():
                raise AssertionError(f"no line: {self.describe()}")
            end = self.output.index(b"\n", self._taken) + 1
            found, self._taken = bytes(self.output[self._taken:end]), end
            return found

    def wait_for_output(self, data):
        until(lambda: data in self.output, f"{data!r} was not printed: {self.describe()}")

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def signal(self, number):
        os.kill(self.pid, number)

    def status(self):
        """Its exit status, once it has ended and all its output is there; negative for the signal that killed it."""
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end: {self.describe()}") from None
        for reader in self._readers:
            reader.join(SECONDS)
        return self.process.returncode

    def describe(self):
        return f"{self.process.args}: stdout {bytes(self.output[-2000:])!r}, stderr {bytes(self.errors[-4000:])!r}"

    def descriptors(self):
        return sorted(os.listdir(f"/proc/{self.pid}/fd"))

    def proc_status(self, key):
        """What proc(5) says of it under this key."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(line for line in file if line.startswith(key + ":")).split()[1]

    def state(self):
        return self.proc_status("State")

    def catches(self, number):
        """Whether it has a handler for the signal just now."""
        return bool(int(self.proc_status("SigCgt"), 16) >> (number - 1) & 1)


class EchoServer(Program):
    """Our echo_server on a port that the system chose; `before` is a command that runs it."""

    def __init__(self, *before, **options):
        super().__init__(*before, path("echo_server"), "127.0.0.1", "0", **options)
        try:
            host, _, port = self.line().decode().removeprefix("listening on ").strip().rpartition(":")
            self.address = (host, int(port))
        except BaseException:
            self.__exit__()
            raise


def sanitizers_under_strace():
    """The environment for a program that strace watches, where LeakSanitizer cannot work."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {**os.environ, "ASAN_OPTIONS": (options + ":" if options else "") + "detect_leaks=0"}


def connect(address):
    return socket.create_connection(address, SECONDS)


def receive(sock, size):
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise AssertionError(f"the stream ended after {bytes(data)!r}")
        data += piece
    return bytes(data)


def echo(sock, data=b"hello"):
    """Sends, and returns what comes back."""
    sock.sendall(data)
    return receive(sock, len(data))


def reset(sock):
    """Closes so that the peer gets a reset, not an end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def refused(address):
    """Whether nobody listens there."""
    try:
        connect(address).close()
    except ConnectionRefusedError:
        return True
    return False


def run(*command, stdin=b"", **options):
    """Runs a program to its end: its exit status, output and errors."""
    ended = subprocess.run(command, input=stdin, capture_output=True, timeout=SECONDS, check=False, **options)
    return ended.returncode, ended.stdout, ended.stderr
