# SPDX-License-Identifier: MIT
"""What the tests of the notes' programs share: ours, their twins and the notes' own in note_000/ to note_003/, started and waited for."""
import os
import random
import socket
import sys
import unittest

from programs import FOLDER, SECONDS, Program, path, run, until

ENVIRONMENT = {**os.environ, "PYTHONIOENCODING": "utf-8"}
TCP, UDP = "tcp", "udp"


def ours(note, name):
    """Our program, as a command."""
    return [existing(f"note_{note}_{name}")]


def twin(note, name):
    """The same with blocking sockets."""
    return [existing(f"threaded_{note}_{name}")]


def theirs(note, name):
    """The note's program."""
    return [sys.executable, "-B", "-u", os.path.join(FOLDER, f"note_{note}", name + ".py")]


# These are built only where the system can write GBK, and so is encoding_filter.
NEED_GBK = ("encoding_filter", "encode_decode", "udp_send_receive_gbk", "udp_bind_receive", "tcp_client_gbk", "tcp_server_gbk", "tcp_loop_server")


def existing(name):
    if os.path.exists(path(name)) or os.path.exists(path("encoding_filter")) or not name.endswith(NEED_GBK):
        return path(name)
    raise unittest.SkipTest(f"{name} is not built: the system's iconv cannot write GBK")


def free_port(kind):
    """A port that nobody has, and that the system does not hand out by itself meanwhile."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == TCP else socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(10_000, 32_000)))
            except OSError:
                continue
            return probe.getsockname()[1]


def owns(pid, kind, port):
    """Whether a process listens at, or is bound to, the port of any address."""
    try:
        mine = {os.readlink(f"/proc/{pid}/fd/{each}") for each in os.listdir(f"/proc/{pid}/fd")}
    except OSError:
        return False
    with open(f"/proc/net/{kind}", encoding="ascii") as table:
        for row in map(str.split, list(table)[1:]):
            listens = kind == UDP or row[3] == "0A"
            if listens and row[1].endswith(f":{port:04X}") and f"socket:[{row[9]}]" in mine:
                return True
    return False


class Server(Program):
    """A program that binds to the address that it is given, once it has done so."""

    def __init__(self, command, kind=TCP, cwd=None):
        for _ in range(5):
            self.port = free_port(kind)
            self.address = ("127.0.0.1", self.port)
            super().__init__(*command, "127.0.0.1", str(self.port), env=ENVIRONMENT, cwd=cwd)
            until(lambda: owns(self.pid, kind, self.port) or self.process.poll() is not None, self.describe())
            if self.process.poll() is None:
                break
            self.status()
            self.__exit__()
        # The sanitizers ask by a pipe, which they close at once, whether memory can be read: it is in no more than a reading or two.
        self.at_first = min((self.descriptors() for _ in range(20)), key=len)

    def text(self):
        return bytes(self.output).decode()

    def until_printed(self, text):
        self.wait_for_output(text.encode())

    def until_no_descriptor_is_left(self):
        try:
            until(lambda: self.descriptors() == self.at_first, "descriptors are left")
        except AssertionError:
            raise AssertionError(f"{self.at_first}, but now {self.opened()}: {self.describe()}") from None

    def opened(self):
        return {each: os.readlink(f"/proc/{self.pid}/fd/{each}") for each in self.descriptors()}


def typed(command, *arguments, lines=(), cwd=None):
    """Runs a program with these lines as its input: its exit status and both outputs, as text."""
    text = "".join(each + "\n" for each in lines)
    status, output, errors = run(*command, *map(str, arguments), stdin=text.encode(), env=ENVIRONMENT, cwd=cwd)
    return status, output.decode(), errors.decode()


def udp_socket():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(SECONDS)
    return made
