# SPDX-License-Identifier: MIT
"""Measures the servers, and prints tables of ratios to the bare epoll loop.

    python3 benchmarks/run.py                                    # everything, some twenty minutes
    python3 benchmarks/run.py --cases echo_50 churn --servers rill_echo uv_echo --rounds 7
    python3 benchmarks/run.py --tables benchmarks/results.json   # the tables of figures that were stored

Server and load share one core, and what is compared is the CPU time of the server for each echo: on two cores the same program falls into a
fast or a slow mode, and the load is what limits it. Servers take turns, round by round; a ratio is one within a round; the median of the
rounds counts. The servers must be built: cmake --preset release -DRILL_BUILD_BENCHMARKS=ON, then the target rill_all_servers.
RILL_BIN_DIR is where they are, unless in build/release/bin."""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import cases
import counts
import measure
import peers
import tables


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as text:
        return next((line.split(":")[1].strip() for line in text if line.startswith("model name")), platform.machine())


def describe_machine():
    return {"date": datetime.date.today().isoformat(), "compiler": first_line([os.environ.get("CXX", "g++"), "--version"]),
            "kernel": platform.release(), "processor": processor(), "command": "python3 benchmarks/run.py " + " ".join(sys.argv[1:])}


def measure_case(case, peer, wanted, file):
    """One run of one server; None if it failed."""
    options = dict(case.options, milliseconds=wanted.milliseconds)
    if case.kind == "files":
        options["file"] = file
    first = wanted.first and case.apart
    if first:
        time.sleep(1)  # the kernel takes a twentieth of each second from real-time programs, in one piece: sched(7)
    with measure.told(f"{peer.name}, {case.label}"), source_of(case) as source:
        with measure.Server(peer, server_arguments(case, file, source), wanted.core, first=first) as server:
            core = other_core(wanted.core) if case.apart else wanted.core
            return measure.load(server, case.mode, core, first, source, pid=server.pid, **options)
    return None


def source_of(case):
    return measure.proxy_source() if case.kind == "proxy" else contextlib.nullcontext()


def server_arguments(case, file, source):
    """Behind the port."""
    if case.kind == "files":
        return [file]
    if case.kind == "proxy":
        return [case.buffer, source.getsockname()[1]]
    return [case.buffer] if case.buffer else []


def other_core(core):
    """Where the load goes when it is not to share the server's core."""
    return next((each for each in sorted(os.sched_getaffinity(0)) if each != core), core)


def measure_rounds(wanted, results, file):
    for turn in range(wanted.rounds):
        for case in cases.named(wanted.cases):
            all_peers = [each for each in peers.of_kind(case.kind, wanted.servers) if each.name not in hopeless(results, case)]
            at = turn % len(all_peers)  # nobody is always the one behind the same neighbour
            for peer in all_peers[at:] + all_peers[:at]:
                figures = measure_case(case, peer, wanted, file)
                results["cases"].setdefault(case.name, {}).setdefault(peer.name, []).append(figures)
            print(f"round {turn + 1} of {wanted.rounds}: {case.label}", file=sys.stderr, flush=True)


def hopeless(results, case):
    """Who has failed twice in a case, and is not asked again."""
    return [name for name, rounds in results["cases"].get(case.name, {}).items() if rounds.count(None) >= 2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", choices=cases.DEFAULT, default=cases.DEFAULT, metavar="case", help=", ".join(cases.DEFAULT))
    parser.add_argument("--servers", nargs="*", choices=[each.name for each in peers.PEERS], default=[], metavar="server",
                        help="beside the bare loop; all unless given: " + ", ".join(each.name for each in peers.PEERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=1000, help="that are measured of each run")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--first", action="store_true",
                        help="latencies with real-time priority (SCHED_FIFO, for which one must be root): not those of other programs")
    parser.add_argument("--no-counts", action="store_true", help="no system calls, instructions, allocations and memory")
    parser.add_argument("--store", type=pathlib.Path, help="a JSON file for all figures")
    parser.add_argument("--tables", type=pathlib.Path, help="measure nothing: print the tables of such a file")
    return parser.parse_args()


def main():
    wanted = arguments()
    if wanted.tables:
        print(tables.all_tables(json.loads(wanted.tables.read_text(encoding="utf-8"))))
        return 0
    if not os.path.exists(measure.LOAD):
        print(f"there is no {measure.LOAD}: build it by `{peers.BUILD}`", file=sys.stderr)
        return 1
    measure.raise_limits()
    results = {"machine": describe_machine(), "rounds": wanted.rounds, "cases": {}, "counts": {}}
    with tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(cases.FILE_BYTES))
        file.flush()
        measure_rounds(wanted, results, file.name)
    if not wanted.no_counts:
        for peer in peers.of_kind("echo", wanted.servers):
            results["counts"][peer.name] = counts.all_counts(peer, wanted.core)
            print(f"counted {peer.name}", file=sys.stderr, flush=True)
    if wanted.store:
        wanted.store.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(tables.all_tables(results))
    print("; ".join(results["machine"].values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
