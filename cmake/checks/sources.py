# SPDX-License-Identifier: MIT
"""What the checks share: the headers, and their text without comments and without what stands between quotes."""
import argparse
import pathlib
import re

QUIET = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'", re.DOTALL)


def root_from_arguments(description):
    """The project's folder: --root, or the one that this script stands in."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--root', type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    return parser.parse_args().root


def headers(root):
    """Every header below include/, by its path from there."""
    include = root / 'include'
    return {path.relative_to(include).as_posix(): path.read_text(encoding='utf-8') for path in sorted(include.rglob('*.hpp'))}


def code_of(text):
    """The text with comments and the insides of literals blanked, every line where it was. Includes keep their paths."""
    def blank(match):
        found = match.group()
        before = text[text.rfind('\n', 0, match.start()) + 1:match.start()]
        if found.startswith('"') and re.fullmatch(r'\s*#\s*include\s*', before):
            return found
        return '""' + '\n' * found.count('\n') if found[0] in '"R' else re.sub(r'[^\n]', ' ', found)
    return QUIET.sub(blank, text)


def line_of(text, position):
    return text.count('\n', 0, position) + 1
