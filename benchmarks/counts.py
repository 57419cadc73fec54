# SPDX-License-Identifier: MIT
"""What an echo costs in figures that do not depend on the machine's mood: system calls, instructions in user space, allocations; and the
memory of a connection that does nothing."""
import re
import subprocess
import sys
import tempfile

import measure
import peers

CONNECTIONS = 50
FEW, MANY = 10_000, 60_000


def system_calls(peer, core):
    """For each echo, by the tracepoint raw_syscalls:sys_enter; where that may not be used, by strace, which slows the server, so that it
    finds more at a time than it would: (count, by what)."""
    with measure.Server(peer, core=core) as server:
        try:
            return measure.load(server, "closed", core, connections=CONNECTIONS, pid=server.pid, calls=1)["calls"], "tracepoint"
        except measure.Failed as why:
            if "perf_event_open" not in str(why) and "tracepoint" not in str(why):
                raise
            print(f"{peer.name}: no tracepoint here ({why}): counted by strace", file=sys.stderr)
    strace = peers.tool("strace", "strace")
    return (_calls_by_strace(strace, peer, core), "strace") if strace else (None, None)


def _calls_by_strace(strace, peer, core):
    def calls(echoes):
        with tempfile.NamedTemporaryFile("r") as out, measure.Server(peer, core=core) as server:
            tracer = subprocess.Popen([strace, "-c", "-f", "-o", out.name, "-p", str(server.pid)], stderr=subprocess.PIPE, text=True)
            tracer.stderr.readline()  # attached
            measure.load(server, "closed", core, connections=CONNECTIONS, echoes=echoes)
            server.end()
            tracer.communicate(timeout=30)
            return int(re.search(r"(\d+)\s+(?:\d+\s+)?total", out.read()).group(1))

    return (calls(MANY) - calls(FEW)) / (MANY - FEW)


def instructions(valgrind, peer, core):
    """In user space for each echo, by callgrind: the slope between two runs, so that starting, connecting and ending do not count."""
    def executed(echoes):
        with tempfile.TemporaryDirectory() as folder:
            log = f"{folder}/log"
            before = [valgrind, "--tool=callgrind", f"--callgrind-out-file={folder}/out", f"--log-file={log}"]
            with measure.Server(peer, core=core, before=before) as server:
                measure.load(server, "closed", core, connections=CONNECTIONS, echoes=echoes)
                server.end()
            with open(log, encoding="utf-8") as text:
                found = re.search(r"Collected : (\d+)", text.read())
            if not found:
                raise measure.Failed("callgrind did not say what it counted")
            return int(found.group(1))

    return (executed(MANY) - executed(FEW)) / (MANY - FEW)


def allocations(peer, core):
    """Calls of malloc and its kind: (for each echo, for each connection that comes and goes beside those), when all is warm."""
    library = f"{peers.BIN}/librill_count_allocations.so"
    with tempfile.NamedTemporaryFile("r+b") as counter:
        counter.write(bytes(8))
        counter.flush()

        def so_far():
            counter.seek(0)
            return int.from_bytes(counter.read(8), sys.byteorder)

        environment = {"LD_PRELOAD": library, "RILL_ALLOCATIONS": counter.name}
        with measure.Server(peer, core=core, environment=environment) as server:
            def during(mode, **options):
                before = so_far()
                measure.load(server, mode, core, connections=10, **options)
                return so_far() - before

            during("closed", echoes=2_000)
            an_echo = (during("closed", echoes=12_000) - during("closed", echoes=2_000)) / 10_000
            during("churn", echoes=1_000)
            a_connection = (during("churn", echoes=3_000) - during("churn", echoes=1_000)) / 2_000
    return an_echo, max(a_connection - an_echo, 0.0)


def idle_memory(peer, core, connections):
    """Resident bytes for each connection that has had one echo and does nothing."""
    with measure.Server(peer, core=core) as server:
        return measure.load(server, "idle", core, connections=connections, pid=server.pid)["bytes_each"]


def all_counts(peer, core):
    """A row of the table: what could not be counted is not in it."""
    row = {}
    with measure.told(f"{peer.name}: system calls"):
        row["calls"], row["calls_by"] = system_calls(peer, core)
    valgrind = peers.tool("valgrind", "valgrind") if peer.native else None
    if valgrind:
        with measure.told(f"{peer.name}: instructions"):
            row["instructions"] = instructions(valgrind, peer, core)
    if peer.native:
        with measure.told(f"{peer.name}: allocations"):
            row["allocations_echo"], row["allocations_connection"] = allocations(peer, core)
    with measure.told(f"{peer.name}: memory of 10 000 idle connections"):
        row["idle_10000"] = idle_memory(peer, core, 10_000)
    if peer.name.startswith("rill"):
        with measure.told(f"{peer.name}: memory of 18 000 idle connections"):
            row["idle_18000"] = idle_memory(peer, core, 18_000)
    return row
