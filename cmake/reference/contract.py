#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contract.py HEADER: what Doxygen is to read of a header: its opening comment, as that of the file, and its contract, without what stands
below the line of the mechanism. Doxygen does not know the inline namespaces of C++20, and takes signs of C++ in comments for its own."""
import re
import sys

MECHANISM = re.compile(r'^// ---- mechanism ----.*', re.MULTILINE | re.DOTALL)
SPECIALIZATIONS = re.compile(r'^}  // namespace rill[^\n]*\n.*', re.MULTILINE | re.DOTALL)
OPENING = re.compile(r'(#pragma once\n)\n((?://[^\n]*\n)+)')
HEADING = re.compile(r' (Result|Buffer|Stopped|Errors|Thread|Cost|Source)  +')
DOC = re.compile(r'(///<?|//!)(.*)')


def escaped(text):
    """The text of a comment with what Doxygen would take for its own, outside of what stands between backticks."""
    parts = re.split(r'(`[^`]*`)', HEADING.sub(r'', text))
    parts[0] = re.sub(r'^(\s*\d+)\. ', r'\1\\. ', parts[0])  # a law has its number, and is no item of a list
    parts[::2] = [re.sub(r'([<>#@]|\\(?!\.))', r'\\\1', part) for part in parts[::2]]
    heading = HEADING.match(text)
    return (f' <br><b>{heading.group(1)}</b>: ' if heading else '') + ''.join(parts)


def as_docs(lines):
    """The lines with their doc comments escaped. Code is what is indented behind an empty line."""
    may_be_code = True
    for line in lines:
        match = DOC.search(line)
        text = match.group(2) if match else ''
        code = may_be_code and text.startswith('     ')
        may_be_code = code or not text.strip()
        yield line if match is None or code else line[:match.start()] + match.group(1) + escaped(text)


def introduce(text, opening):
    """A type that the opening comment is about, and that has no comment of its own, is introduced by the first paragraph of that."""
    paragraph = ' '.join(line[2:].strip() for line in re.split(r'\n//\n', opening)[0].splitlines())
    for name in re.findall(r'`(\w+)', paragraph):
        begin = rf'(?<!\n)\n\n((?:template [^\n]*\n)?(?:    requires[^\n]*\n)?(?:class|struct) (?:\[\[[^\]]*\]\] )?(?:RILL_VISIBLE )?{name}\b(?![;\w<]))'
        text = re.sub(begin, lambda found: f'\n/** {escaped(paragraph)} */\n' + found.group(1), text, count=1)
    return text


def contract_of(text):
    text = SPECIALIZATIONS.sub('', MECHANISM.sub('', text))
    opening = OPENING.search(text)
    if opening:
        text = introduce(text, opening.group(2))
        lines = ['//! @file'] + ['//!' + line[2:] for line in opening.group(2).splitlines()]
        text = text[:opening.end(1)] + '\n'.join(lines) + '\n' + text[opening.end(2):]
    text = '\n'.join(as_docs(text.splitlines())).replace('//! \\@file', '//! @file')
    text = re.sub(r'namespace rill(::backend)?::inline RILL_ABI', r'namespace rill\1', text)
    return text + '\n}' * (len(re.findall(r'^namespace [\w:]+ {', text, re.MULTILINE)) - len(re.findall(r'^}  // namespace', text, re.MULTILINE))) + '\n'


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as header:
        print(contract_of(header.read()))
