# SPDX-License-Identifier: MIT
"""User-space instructions of the echo server for each 64-byte echo, counted by callgrind: the slope between two runs, so
that starting and stopping do not count. With a second backend in the binary, which a run-time choice needs to be honest.
Fails past the limit. RILL_BIN_DIR is where server_rill_echo is."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

LIMIT = 221
CONNECTIONS = 50
FEW, MANY = 10_000, 60_000


def instructions(echoes):
    """What the whole server executes in a run with so many echoes."""
    server = os.path.join(os.environ["RILL_BIN_DIR"], "server_rill_echo")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, server]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        host, _, port = process.stdout.readline().rpartition(":")
        clients = [socket.create_connection((host, int(port))) for _ in range(CONNECTIONS)]
        message = b"x" * 64
        for _ in range(echoes // CONNECTIONS):
            for client in clients:
                client.sendall(message)
            for client in clients:
                left = len(message)
                while left:
                    left -= len(client.recv(left))
        for client in clients:
            client.close()
        process.send_signal(signal.SIGTERM)
        _, text = process.communicate(timeout=60)
        if process.returncode != 0:
            raise SystemExit(f"the server ended with {process.returncode}: {text}")
        return int(re.search(r"Collected : (\d+)", text).group(1))


def main():
    # One core for both: the server then finds all that the clients have sent, and the turns of its loop count least.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    slope = (instructions(MANY) - instructions(FEW)) / (MANY - FEW)
    print(f"user instructions per echo of 64 B at {CONNECTIONS} connections: {slope:.1f} (at most {LIMIT})")
    return 0 if slope <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
