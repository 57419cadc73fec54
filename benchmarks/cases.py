# SPDX-License-Identifier: MIT
"""What is measured. A case is a load, the size of the servers' buffers, and which figure of it is compared."""


class Case:
    def __init__(self, name, label, kind, mode, figure="cpu_us", buffer=None, apart=False, **options):
        self.name = name
        self.label = label      # in tables
        self.kind = kind        # of servers
        self.mode = mode        # of the load
        self.figure = figure    # what is compared
        self.buffer = buffer    # bytes; None: the servers' own choice
        self.apart = apart      # server and load on two cores: what is measured is a time, not CPU
        self.options = options


# Large messages meet a buffer that is larger than one of them, or a read that exactly fills it would be followed by one that finds nothing.
LARGE = 64 * 1024

CASES = [
    Case("echo_1", "1 × 64 B", "echo", "closed", connections=1),
    Case("echo_50", "50 × 64 B", "echo", "closed", connections=50),
    Case("echo_1000", "1 000 × 64 B", "echo", "closed", connections=1000),
    Case("echo_8000", "8 000 × 64 B", "echo", "closed", connections=8000),
    Case("echo_16k", "50 × 16 KiB", "echo", "closed", buffer=LARGE, connections=50, bytes=16 * 1024),
    Case("echo_1m", "50 × 1 MiB", "echo", "closed", buffer=LARGE, connections=50, bytes=1024 * 1024),
    Case("echo_deep", "50 × 64 B, 16 outstanding", "echo", "closed", connections=50, outstanding=16),
    Case("churn", "connect, echo, close", "echo", "churn", connections=20),
    Case("storm", "1 000 at once", "echo", "storm", connections=1000),
    Case("udp_1", "UDP 64 B, 1 outstanding", "datagrams", "datagrams", connections=1, outstanding=1),
    Case("udp_16", "UDP 64 B, 16 outstanding", "datagrams", "datagrams", connections=1, outstanding=16),
    Case("files", "files of 10 MiB", "files", "download", connections=4),
    Case("proxy", "through a proxy, a MiB", "proxy", "through", buffer=LARGE, connections=4),
    Case("proxy_slow", "50 slow readers", "proxy", "slow_reader", figure="bytes_each", buffer=LARGE, connections=50, bytes=16 * 1024, rate=100),
    Case("open", "50 × 64 B at 20 000 a second", "echo", "open", figure="p99.9_us", apart=True, connections=50, rate=20000),
    Case("beside", "the same beside one that is always ready", "echo", "open", figure="p99.9_us", apart=True, connections=50, rate=20000, flood=1),
]
DEFAULT = [each.name for each in CASES]
FILE_BYTES = 10 * 1024 * 1024


def named(names):
    known = {each.name: each for each in CASES}
    return [known[name] for name in names]
