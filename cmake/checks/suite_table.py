#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what the behaviour suite came to on each backend and system, side by side.

suite_table.py [NAME=JUNIT.xml | part:NAME=JUNIT.xml | link:NAME=BUILD_FOLDER]...: a column of results of ctest (`--output-junit`), which
says "not run" where the file is missing; one of a run of some floors only; or a system whose programs were only linked. Fails where a
test failed, or where a column that ran lacks a test of the first one (a part: on the floors that it ran): what a system cannot do is
skipped aloud, never left out. Only what is special about one system need not be elsewhere."""
import pathlib
import sys
import xml.etree.ElementTree

OF_ONE_SYSTEM = ('backend.linux.', 'backend.kqueue.', 'backend.windows.')
FLOORS = ['core', 'backend', 'sync', 'net', 'usage', 'headers']
PROGRAMS = ['tests/*_test', 'tests/*_test.exe', 'tests/usage/usage_*', 'tests/headers/rill_odr*', 'bin/*']


def floor_of(test):
    return test.split('.')[0]


def results_of(path):
    """{name of a test: 'passed', 'skipped' (it says so in its output) or 'failed'}; None where nothing ran."""
    if not path.is_file():
        return None
    results = {}
    for case in xml.etree.ElementTree.parse(path).getroot().iter('testcase'):
        name = case.get('name')
        if floor_of(name) not in FLOORS:
            continue
        output = case.findtext('system-out') or ''
        done = case.get('status') == 'run' and case.find('failure') is None
        results[name] = 'failed' if not done else 'skipped' if 'skipped:' in output else 'passed'
    return results


def rows_of(columns):
    yield ['passed', *columns]
    for floor in FLOORS:
        cells = []
        for results in columns.values():
            mine = None if results is None else [what for name, what in results.items() if floor_of(name) == floor]
            cells.append('not run' if mine is None else str(sum(what != 'failed' for what in mine)) if mine else '-')
        if any(cell not in ('-', 'not run') for cell in cells):
            yield [floor, *cells]
    for title, wanted in (('in all', ('passed', 'skipped')), ('of these, say that they skip a part', ('skipped',)), ('FAILED', ('failed',))):
        yield [title, *('not run' if each is None else str(sum(what in wanted for what in each.values())) for each in columns.values())]


def print_table(rows):
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        print('  '.join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths))))


def complaints(columns, parts):
    ran = {name: results for name, results in columns.items() if results is not None}
    if not ran:
        yield 'nothing ran'
        return
    first = next(iter(ran))
    for name, results in ran.items():
        for test, what in results.items():
            if what == 'failed':
                yield f'{name}: failed: {test}'
        wanted = set(map(floor_of, results)) if name in parts else FLOORS
        for test in sorted(ran[first].keys() - results.keys()):
            if floor_of(test) in wanted and not test.startswith(OF_ONE_SYSTEM):
                yield f'{name}: has no {test}'


def main():
    columns, parts, linked = {}, set(), {}
    for argument in sys.argv[1:]:
        name, path = argument.split('=', 1)
        if name.startswith('link:'):
            folder = pathlib.Path(path)
            linked[name.removeprefix('link:')] = sum(each.is_file() for pattern in PROGRAMS for each in folder.glob(pattern) if not each.name.endswith('.cmake'))
        else:
            if name.startswith('part:'):
                name = name.removeprefix('part:')
                parts.add(name)
            columns[name] = results_of(pathlib.Path(path))
    print_table(list(rows_of(columns)))
    for name, count in linked.items():
        print(f'{name}: {count} programs compiled and linked, not run' if count else f'{name}: not built')
    wrong = list(complaints(columns, parts))
    print('\n'.join(wrong[:40]))
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
