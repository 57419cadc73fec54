# SPDX-License-Identifier: MIT
"""What a hello-echo costs to compile at -O0, against the same program on Debian's Asio, in turns, so that both see the
same machine: with the whole library, and with only the headers that it needs. The least of several runs of each counts,
in CPU seconds. The figures to reach are shown beside those that were; a missed one is said to be missed."""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

ROUNDS = 12
ROOT = pathlib.Path(__file__).resolve().parents[1]

HEADERS = {
    "rill.hpp": (["rill.hpp"], 0.40),
    "the headers that it needs": (["rill/core/run.hpp", "rill/net/serve.hpp"], 0.35),
}

ECHO = """
#include <array>
#include <csignal>
#include <span>

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


def hello_echo(headers):
    return "".join(f"#include <{each}>\n" for each in headers) + ECHO


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    compiler = os.environ.get("CXX", "g++")
    asio = ROOT / "benchmarks" / "servers" / "asio_echo.cpp"
    probe = subprocess.run([compiler, "-std=c++20", "-x", "c++", "-E", "-", "-o", os.devnull],
                           input="#include <asio.hpp>", text=True, stderr=subprocess.DEVNULL)
    if probe.returncode != 0:
        print("skipped: Asio is not installed (libasio-dev)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        common = [compiler, "-std=c++20", "-O0", "-c", "-o", os.path.join(folder, "out.o"), "-I", str(ROOT / "include")]
        sources = {}
        for name, (headers, _) in HEADERS.items():
            sources[name] = os.path.join(folder, f"echo_{len(sources)}.cpp")
            pathlib.Path(sources[name]).write_text(hello_echo(headers))
        seconds = {name: [] for name in ("Asio", *sources)}
        for _ in range(ROUNDS):
            seconds["Asio"].append(cpu_seconds(common + [str(asio)]))
            for name, source in sources.items():
                seconds[name].append(cpu_seconds(common + [source]))
    theirs = min(seconds["Asio"])
    print(f"hello-echo at -O0 on Asio: {theirs:.2f} s")
    for name, (_, target) in HEADERS.items():
        ratio = min(seconds[name]) / theirs
        verdict = "reached" if ratio <= target else "MISSED"
        print(f"with {name}: {min(seconds[name]):.2f} s, {ratio:.3f} of that; to reach: {target:.2f}, {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
