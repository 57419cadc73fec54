#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints how long headers and functions are, and fails past the limits. Functions are found by lizard where it is installed (from PyPI),
and otherwise by counting braces."""
import re
import statistics
import sys

from sources import code_of, headers, line_of, root_from_arguments

try:
    import lizard
except ImportError:
    lizard = None

HEADER_MEDIAN_MAX, HEADER_MAX = 120, 400
FUNCTION_MEDIAN_MAX, FUNCTION_99_PERCENT_UNDER, FUNCTION_MAX = 5, 40, 70

# What stands between a function's parameters and its body: `const`, `noexcept(…)`, `-> type`, `requires …`, `: member(value), …`.
BODY = re.compile(r'\)\s*(?:(?:const|volatile|noexcept|override|final|mutable|&&?|requires|->|:(?!:))[^;{}]*)?\{')
NO_FUNCTION = re.compile(r'\b(?:if|for|while|switch|catch|return|co_return|co_await|new|decltype|static_assert)\b[^;{}]*$')


def functions_by_braces(text):
    """(name, lines) of each function that is no lambda's inside: from its first line to its closing brace."""
    code, position = code_of(text), 0
    while match := BODY.search(code, position):
        begin = max(code.rfind(character, 0, match.start()) for character in ';{}') + 1
        head = code[begin:match.end()]
        position = match.end()
        if NO_FUNCTION.search(head[:-1]) or '=' in head.split('(')[0].replace('operator', ''):
            continue
        depth = 1
        while depth and position < len(code):
            depth += {'{': 1, '}': -1}.get(code[position], 0)
            position += 1
        first = line_of(code, begin + len(head) - len(head.lstrip()))
        yield ' '.join(head.split('(')[0].split()[-1:]), line_of(code, position) - first + 1


def functions_by_lizard(path, text):
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", '', text)  # lizard takes the mark in 10'000 for a quote
    return [(function.name, function.length) for function in lizard.analyze_file.analyze_source_code(path, text).function_list]


def main():
    root = root_from_arguments(__doc__)
    texts = headers(root)
    if not texts:
        sys.exit(f'no headers in {root}/include')
    lines = {header: text.count('\n') for header, text in texts.items()}
    functions = []
    for header, text in texts.items():
        found = functions_by_lizard(header, text) if lizard else functions_by_braces(text)
        functions += [(length, name, header) for name, length in found]
    lengths = sorted(length for length, _, _ in functions) or [0]

    largest = max(lines, key=lines.get)
    longest = max(functions, default=(0, '', ''))
    of_99_percent = lengths[(len(lengths) * 99 - 1) // 100]
    table = [('headers: median', statistics.median(lines.values()), HEADER_MEDIAN_MAX, f'of {len(lines)}, {sum(lines.values())} lines in all'),
             ('headers: largest', lines[largest], HEADER_MAX, largest),
             ('headers over 300', sum(count > 300 for count in lines.values()), '', ''),
             ('functions: median', statistics.median(lengths), FUNCTION_MEDIAN_MAX,
              f'of {len(functions)}, {"by lizard" if lizard else "by braces"}'),
             ('functions: 99 %', of_99_percent, FUNCTION_99_PERCENT_UNDER - 1, ''),
             ('functions: longest', longest[0], FUNCTION_MAX, f'{longest[1]} in {longest[2]}')]
    past = False
    print(f'{"lines":20}{"now":>7}{"at most":>9}')
    for what, now, limit, remark in table:
        over = limit != '' and now > limit
        past |= over
        print(f'{what:20}{now:>7g}{limit:>9}  {"PAST THE LIMIT " if over else ""}{remark}'.rstrip())
    for length, name, header in sorted(functions, reverse=True):
        if length >= FUNCTION_99_PERCENT_UNDER:
            print(f'  {length} lines: {name} in {header}')
    sys.exit(1 if past else 0)


if __name__ == '__main__':
    main()
