# SPDX-License-Identifier: MIT
"""The servers that are measured: how each is called, started and obtained. The first of each kind is the bare loop that all others
of its kind are compared with."""
import os
import shutil
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("RILL_BIN_DIR", os.path.join(FOLDER, "../build/release/bin"))

BUILD = "cmake --preset release -DRILL_BUILD_BENCHMARKS=ON && cmake --build --preset release --target rill_all_servers"


class Peer:
    def __init__(self, name, kind, label, package=None, native=True):
        self.name = name          # of its program
        self.kind = kind          # echo, datagrams, files or proxy
        self.label = label        # in tables
        self.package = package    # what installs what it needs
        self.native = native      # valgrind can run it, and its allocations are those of the C library
        self.script = os.path.join(FOLDER, "servers", name + ".py")

    def command(self):
        """What starts it, without its arguments; None where it is not built."""
        if os.path.exists(self.script):
            return [sys.executable, "-B", self.script]
        program = os.path.join(BIN, "server_" + self.name)
        return [program] if os.path.exists(program) else None

    def how_to_get(self):
        return (f"install what it needs (`{self.package}`), then " if self.package else "") + f"`{BUILD}`"


ASIO, UV = "apt-get install libasio-dev", "apt-get install libuv1-dev"
CARGO, GO = "apt-get install cargo", "apt-get install golang-go"

PEERS = [
    Peer("epoll_echo", "echo", "bare epoll loop"),
    Peer("rill_echo", "echo", "**rill**"),
    Peer("rill_lent_echo", "echo", "rill, lent buffers"),
    Peer("rill_readable_echo", "echo", "rill, `readable()`"),
    Peer("uv_echo", "echo", "libuv", UV),
    Peer("tokio_echo", "echo", "tokio", CARGO),
    Peer("asio_callback_echo", "echo", "Asio, callbacks", ASIO),
    Peer("asio_echo", "echo", "Asio, coroutines", ASIO),
    Peer("go_echo", "echo", "Go", GO, native=False),
    Peer("thread_pool_echo", "echo", "four threads at one epoll"),
    Peer("thread_echo", "echo", "a thread a client"),
    Peer("asyncio_echo", "echo", "Python's asyncio", native=False),
    Peer("epoll_datagrams", "datagrams", "bare epoll loop"),
    Peer("epoll_many_datagrams", "datagrams", "bare epoll loop, recvmmsg"),
    Peer("rill_datagrams", "datagrams", "**rill**"),
    Peer("rill_many_datagrams", "datagrams", "**rill**, many at a time"),
    Peer("blocking_datagrams", "datagrams", "blocking recvfrom"),
    Peer("uv_datagrams", "datagrams", "libuv", UV),
    Peer("tokio_datagrams", "datagrams", "tokio", CARGO),
    Peer("asio_datagrams", "datagrams", "Asio, coroutines", ASIO),
    Peer("go_datagrams", "datagrams", "Go", GO, native=False),
    Peer("asyncio_datagrams", "datagrams", "Python's asyncio", native=False),
    Peer("epoll_files", "files", "sendfile and bare epoll"),
    Peer("rill_files", "files", "**rill**"),
    Peer("uv_files", "files", "libuv, `uv_fs_sendfile`", UV),
    Peer("tokio_files", "files", "tokio, `io::copy`", CARGO),
    Peer("asio_files", "files", "Asio, read and write", ASIO),
    Peer("go_files", "files", "Go, `io.Copy`", GO, native=False),
    Peer("epoll_proxy", "proxy", "bare epoll loop"),
    Peer("rill_proxy", "proxy", "**rill**"),
    Peer("uv_proxy", "proxy", "libuv", UV),
    Peer("tokio_proxy", "proxy", "tokio, `copy_bidirectional`", CARGO),
    Peer("asio_proxy", "proxy", "Asio, coroutines", ASIO),
    Peer("go_proxy", "proxy", "Go, `io.Copy`, which splices", GO, native=False),
]


def of_kind(kind, names=()):
    """The peers of a kind that are here, of those that are named; says which are not here, and how to get them."""
    chosen = [each for each in PEERS if each.kind == kind and (not names or each.name in names or "epoll" in each.name)]
    for each in chosen:
        if each.command() is None:
            print(f"skipped {each.name}: {each.how_to_get()}", file=sys.stderr)
    return [each for each in chosen if each.command() is not None]


def tool(name, package):
    """The path of a program of the system; says how to get it where it is missing."""
    found = shutil.which(name)
    if found is None:
        print(f"skipped what {name} counts: `apt-get install {package}`", file=sys.stderr)
    return found
