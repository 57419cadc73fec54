# SPDX-License-Identifier: MIT
"""A source file that includes rill.hpp and uses nothing of it must have no code of it. A virtual function that is defined
outside its class without `inline` inside the class makes its class's table, and all that hangs on it, part of each file."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    compiler = os.environ.get("CXX", "g++")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "unused.cpp"
        source.write_text("#include <rill.hpp>\n")
        made = os.path.join(folder, "unused.o")
        subprocess.run([compiler, "-std=c++20", "-O0", "-I", str(ROOT / "include"), "-c", str(source), "-o", made], check=True)
        symbols = subprocess.run(["nm", "-C", "--defined-only", made], check=True, capture_output=True, text=True).stdout
    ours = [line for line in symbols.splitlines() if "rill::" in line]
    print(f"an unused rill.hpp leaves {len(ours)} symbols of rill in the object (at most 0)")
    print("\n".join(ours[:10]))
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
