# SPDX-License-Identifier: MIT
"""One run: a server is started on a core of its own choice, loaded, and ended."""
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys

import peers

LOAD = os.path.join(peers.BIN, "rill_load")
SECONDS_MAX = 120


class Failed(Exception):
    """A run without figures: the load refused, or the server ended."""


def raise_limits():
    """As many descriptors as one may have: thousands of connections need them, in both processes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pinned(core, first=False):
    """For Popen: the child stays on a core. None: anywhere. With `first` it runs before all that is not real-time (sched(7)), so that the
    times that pass are its own, also where others compile."""
    def settle():
        if core is not None:
            os.sched_setaffinity(0, {core})
        if first:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))
    return settle


class Server:
    """A server that runs; `address` is where it listens. Ends with its `with`, by SIGTERM, and if need be by SIGKILL."""

    def __init__(self, peer, arguments=(), core=None, before=(), environment=None, first=False):
        command = [*before, *peer.command(), "0", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=pinned(core, first),
                                        env={**os.environ, **(environment or {})})
        self.pid = self.process.pid
        self.address = self.process.stdout.readline().strip()
        if ":" not in self.address:
            self.end()
            raise Failed(f"{peer.name} did not start")

    def port(self):
        return int(self.address.rpartition(":")[2])

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def proxy_source():
    """Where the load listens as the source behind a proxy, who must know the port before the load begins."""
    return socket.create_server(("127.0.0.1", 0), backlog=1000)


def load(server, mode, core=None, first=False, source=None, **options):
    """The figures of one run of the load; `source` is the socket that it listens on, behind a proxy."""
    if source:
        options["source"] = source.fileno()
    command = [LOAD, mode, server.address, *(f"{name}={value}" for name, value in options.items())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, preexec_fn=pinned(core, first),
                              pass_fds=[source.fileno()] if source else [])
    except subprocess.TimeoutExpired:
        raise Failed(f"no end of {mode} after {SECONDS_MAX} s") from None
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"the load ended with {done.returncode}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def told(what):
    """Goes on after a run that failed, and says so."""
    try:
        yield
    except Failed as why:
        print(f"failed: {what}: {why}", file=sys.stderr)
