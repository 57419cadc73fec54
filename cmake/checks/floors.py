#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the laws of the house on every header: which floor includes which, where platforms may show, names, macros, the first lines."""
import posixpath
import re
import sys

from sources import code_of, headers, line_of, root_from_arguments

# From the bottom. The contract is data without a platform, though it stands in the folder of the backends.
FLOORS = ['contract', 'core', 'backend', 'sync', 'net', 'umbrella']
CONTRACT = {'rill/config.hpp', 'rill/backend/durations.hpp', 'rill/backend/contract.hpp', 'rill/backend/operation.hpp', 'rill/backend/plain_calls.hpp', 'rill/backend/address.hpp', 'rill/backend/kernel_room.hpp'} | {
    f'rill/backend/{system}_{what}.hpp' for system in ('posix', 'windows') for what in ('kernel_room', 'errors', 'atomic_wait')}
# They choose between those: a small difference of the systems that the contract, or core, can't do without.
CHOOSERS = {'rill/backend/kernel_room.hpp', 'rill/backend/system_category.hpp', 'rill/backend/atomic_wait.hpp'}
CONTRACT |= CHOOSERS
EXCEPTIONS = {('rill/core/io_context.hpp', 'rill/backend/default_backend.hpp')}
STANDARD_PARTS = {('rill/backend/durations.hpp', 'bits/chrono.h')}  # of the standard library, not of the system

HEAVY_HEADERS = {'iostream', 'regex', 'functional', 'format', 'filesystem', 'map'}
PLATFORM_MACROS = re.compile(
    r'\b(_WIN32|_WIN64|WIN32|__(?:gnu_)?linux(?:__)?|__unix(?:__)?|__APPLE__|__MACH__|__(?:Free|Net|Open)BSD__|__DragonFly__|__sun'
    r'|__CYGWIN__|__MSYS__|__MINGW(?:32|64)__|__ANDROID__|__BIONIC__|__(?:G|U)LIBC__|_AIX|__hpux|__HAIKU__|__QNX(?:NTO)?__|__Fuchsia__'
    r'|__EMSCRIPTEN__|__wasi__|TARGET_OS_\w+|TargetConditionals|BSD4_\d|_POSIX_VERSION|_XOPEN_VERSION)\b')
CONDITIONAL = re.compile(r'^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b(.*)$')
DRAWERS = {'detail', 'impl', 'util', 'base', 'helper', 'manager', 'common'}
MACROS_MAX = 10
SYSTEM_SWITCHES = {'NOMINMAX', 'WIN32_LEAN_AND_MEAN', '_WIN32_WINNT', 'WINVER', '_GNU_SOURCE', 'FAR', 'NEAR'}  # of system headers: backends only

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]|__has_include\s*\(\s*([<"])([^>"]+)[>"]', re.MULTILINE)
NAMED = re.compile(r'\b(?:namespace|class|struct|union|enum|concept|using)\s+(?:class\s+|struct\s+)?(?:inline\s+)?([A-Za-z_][\w:]*)')
DEFINE = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(\w+)', re.MULTILINE)


def floor_of(header):
    if header in CONTRACT:
        return 'contract'
    parts = header.split('/')
    return 'umbrella' if len(parts) < 3 else parts[1]


def drawers_in(name):
    return {part for part in re.split(r'[\W_]+', name) if part in DRAWERS or part.rstrip('s') in DRAWERS}


def target_of(header, name, known):
    """The header of ours that an include means, or None for one of the standard library or the system."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(header), name))
    return next((path for path in (beside, name) if path in known), None)


def include_complaints(header, code, known):
    floor = floor_of(header)
    for match in INCLUDE.finditer(code):
        name = match.group(2) or match.group(4)
        target = target_of(header, name, known)
        where = line_of(code, match.start())
        if target is None and (name.startswith('rill') or name.endswith('.hpp')):
            yield where, f'<{name}> is no header of rill'
        elif target is None and name in HEAVY_HEADERS:
            yield where, f'<{name}> costs every user too much compile time'
        elif (target is None and floor != 'backend' and not re.fullmatch(r'[a-z_0-9]+', name)
              and (header, name) not in STANDARD_PARTS):
            yield where, f'<{name}> is a system header: only a backend may include it'
        elif target and (header, target) not in EXCEPTIONS and FLOORS.index(floor_of(target)) > FLOORS.index(floor):
            yield where, f'{floor} includes {floor_of(target)}, which is above it: <{target}>'


def conditional_complaints(code):
    """In a backend, a conditional that asks for the platform chooses a file: nothing but directives stands inside it."""
    inside = []  # of each open conditional, the platform that it asks for, or None
    for where, line in enumerate(code.splitlines(), 1):
        found = CONDITIONAL.match(line)
        if found and found.group(1).startswith('if'):
            inside.append(None)
        if found and inside and (asked := PLATFORM_MACROS.search(found.group(2))):
            inside[-1] = asked.group()
        if found and found.group(1) == 'endif' and inside:
            inside.pop()
        asked = next(filter(None, inside), None)
        if asked and line.strip() and not line.lstrip().startswith('#'):
            yield where, f'a conditional on {asked} chooses a line: it may only choose a file'
            return


def complaints_about(header, text, known):
    code = code_of(text)
    if floor_of(header) not in FLOORS:
        yield 1, f'stands on no floor: there are {", ".join(FLOORS)}'
        return
    if text.splitlines()[:2] != ['// SPDX-License-Identifier: MIT', '#pragma once']:
        yield 1, 'does not begin with its SPDX line and `#pragma once`'
    for word in sorted(drawers_in(header.removesuffix('.hpp'))):
        yield 1, f'"{word}" in a path says nothing: name the idea'
    yield from include_complaints(header, code, known)
    if floor_of(header) != 'backend' and header not in CHOOSERS:
        for match in PLATFORM_MACROS.finditer(code):
            yield line_of(code, match.start()), f'{match.group()} asks for the platform outside of backend/'
    else:
        yield from conditional_complaints(code)
    for match in NAMED.finditer(code):
        for word in sorted(drawers_in(match.group(1))):
            yield line_of(code, match.start()), f'"{word}" in {match.group(1)} says nothing: name the idea'


def macro_complaints(header, text):
    """Complaints, and the macros that count."""
    code, names, wrong = code_of(text), set(), []
    for match in DEFINE.finditer(code):
        name = match.group(1)
        if floor_of(header) == 'backend' and name in SYSTEM_SWITCHES:
            continue
        names.add(name)
        if header != 'rill/config.hpp':
            wrong.append((line_of(code, match.start()), f'macro {name}: macros stand in rill/config.hpp'))
    return wrong, names


def main():
    root = root_from_arguments(__doc__)
    texts = headers(root)
    if not texts:
        sys.exit(f'no headers in {root}/include')
    wrong, macros = [], set()
    for header, text in texts.items():
        about_macros, names = macro_complaints(header, text)
        macros |= names
        wrong += [f'include/{header}:{line}: {what}' for line, what in sorted([*complaints_about(header, text, texts), *about_macros])]
    if len(macros) > MACROS_MAX:
        wrong.append(f'{len(macros)} macros, and {MACROS_MAX} are enough: {", ".join(sorted(macros))}')
    outside = sum(floor_of(header) != 'backend' for header in texts)
    print('\n'.join(wrong + [f'looked for platforms and system headers in {outside} headers outside of backend/',
                             f'{len(texts)} headers, {len(macros)} macros: {len(wrong)} complaints']))
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
