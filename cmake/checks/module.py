#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the module exports what programs name: the name of each header that rill.hpp includes, and each `rill::name` of the README, its tables too, of the usage programs and of the examples."""
import re
import sys

from sources import code_of, root_from_arguments

NO_NAMES = {'file_transfer', 'option', 'sleep', 'task_dump'}  # headers that are called after what they are about
NAME = re.compile(r'\brill::((?:option::|backend::)?[a-z]\w*)')


def main():
    root = root_from_arguments(__doc__)
    exported = set(re.findall(r'using rill::([\w:]+);', (root / 'include/rill.cppm').read_text(encoding='utf-8')))
    programs = [*(root / 'tests/usage').glob('*.cpp'),
                *(each for each in (root / 'examples').rglob('*.cpp') if each.parent.name != 'support')]
    texts = {path: code_of(path.read_text(encoding='utf-8')) for path in programs}
    readme = (root / 'README.md').read_text(encoding='utf-8')
    texts[root / 'README.md'] = readme.replace('rill::rill', '').replace('rill::module', '')  # these are targets of CMake
    wrong = sorted({(path.relative_to(root).as_posix(), name) for path, text in texts.items() for name in NAME.findall(text)
                    if name not in exported})
    umbrella = (root / 'include/rill.hpp').read_text(encoding='utf-8')
    wrong += [('include/rill.hpp', stem) for stem in re.findall(r'#include "rill/.*?(\w+)\.hpp"', umbrella) if stem not in exported | NO_NAMES]
    for path, name in wrong:
        print(f'{path}: rill::{name} is not exported by include/rill.cppm')
    print(f'{len(exported)} names exported: {len(wrong)} complaints')
    return 1 if wrong or not exported else 0


if __name__ == '__main__':
    sys.exit(main())
