# SPDX-License-Identifier: MIT
"""What a hello-echo with the whole library makes a compiler do, in figures that no other load on the machine changes:
lines after the preprocessor, memory, functions in the object at -O0. How long that takes, beside Asio, is measured by
benchmarks/compile_time.py."""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
from compile_time import hello_echo  # noqa: E402

LINES_MAX = 85_000
MEMORY_MAX_MIB = 160
FUNCTIONS_MAX = 700


def main():
    compiler = os.environ.get("CXX", "g++")
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "echo.cpp")
        made = os.path.join(folder, "echo.o")
        pathlib.Path(source).write_text(hello_echo(["rill.hpp"]))
        common = [compiler, "-std=c++20", "-O0", "-I", str(ROOT / "include"), source]
        subprocess.run(common + ["-c", "-o", made], check=True)
        memory_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        text = subprocess.run(common + ["-E"], check=True, capture_output=True, text=True).stdout
        symbols = subprocess.run(["nm", "-C", "--defined-only", made], check=True, capture_output=True, text=True).stdout
    lines = len(text.splitlines())
    names = {name for _, kind, name in (line.split(None, 2) for line in symbols.splitlines()) if kind in "tTwW"}
    found = [("preprocessed lines", lines, LINES_MAX), ("MiB of the compiler", round(memory_mib), MEMORY_MAX_MIB),
             ("functions", len(names), FUNCTIONS_MAX)]
    for what, now, most in found:
        print(f"a hello-echo with rill.hpp: {now} {what} (at most {most})")
    return 1 if any(now > most for _, now, most in found) else 0


if __name__ == "__main__":
    sys.exit(main())
