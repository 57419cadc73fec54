# SPDX-License-Identifier: MIT
"""Writes programs into a few sources, each program in a namespace of its own, so that clang-tidy reads the headers once a source instead of
once a program: grouped.py <folder> <count> <program.cpp>... prints the sources that it wrote, beside a compilation database. What the programs
include comes first, and each header only once, so that nothing but a program's own lines is in its namespace."""
import json
import os
import re
import sys


INCLUDE = re.compile(r'^(#\s*include\s+([<"].*[>"]).*)$', re.MULTILINE)


def included(path, text):
    for _, name in INCLUDE.findall(text):
        beside = os.path.abspath(os.path.join(os.path.dirname(path), name[1:-1]))
        yield f'"{beside}"' if name.startswith('"') and os.path.exists(beside) else name


def source(paths):
    """The programs' own text and no #include of it, for the analyzer looks at nothing but functions of the source itself."""
    texts = {path: open(path, encoding="utf-8").read() for path in paths}
    headers = {name: None for path, text in texts.items() for name in included(path, text)}
    lines = [f"#include {name}" for name in headers]
    for number, (path, text) in enumerate(texts.items()):
        lines += [f"namespace program_{number} {{", f"// {path}", INCLUDE.sub(r"// \1", text), "}"]
    return "\n".join(lines) + "\n"


def main(folder, count, *programs):
    os.makedirs(folder, exist_ok=True)
    commands = []
    for number in range(int(count)):
        path = os.path.join(folder, f"group_{number}.cpp")
        with open(path, "w", encoding="utf-8") as out:
            out.write(source(programs[number::int(count)]))
        commands.append({"directory": os.getcwd(), "file": path, "arguments": ["clang++", "-std=c++20", "-Iinclude", "-Itests", "-c", path]})
        print(path)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as out:
        json.dump(commands, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
