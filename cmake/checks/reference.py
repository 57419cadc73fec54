#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the reference of the public headers with Doxygen, in build/reference/html. Fails where Doxygen warns, where a public name or a public
member of a public type has no doc comment, and where a public header does not begin with what it is for and its smallest example.

A name is public if the module exports it (include/rill.cppm). A doc comment also covers the lines right below what it stands on, up to an empty
one. What every awaitable has (core/awaitable.hpp), what means what it means in the standard library (`size`, `what`), and copies, moves and
comparisons need no words."""
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

from sources import root_from_arguments

CLASS = r'^(?:template .*\n)?(?:\s+requires.*\n)?(?:class|struct|enum class|concept|using)\s+(?:\[\[[^\]]*\]\]\s*)?(?:RILL_\w+\s+)?{}\b(?!;)[^;]*?[={{]'
OF_EVERY_AWAITABLE = {'start', 'failed', 'result', 'report', 'await_ready', 'await_suspend', 'await_resume', 'promise_type'}
OF_THE_STANDARD = {'begin', 'end', 'size', 'empty', 'front', 'data', 'value_type', 'what'}


def exported_names(root):
    return re.findall(r'using rill::([\w:]+);', (root / 'include/rill.cppm').read_text(encoding='utf-8'))


def public_headers(root, names):
    """Those that rill.hpp includes, those that define a public type, and those of its bases."""
    texts = {path: path.read_text(encoding='utf-8') for path in sorted((root / 'include/rill').rglob('*.hpp'))}
    umbrella = (root / 'include/rill.hpp').read_text(encoding='utf-8')
    found = {root / 'include' / name for name in re.findall(r'#include "(.*)"', umbrella)}
    waiting, seen = [name.split('::')[-1] for name in names], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for path, text in texts.items():
            match = re.search(CLASS.format(re.escape(name)), text, re.MULTILINE)
            if path.stem == name and path.parent.name != 'backend':
                found.add(path)
            if match is None or (path.parent.name == 'backend' and path.name not in ('address.hpp', 'contract.hpp')):
                continue
            found.add(path)
            _, colon, bases = match.group().partition(' : ')
            waiting += [base for base in re.findall(r'public (\w+)', bases if colon else '') if base not in seen]
    return sorted(found)


def run_doxygen(root, headers):
    settings = (root / 'cmake/reference/Doxyfile').read_text(encoding='utf-8')
    settings += 'INPUT = ' + ' '.join(path.relative_to(root).as_posix() for path in headers)
    (root / 'build/reference').mkdir(parents=True, exist_ok=True)
    done = subprocess.run(['doxygen', '-'], input=settings, cwd=root, capture_output=True, text=True, check=True)
    return [line for line in done.stderr.splitlines() if line.strip()]


class Reference:
    """What Doxygen has read."""

    def __init__(self, folder, root):
        self.root = root
        self.lines = {}
        self.compounds = {}
        self.functions = {}
        for file in folder.glob('*.xml'):
            for compound in xml.etree.ElementTree.parse(file).getroot().iter('compounddef'):
                self.compounds[compound.get('id')] = compound
        for compound in self.compounds.values():
            if compound.get('kind') in ('namespace', 'file'):
                for member in compound.iter('memberdef'):
                    self.functions.setdefault((member.findtext('qualifiedname') or member.findtext('name')).removeprefix('rill::'), []).append(member)
        self.by_name = {compound.findtext('compoundname').removeprefix('rill::').split('<')[0].strip(): compound for compound in self.compounds.values()
                        if compound.get('kind') in ('class', 'struct', 'concept') and '<' not in compound.findtext('compoundname')}
        self.functions |= {f'backend::{value.findtext("name")}': self.functions['backend::kind']
                           for each in self.functions.get('backend::kind', []) for value in each.findall('enumvalue')}

    def source(self, member):
        location = member.find('location')
        path = self.root / 'include' / location.get('file')
        if path not in self.lines:
            self.lines[path] = path.read_text(encoding='utf-8').splitlines()
        return self.lines[path], int(location.get('line'))

    def is_documented(self, member):
        if any(''.join(part.itertext()).strip() for name in ('briefdescription', 'detaileddescription') for part in member.findall(name)):
            return True
        return self.stands_below_a_comment(member)

    def stands_below_a_comment(self, member):
        """Whether a comment stands above it, without an empty line or a new section between."""
        lines, number = self.source(member)
        for line in reversed(lines[:number]):
            text = line.strip()
            if not text or re.fullmatch(r'(public|protected|private):', text):
                return False
            if text.startswith('///') or '///<' in text:
                return True
        return False

    def undocumented(self, name):
        """The public name itself, or members of it, that have no words."""
        compound = self.by_name.get(name)
        if compound is None:
            members = self.functions.get(name, [])
            if not members:
                yield name, 'is in no public header'
            elif not any(self.is_documented(each) for each in members):
                yield name, 'has no doc comment'
            for each in members:
                for value in each.findall('enumvalue'):
                    if not self.is_documented(each) and not any(''.join(part.itertext()).strip() for part in value):
                        yield f'{name}::{value.findtext("name")}', 'has no doc comment'
            return
        if not self.is_documented(compound):
            yield name, 'has no doc comment, and no header begins with what it is'
        yield from self.undocumented_members(compound, name)

    def undocumented_members(self, compound, name):
        for member in compound.iter('memberdef'):
            short = member.findtext('name')
            arguments = member.findtext('argsstring') or ''
            of_copies = short == name.split('::')[-1] and re.match(rf'\((const )?({short}(<[^>]*>)?\s*&.*)?\)', arguments)
            if member.get('prot') != 'public' or member.get('kind') == 'friend' or short.startswith(('operator', '~')):
                continue
            if short not in OF_EVERY_AWAITABLE | OF_THE_STANDARD and not of_copies and not self.is_documented(member):
                yield f'{name}::{short}', 'has no doc comment'
        for base in compound.findall('basecompoundref'):
            if base.get('prot') == 'public' and base.get('refid') in self.compounds:
                yield from self.undocumented_members(self.compounds[base.get('refid')], base.text.removeprefix('rill::').split('<')[0])


def opening_complaint(path):
    """What a public header lacks at its top."""
    match = re.match(r'// SPDX[^\n]*\n#pragma once\n\n((?://[^\n]*\n)+)', path.read_text(encoding='utf-8'))
    if match is None:
        return 'does not begin with what it is for'
    if not re.search(r'^//     \S|`[^`]*[(:]+[^`]*`', match.group(1), re.MULTILINE):
        return 'does not begin with its smallest example'
    return None


def main():
    root = root_from_arguments(__doc__)
    names = exported_names(root)
    headers = public_headers(root, names)
    complaints = run_doxygen(root, [root / 'include/rill.hpp', *headers])
    reference = Reference(root / 'build/reference/xml', root)
    complaints += sorted({f'rill::{name} {what}' for exported in names for name, what in reference.undocumented(exported)})
    complaints += [f'{path.relative_to(root)}: {what}' for path in headers if (what := opening_complaint(path))]
    print('\n'.join(complaints))
    print(f'{len(headers)} public headers, {len(names)} public names: {len(complaints)} complaints')
    return 1 if complaints or not headers else 0


if __name__ == '__main__':
    sys.exit(main())
