#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that tests/upstream_cases.md names only tests that exist: each row has a title of ours, or `-` and a reason."""
import re
import sys

from sources import root_from_arguments

LITERALS = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
PYTHON = re.compile(r'^\s+def (test_\w+)\(', re.MULTILINE)


def titles_under(tests):
    """The titles of all C++ tests, and the names of all Python tests."""
    found = set()
    for file in tests.rglob('*_test.cpp'):
        for literals in LITERALS.findall(file.read_text(encoding='utf-8')):
            found.add(''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)))
    for file in tests.rglob('*_test.py'):
        found.update(PYTHON.findall(file.read_text(encoding='utf-8')))
    return found


def complaints_about(table, titles):
    wrong, rows = [], 0
    for number, line in enumerate(table.splitlines(), 1):
        if not line.startswith('|') or line.startswith('|---') or line.startswith('| upstream '):
            continue
        rows += 1
        cells = [each.strip() for each in line.strip().strip('|').split('|')]
        if len(cells) != 2 or not all(cells):
            wrong.append((number, 'a row has two cells'))
        elif cells[1].startswith('-'):
            if len(cells[1]) < 10:
                wrong.append((number, 'a case that does not apply has a reason'))
        else:
            wrong += [(number, f'there is no test "{each.strip()}"') for each in cells[1].split(';') if each.strip() not in titles]
    return wrong, rows


def main():
    tests = root_from_arguments(__doc__) / 'tests'
    table = tests / 'upstream_cases.md'
    wrong, rows = complaints_about(table.read_text(encoding='utf-8'), titles_under(tests))
    for number, what in wrong:
        print(f'tests/upstream_cases.md:{number}: {what}')
    print(f'{rows} rows: {len(wrong)} complaints')
    return 1 if wrong or rows == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
