# SPDX-License-Identifier: MIT
"""What a hello-echo translation unit costs to compile at -O0, against the same program on Debian's Asio, in turns, so that
both see the same machine. The least of several runs of each counts, in CPU seconds. Fails past the limit; skips aloud
where Asio is not installed."""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

LIMIT = 0.40
ROUNDS = 12
ROOT = pathlib.Path(__file__).resolve().parents[2]

RILL = """
#include <rill.hpp>

#include <array>
#include <csignal>

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (std::size_t n = co_await client.recv(buffer)) co_await client.send_all(std::span(buffer).first(n));
}

rill::task<> server() {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 13333});
    co_await rill::serve(listener, session);
}

int main() { rill::run(server(), rill::stop_on(SIGINT, SIGTERM)); }
"""


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    compiler = os.environ.get("CXX", "g++")
    asio = ROOT / "benchmarks" / "servers" / "asio_echo.cpp"
    with tempfile.TemporaryDirectory() as folder:
        probe = subprocess.run([compiler, "-std=c++20", "-x", "c++", "-E", "-", "-o", os.devnull],
                               input="#include <asio.hpp>", text=True, stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            print("skipped: Asio is not installed (libasio-dev)")
            return 0
        source = pathlib.Path(folder) / "rill_echo.cpp"
        source.write_text(RILL)
        common = [compiler, "-std=c++20", "-O0", "-c", "-o", os.path.join(folder, "out.o")]
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(cpu_seconds(common + ["-I", str(ROOT / "include"), str(source)]))
            theirs.append(cpu_seconds(common + [str(asio)]))
    ratio = min(ours) / min(theirs)
    print(f"hello-echo at -O0: {min(ours):.2f} s, on Asio {min(theirs):.2f} s, ratio {ratio:.3f} (at most {LIMIT:.2f})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
