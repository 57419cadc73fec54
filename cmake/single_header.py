#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the whole library as one header: `single_header.py OUTPUT`, which is then included as `rill.hpp`.

Each header of ours stands in it once, in the order in which it is needed; what only some systems include, between an `#if` with all
systems that do. System includes stand on top, but for those of Windows, which are made to stand in an order of their own."""
import argparse
import itertools
import pathlib
import posixpath
import re

# What tells the systems apart: each defines one of these, and what defines none is a BSD.
SYSTEMS = {'linux': '__linux__', 'windows': '_WIN32', 'macos': '__APPLE__', 'freebsd': '__FreeBSD__', 'netbsd': '__NetBSD__',
           'openbsd': '__OpenBSD__', 'another': None}
ALL = frozenset(SYSTEMS)

DIRECTIVE = re.compile(r'[ \t]*#[ \t]*(\w+)[ \t]*(.*)')
INCLUDE = re.compile(r'([<"])([^>"]+)[>"]')


class Condition:
    """Where something holds: for each choice of the user's switches (RILL_…), the systems. Nothing where no choice is made: `{(): ALL}`."""

    def __init__(self, systems_by_switches):
        self.systems = {switches: systems for switches, systems in systems_by_switches.items() if systems}
        for switches in list(self.systems):
            for place, (name, on) in enumerate(switches):  # what holds both with and without a switch, holds without a choice
                other = switches[:place] + ((name, not on),) + switches[place + 1:]
                both = self.systems.get(switches, frozenset()) & self.systems.get(other, frozenset())
                if both:
                    rest = switches[:place] + switches[place + 1:]
                    merged = {**self.systems, rest: self.systems.get(rest, frozenset()) | both}
                    merged[switches], merged[other] = merged[switches] - both, merged[other] - both
                    self.__init__(merged)
                    return
        always = self.systems.get((), frozenset())
        self.systems = {switches: systems - always if switches else systems for switches, systems in self.systems.items()}
        self.systems = {switches: systems for switches, systems in self.systems.items() if systems}

    def __eq__(self, other):
        return self.systems == other.systems

    def __and__(self, other):
        met = {}
        for (mine, here), (theirs, there) in itertools.product(self.systems.items(), other.systems.items()):
            switches = dict(mine) | dict(theirs)
            if all(switches[name] == on for name, on in mine):
                key = tuple(sorted(switches.items()))
                met[key] = met.get(key, frozenset()) | (here & there)
        return Condition(met)

    def __or__(self, other):
        keys = self.systems.keys() | other.systems.keys()
        return Condition({key: self.systems.get(key, frozenset()) | other.systems.get(key, frozenset()) for key in keys})

    def __str__(self):
        terms = [self.term(*each) for each in sorted(self.systems.items())]
        return ' || '.join(f'({term})' if len(terms) > 1 and '&&' in term else term for term in terms)

    @staticmethod
    def term(switches, systems):
        def defined(some):
            return ' || '.join(f'defined({macro})' for system, macro in SYSTEMS.items() if system in some)
        terms = []
        if systems != ALL and 'another' in systems:
            excluded = defined(ALL - systems)
            terms.append(f'!({excluded})' if '|' in excluded else f'!{excluded}')
        elif systems != ALL:
            included = defined(systems)
            terms.append(f'({included})' if '|' in included and switches else included)
        terms += [name if on else f'!{name}' for name, on in switches]
        return ' && '.join(terms) or '1'


def condition_of(expression):
    """What an expression of `#if` means: it knows the macros of the systems and the switches of rill, and nothing else."""
    names = sorted(set(re.findall(r'\bRILL_\w+', expression)))
    python = re.sub(r'defined\s*\(?\s*(\w+)\s*\)?', r'("\1" in macros)', expression)
    python = re.sub(r'!(?!=)', ' not ', python.replace('&&', ' and ').replace('||', ' or '))
    met = {}
    for values in itertools.product((False, True), repeat=len(names)):
        systems = [system for system, macro in SYSTEMS.items()
                   if eval(python, {'macros': {macro}, **dict(zip(names, values))})]  # pylint: disable=eval-used
        met[tuple(zip(names, values))] = frozenset(systems)
    return Condition(met)


EVERYWHERE = Condition({(): ALL})


def not_(condition):
    names = sorted({name for switches in condition.systems for name, _ in switches})
    met = {}
    for values in itertools.product((False, True), repeat=len(names)):
        choice = tuple(zip(names, values))
        held = [systems for switches, systems in condition.systems.items() if set(switches) <= set(choice)]
        met[choice] = ALL - frozenset().union(*held)
    return Condition(met)


def expression_of(word, rest):
    return {'ifdef': f'defined({rest})', 'ifndef': f'!defined({rest})'}.get(word, rest)


def own_include(line):
    match = DIRECTIVE.match(line)
    return match and match.group(1) == 'include' and match.group(2).startswith('"')


def block_at(lines, begin):
    """The index behind the #endif of the #if at `begin`."""
    depth = 0
    for place in range(begin, len(lines)):
        match = DIRECTIVE.match(lines[place])
        word = match.group(1) if match else ''
        depth += word.startswith('if')
        depth -= word == 'endif'
        if depth == 0:
            return place + 1
    raise ValueError(f'no #endif for {lines[begin]}')


def parts_of(lines, where=EVERYWHERE):
    """(condition, line) for each line of a header; the lines that choose between headers of ours are gone into the conditions."""
    place = 0
    while place < len(lines):
        match = DIRECTIVE.match(lines[place])
        if not match or not match.group(1).startswith('if'):
            yield where, lines[place]
            place += 1
            continue
        end = block_at(lines, place)
        block = lines[place:end]
        if any(own_include(line) for line in block):
            yield from chosen_parts(block, where)
        else:
            yield from ((None, line) for line in block)  # stays as it is
        place = end


def chosen_parts(block, where):
    before, mine, body, depth = EVERYWHERE, None, [], 0
    for line in block:
        match = DIRECTIVE.match(line)
        word, rest = (match.group(1), match.group(2).split('//')[0].strip()) if match else ('', '')
        depth += word.startswith('if')
        if depth == 1 and word in ('if', 'ifdef', 'ifndef', 'elif', 'else', 'endif'):
            if mine is not None:
                yield from parts_of(body, where & mine)
            body = []
            if word in ('else', 'endif'):
                mine = before
            else:
                asked = condition_of(expression_of(word, rest))
                mine, before = before & asked, before & not_(asked)
        else:
            body.append(line)
        depth -= word == 'endif'


class Library:
    def __init__(self, include):
        self.headers = {path.relative_to(include).as_posix(): path.read_text(encoding='utf-8').splitlines() for path in include.rglob('*.hpp')}
        self.needed = {}   # header: the condition under which something includes it
        self.written = set()
        self.system = {}   # include: its condition
        self.body = []     # (condition, line)

    def target(self, header, name):
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(header), name))
        return beside if beside in self.headers else name

    def find_conditions(self, header, where):
        """Finds out where each header is needed, before anything is written."""
        known = self.needed.get(header)
        joined = where if known is None else known | where
        if known is not None and joined == known:
            return
        self.needed[header] = joined
        for condition, line in parts_of(self.headers[header]):
            if condition is not None and own_include(line):
                self.find_conditions(self.target(header, INCLUDE.search(line).group(2)), joined & condition)

    def write(self, header):
        if header in self.written:
            return
        self.written.add(header)
        where = self.needed[header]
        self.body += [(where, ''), (where, f'// ==== {header} ====')]
        for condition, line in parts_of(self.headers[header]):
            match = DIRECTIVE.match(line)
            full = where if condition is None else where & condition
            if line.startswith('// SPDX') or line == '#pragma once':
                continue
            if condition is not None and own_include(line):
                self.write(self.target(header, INCLUDE.search(line).group(2)))
            elif condition is not None and match and match.group(1) == 'include' and self.goes_on_top(full, line):
                name = INCLUDE.search(line).group(0)
                self.system[name] = full | self.system.get(name, full)
            else:
                self.body.append((full, line))

    @staticmethod
    def goes_on_top(where, line):
        return '.h>' not in line or where.systems.keys() != {()} or where.systems[()] != frozenset({'windows'})


def guarded(parts):
    """The lines, with an #if around those that hold somewhere only. Empty lines are no reason to change it."""
    now, lines = EVERYWHERE, []
    for condition, line in [*parts, (EVERYWHERE, None)]:
        if condition != now and line != '':
            while lines and lines[-1] == '':
                lines.pop()
            lines += ['#endif'] if now != EVERYWHERE else []
            lines += [f'#if {condition}'] if condition != EVERYWHERE else []
            now = condition
        if line is not None and not (line == '' and lines and lines[-1] == ''):
            lines.append(line)
    return lines


def single_header(root):
    library = Library(root / 'include')
    library.find_conditions('rill.hpp', EVERYWHERE)
    library.needed.setdefault('rill/config.hpp', EVERYWHERE)
    library.write('rill/config.hpp')  # the switches that the conditions below ask for
    switches, library.body = library.body, []
    library.write('rill.hpp')
    version = re.search(r'VERSION (\d+\.\d+\.\d+)', (root / 'CMakeLists.txt').read_text(encoding='utf-8')).group(1)
    on_top = sorted(library.system.items(), key=lambda each: (str(each[1]) != '1', str(each[1]), '.h>' in each[0], each[0]))
    lines = ['// SPDX-License-Identifier: MIT', '#pragma once', '',
             f'// rill {version}: a C++20 coroutine networking library, in one header. Made by cmake/single_header.py: change the headers that it is',
             '// made of. It needs C++20 and the system\'s threads library; on Windows also ws2_32, mswsock, bcrypt and synchronization.', '//']
    lines += [f'// {line}'.rstrip() for line in (root / 'LICENSE').read_text(encoding='utf-8').splitlines()]
    lines += [*guarded(switches), '']
    lines += guarded([(condition, f'#include {name}') for name, condition in on_top])
    return '\n'.join([*lines, *guarded(library.body), ''])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('output', type=pathlib.Path)
    parser.add_argument('--root', type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1])
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(single_header(arguments.root), encoding='utf-8')


if __name__ == '__main__':
    main()
