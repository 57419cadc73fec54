#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the README shows what is tested: each piece of C++ in it, up to an empty line, stands in tests/net/readme_test.cpp, letter by letter
but for layout and comments; a whole program is built and run by tests/consume. And its figures and files are there, and its two commands come first."""
import re
import sys

from sources import root_from_arguments

FIRST_COMMANDS = ['cmake -P cmake/demo.cmake', 'cmake -P cmake/test.cmake']


def without_layout(text):
    return re.sub(r'\s+', '', re.sub(r'(?m)(^|\s)//.*', '', text))


def snippets(readme):
    """(line, text) of each piece of C++, programs left out."""
    for block in re.finditer(r'^```cpp\n(.*?)^```', readme, re.MULTILINE | re.DOTALL):
        if 'int main' in block.group(1):
            continue
        line = readme.count('\n', 0, block.start(1)) + 1
        for piece in re.split(r'\n\n', block.group(1).rstrip('\n')):
            yield line, piece
            line += piece.count('\n') + 2


def complaints(root):
    readme = (root / 'README.md').read_text(encoding='utf-8')
    tested = without_layout((root / 'tests/net/readme_test.cpp').read_text(encoding='utf-8'))
    for line, piece in snippets(readme):
        if without_layout(piece) not in tested:
            yield line, f'no test has: {piece.strip().splitlines()[0]} ...'
    prose = re.sub(r'^```.*?^```', lambda block: '\n' * block.group().count('\n'), readme, flags=re.MULTILINE | re.DOTALL)
    for place in re.finditer(r'`((?:include|tests|examples|benchmarks|cmake|documentation|\.ci|\.github)/[^`\s*]*?)(?::[^`]*)?`|\]\((?!http)([^)#]+)\)|src="(?!http)([^"]+)"', prose):
        name = next(filter(None, place.groups()))
        if not (root / name).exists():
            yield prose.count('\n', 0, place.start()) + 1, f'there is no {name}'
    commands = re.findall(r'^    (\S.*)', prose, re.MULTILINE)
    if commands[:2] != FIRST_COMMANDS:
        yield 1, f'the first two commands are {commands[:2]}, not {FIRST_COMMANDS}'


def main():
    root = root_from_arguments(__doc__)
    wrong = list(complaints(root))
    for line, what in wrong:
        print(f'README.md:{line}: {what}')
    count = len(list(snippets((root / 'README.md').read_text(encoding='utf-8'))))
    print(f'{count} pieces of C++: {len(wrong)} complaints')
    return 1 if wrong or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
