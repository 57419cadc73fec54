#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows that the checks can fail: each is given small trees, a good one and one bad one for every rule."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BEGIN = '// SPDX-License-Identifier: MIT\n#pragma once\n'
GOOD = {
    'rill.hpp': '#include <rill/net/stream.hpp>\n',
    'rill/config.hpp': '#define RILL_ONE 1\n',
    'rill/backend/contract.hpp': '#include <cstddef>\n',
    'rill/core/task.hpp': '#include "../backend/contract.hpp"\n#include <coroutine>\n// not __linux__, just a word about it\n',
    'rill/core/io_context.hpp': '#include <rill/backend/default_backend.hpp>\n',
    'rill/backend/default_backend.hpp': '#ifdef __linux__\n#include <sys/epoll.h>\n#include <rill/core/task.hpp>\n#endif\n#define NOMINMAX\n',
    'rill/sync/mutex.hpp': '#include <rill/core/task.hpp>\nnamespace rill { struct database {}; }\n',
    'rill/net/stream.hpp': '#include <rill/sync/mutex.hpp>\n#include <rill/backend/contract.hpp>\n',
}


def run_check(check, tree):
    """The exit status and the output of a check, run on the good headers with those of `tree` over them."""
    with tempfile.TemporaryDirectory() as root:
        for name, body in {**GOOD, **tree}.items():
            path = pathlib.Path(root, 'include', name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body if body.startswith('\n') else BEGIN + body, encoding='utf-8')
        done = subprocess.run([sys.executable, '-B', HERE / check, '--root', root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Floors(unittest.TestCase):
    def expect(self, complaint, tree):
        status, output = run_check('floors.py', tree)
        self.assertEqual(status, 1, output)
        self.assertIn(complaint, output)
        self.assertIn(' 1 complaints', output)

    def test_accepts_a_good_tree(self):
        status, output = run_check('floors.py', {})
        self.assertEqual(status, 0, output)

    def test_refuses_an_include_of_a_higher_floor(self):
        self.expect('core.hpp:3: core includes net', {'rill/core/core.hpp': '#include <rill/net/stream.hpp>\n'})
        self.expect('core includes sync', {'rill/core/core.hpp': '#include "../sync/mutex.hpp"\n'})
        self.expect('core includes backend', {'rill/core/core.hpp': '#include "rill/backend/default_backend.hpp"\n'})
        self.expect('contract includes core', {'rill/backend/address.hpp': '#include <rill/core/task.hpp>\n'})
        self.expect('backend includes sync', {'rill/backend/epoll.hpp': '#  include <rill/sync/mutex.hpp>\n'})
        self.expect('sync includes net', {'rill/sync/event.hpp': '#include <rill/net/stream.hpp>\n'})

    def test_refuses_an_include_of_nothing(self):
        self.expect('is no header of rill', {'rill/core/core.hpp': '#include <rill/core/gone.hpp>\n'})

    def test_refuses_a_floor_that_does_not_exist(self):
        self.expect('stands on no floor', {'rill/attic/core.hpp': ''})

    def test_refuses_platforms_outside_of_the_backends(self):
        self.expect('__linux__ asks for the platform', {'rill/core/core.hpp': '#ifdef __linux__\n#endif\n'})
        self.expect('_WIN32 asks for the platform', {'rill/net/core.hpp': '#if defined(_WIN32)\n#endif\n'})
        self.expect('<sys/socket.h> is a system header', {'rill/net/core.hpp': '#include <sys/socket.h>\n'})
        self.expect('<poll.h> is a system header', {'rill/backend/contract.hpp': '#if __has_include(<poll.h>)\n#endif\n'})

    def test_refuses_every_system_and_every_spelling(self):
        for macro in ('__APPLE__', '__FreeBSD__', '__NetBSD__', '__OpenBSD__', '__GLIBC__', '__ANDROID__', 'TARGET_OS_MAC', '__unix__'):
            self.expect(f'{macro} asks for the platform', {'rill/sync/core.hpp': f'#ifdef {macro}\n#endif\n'})
        for line in ('#ifndef _WIN32', '#if defined(_WIN32)', '#if 0\n#elif _WIN32', '# if 1 && _WIN32', '#if __has_include(_WIN32)'):
            self.expect('_WIN32 asks for the platform', {'rill/sync/core.hpp': f'{line}\n#endif\n'})
        for header in ('windows.h', 'winsock2.h', 'unistd.h', 'sys/event.h', 'linux/tcp.h', 'errno.h', 'signal.h', 'mach/mach.h'):
            self.expect(f'<{header}> is a system header', {'rill/core/core.hpp': f'#include <{header}>\n'})

    def test_refuses_a_conditional_that_chooses_a_line(self):
        self.expect('conditional on __APPLE__ chooses a line', {'rill/backend/kqueue.hpp': '#if defined(__APPLE__)\nint one;\n#endif\n'})
        self.expect('conditional on __linux__ chooses a line', {'rill/backend/posix.hpp': '#ifdef __linux__\n#include <poll.h>\n#else\nint two;\n#endif\n'})
        self.expect('conditional on __linux__ chooses a line', {'rill/backend/posix.hpp': '#ifdef __linux__\n#if 1\nint two;\n#endif\n#endif\n'})
        status, output = run_check('floors.py', {'rill/backend/posix.hpp': '#ifdef SYS_call\nint one;\n#endif\n#ifdef __linux__\n#include <poll.h>\n#endif\nint two;\n'})
        self.assertEqual(status, 0, output)

    def test_refuses_heavy_standard_headers(self):
        self.expect('<iostream> costs', {'rill/backend/epoll.hpp': '#include <iostream>\n'})

    def test_refuses_names_that_say_nothing(self):
        self.expect('"detail" in a path', {'rill/core/detail/core.hpp': ''})
        self.expect('"utils" in a path', {'rill/core/socket_utils.hpp': ''})
        self.expect('"detail" in rill::detail', {'rill/core/core.hpp': 'namespace rill::detail {}\n'})
        self.expect('"base" in promise_base', {'rill/core/core.hpp': 'struct promise_base {};\n'})

    def test_refuses_macros_elsewhere_and_too_many(self):
        self.expect('macro RILL_TWO', {'rill/core/core.hpp': '#define RILL_TWO 2\n'})
        self.expect('macro NOMINMAX', {'rill/core/core.hpp': '#define NOMINMAX\n'})
        self.expect('11 macros', {'rill/config.hpp': ''.join(f'#define RILL_{n} {n}\n' for n in range(11))})

    def test_refuses_a_header_without_its_first_lines(self):
        self.expect('does not begin', {'rill/core/core.hpp': '\n#pragma once\n'})


class SingleHeader(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / 'LICENSE').write_text('The licence\n', encoding='utf-8')
        (self.root / 'CMakeLists.txt').write_text('project(rill VERSION 1.2.3)\n', encoding='utf-8')

    def made_of(self, headers):
        """The lines of the single header, without those at its top and without its comments."""
        for name, body in {'rill/config.hpp': '', **headers}.items():
            path = self.root / 'include' / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(BEGIN + body, encoding='utf-8')
        subprocess.run([sys.executable, '-B', HERE.parent / 'single_header.py', '--root', self.root, self.root / 'one.hpp'], check=True)
        lines = (self.root / 'one.hpp').read_text(encoding='utf-8').splitlines()
        code = '\n'.join(line for line in lines if line and not line.startswith('//'))
        return re.sub(r'\n#if .*\n#endif\b', '', code).splitlines()[1:]  # without those around comments alone

    def test_writes_each_header_once_in_the_order_of_need(self):
        lines = self.made_of({'rill.hpp': '#include "rill/b.hpp"\n#include "rill/a.hpp"\nint rill;\n', 'rill/a.hpp': 'int a;\n',
                              'rill/b.hpp': '#include "a.hpp"\nint b;\n#include "c.hpp"\n', 'rill/c.hpp': '#include "b.hpp"\nint c;\n'})
        self.assertEqual(lines, ['int a;', 'int b;', 'int c;', 'int rill;'])

    def test_puts_system_includes_on_top_but_not_those_within_a_condition(self):
        lines = self.made_of({'rill.hpp': 'int rill;\n#include "rill/a.hpp"\n#include <vector>\n',
                              'rill/a.hpp': '#include <array>\n#ifdef __cpp_lib_jthread\n#include <stop_token>\n#endif\n#include <vector>\nint a;\n'})
        self.assertEqual(lines, ['#include <array>', '#include <vector>', 'int rill;', '#ifdef __cpp_lib_jthread', '#include <stop_token>',
                                 '#endif', 'int a;'])

    def test_guards_what_some_systems_include_with_all_that_do(self):
        lines = self.made_of({'rill.hpp': '#ifdef __linux__\n#include "rill/linux.hpp"\n#elif defined(_WIN32)\n#include "rill/windows.hpp"\n'
                                          '#else\n#include "rill/bsd.hpp"\n#endif\n',
                              'rill/linux.hpp': '#include "posix.hpp"\nint of_linux;\n', 'rill/windows.hpp': '#include <windows.h>\n',
                              'rill/bsd.hpp': '#include "posix.hpp"\nint of_bsd;\n', 'rill/posix.hpp': '#include <poll.h>\nint of_posix;\n'})
        self.assertEqual(lines, ['#if !defined(_WIN32)', '#include <poll.h>', '#endif', '#if !defined(_WIN32)', 'int of_posix;', '#endif',
                                 '#if defined(__linux__)', 'int of_linux;', '#endif', '#if defined(_WIN32)', '#include <windows.h>', '#endif',
                                 '#if !(defined(__linux__) || defined(_WIN32))', 'int of_bsd;', '#endif'])

    def test_needs_no_guard_for_what_all_branches_include(self):
        lines = self.made_of({'rill.hpp': '#if RILL_X && defined(__linux__)\n#include "rill/a.hpp"\n#else\n#include "rill/b.hpp"\n#endif\n',
                              'rill/a.hpp': '#include "c.hpp"\nint a;\n', 'rill/b.hpp': '#include "c.hpp"\n', 'rill/c.hpp': 'int c;\n'})
        self.assertEqual(lines, ['int c;', '#if defined(__linux__) && RILL_X', 'int a;', '#endif'])


class Module(unittest.TestCase):
    TREE = {'rill.hpp': '#include "rill/core/task.hpp"\n#include "rill/core/sleep.hpp"\n',
            'rill.cppm': '\nexport module rill;\nexport namespace rill {\nusing rill::task;\nusing rill::option::backlog;\n}\n',
            '../README.md': '\nrill::rill\n```cpp\nrill::task<> work();\n```\n',
            '../tests/usage/echo.cpp': 'auto most = rill::option::backlog(2);  // not rill::gone\n'}

    def test_accepts_what_is_exported(self):
        status, output = run_check('module.py', self.TREE)
        self.assertEqual(status, 0, output)

    def test_refuses_names_that_the_module_lacks(self):
        for name, body in (('../README.md', '\n```cpp\nrill::task<> work(rill::endpoint);\n```\n'), ('../tests/usage/echo.cpp', 'rill::endpoint where;\n'),
                           ('../examples/notes/one.cpp', 'rill::endpoint where;\n'), ('rill.hpp', '#include "rill/net/endpoint.hpp"\n')):
            status, output = run_check('module.py', {**self.TREE, name: body})
            self.assertEqual(status, 1, output)
            self.assertIn('rill::endpoint is not exported', output)


@unittest.skipIf(shutil.which('doxygen') is None, 'there is no doxygen')
class Reference(unittest.TestCase):
    TYPE = '// `pipe`: bytes.\n//\n//     rill::pipe water;\n\nnamespace rill::inline RILL_ABI {\n\n{0}class pipe {{\n  public:\n{1}  private:\n    int secret_;\n}};\n\n' \
           '// ---- mechanism ----\n\nclass tap {{}};\n}}  // namespace rill\n'

    def check(self, pipe):
        with tempfile.TemporaryDirectory() as root:
            shutil.copytree(HERE.parent / 'reference', pathlib.Path(root, 'cmake/reference'))
            for name, body in {'include/rill.hpp': '#include "rill/pipe.hpp"\n', 'include/rill.cppm': 'using rill::pipe;\n', 'include/rill/pipe.hpp': BEGIN + '\n' + pipe}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body, encoding='utf-8')
            done = subprocess.run([sys.executable, '-B', HERE / 'reference.py', '--root', root], capture_output=True, text=True, check=False)
            return done.stdout + done.stderr

    def made(self, comment, members):
        return self.TYPE.replace('{0}', comment).replace('{1}', members).replace('{{', '{').replace('}}', '}')

    def test_accepts_what_is_documented(self):
        members = '    pipe() = default;\n    pipe(const pipe&) = default;\n    /// Opens both, for `std::array<int>` & #1.\n    void open();\n    void open(int);\n    int size();\n'
        self.assertIn(' 0 complaints', self.check(self.made('/// A pipe.\n', members)))

    def test_refuses_a_public_member_without_words(self):
        members = '    /// Opens it.\n    void open();\n\n    void close();\n    explicit pipe(int width);\n'
        output = self.check(self.made('', members))
        self.assertIn('rill::pipe::close has no doc comment', output)
        self.assertIn('rill::pipe::pipe has no doc comment', output)
        self.assertIn(' 2 complaints', output)

    def test_refuses_a_name_or_a_header_without_words(self):
        output = self.check('namespace rill::inline RILL_ABI {\n\nclass pipe {};\n}  // namespace rill\n')
        self.assertIn('rill::pipe has no doc comment', output)
        self.assertIn('pipe.hpp: does not begin with what it is for', output)
        self.assertIn('does not begin with its smallest example', self.check(self.made('/// A pipe.\n', '').replace('//     rill::pipe water;', '// More.')))

    def test_refuses_what_doxygen_warns_of(self):
        self.assertIn('warning', self.check(self.made('/// A pipe.\n', '    /// Opens it. \\unknown\n    void open();\n').replace('\\unknown', '&nosuch;')))


class Readme(unittest.TestCase):
    COMMANDS = '\n# rill\n\n    cmake -P cmake/demo.cmake\n\n    cmake -P cmake/test.cmake\n\n'
    TREE = {'../tests/net/readme_test.cpp': '\nint main() {\n    auto one = two(\n        3);  // so\n    check(one);\n    four();\n}\n'}

    def check(self, text):
        return run_check('readme.py', {**self.TREE, '../README.md': text})

    def test_accepts_snippets_that_are_tested(self):
        status, output = self.check(self.COMMANDS + '```cpp\nauto one = two(3);  // other words\n\nfour();\n```\n')
        self.assertEqual(status, 0, output)
        self.assertIn('2 pieces of C++: 0 complaints', output)

    def test_refuses_snippets_that_are_not(self):
        for code in ('auto one = two(4);', 'auto one = two(3);\nfour();'):
            status, output = self.check(self.COMMANDS + f'```cpp\n{code}\n```\n')
            self.assertEqual(status, 1, output)
            self.assertIn('README.md:9: no test has: auto one', output)

    def test_refuses_files_that_are_not_there_and_other_commands_first(self):
        code = '```cpp\nfour();\n```\n'
        for text, complaint in ((self.COMMANDS + code + '`examples/gone.cpp`\n', 'README.md:11: there is no examples/gone.cpp'),
                                (self.COMMANDS + code + '![A picture](gone.svg)\n', 'there is no gone.svg'),
                                ('\n    make\n' + self.COMMANDS + code, 'the first two commands are')):
            status, output = self.check(text)
            self.assertEqual(status, 1, output)
            self.assertIn(complaint, output)


class Upstream(unittest.TestCase):
    TESTS = {'../tests/net/a_test.cpp': '\nTEST_CASE("one way") {}\nTEST_CASE("another "\n          "way", "[tag]") {}\n',
             '../tests/process/b_test.py': '\n    def test_from_outside(self):\n'}

    def check(self, row):
        return run_check('upstream.py', {**self.TESTS, '../tests/upstream_cases.md': f'\n| upstream | here |\n|---|---|\n{row}\n'})

    def test_accepts_titles_that_exist_and_reasons(self):
        for row in ('| a | one way |', '| a | one way; another way; test_from_outside |', '| a | - there is no such thing |'):
            status, output = self.check(row)
            self.assertEqual(status, 0, output)

    def test_refuses_titles_that_do_not_exist_and_rows_without_a_reason(self):
        for row, complaint in (('| a | one |', 'no test "one"'), ('| a | one way; no way |', 'no test "no way"'), ('| a | - |', 'reason'),
                               ('| a |', 'two cells'), ('', '0 rows')):
            status, output = self.check(row)
            self.assertEqual(status, 1, output)
            self.assertIn(complaint, output)


class Sizes(unittest.TestCase):
    def expect(self, complaint, tree):
        status, output = run_check('sizes.py', tree)
        self.assertEqual(status, 1, output)
        self.assertRegex(output, complaint + '.*PAST THE LIMIT')

    def test_accepts_a_good_tree(self):
        status, output = run_check('sizes.py', {'rill/core/core.hpp': self.functions(10, 3)})
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r'functions: median +3 ')

    def test_refuses_long_headers(self):
        self.expect('headers: largest', {'rill/core/core.hpp': '//\n' * 399})
        self.expect('headers: median', {f'rill/core/core{n}.hpp': '//\n' * 130 for n in range(20)})

    def test_refuses_long_functions(self):
        self.expect('functions: longest', {'rill/core/core.hpp': self.functions(1, 71) + self.functions(200, 1)})
        self.expect('functions: 99 %', {'rill/core/core.hpp': self.functions(2, 40) + self.functions(10, 1)})
        self.expect('functions: median', {'rill/core/core.hpp': self.functions(10, 6)})

    @staticmethod
    def functions(count, lines):
        body = '{' + '\n' * (lines - 1) + '}\n'
        return ''.join(f'inline int function{lines}_{n}(int a) {body}' for n in range(count))


class SuiteTable(unittest.TestCase):
    FIRST = ('core.one', 'core.two', 'usage.tcp', 'backend.linux.three')

    def table(self, prefix, tests, failed=()):
        """The status and the output for two columns: the first has all tests passed, the second has `tests`."""
        with tempfile.TemporaryDirectory() as folder:
            for name, cases in (('first', self.FIRST), ('second', tests)):
                if cases is not None:
                    ran = ''.join(f'<testcase name="{each}" status="{"fail" if each in failed else "run"}"/>' for each in cases)
                    pathlib.Path(folder, f'{name}.xml').write_text(f'<testsuite>{ran}</testsuite>', encoding='utf-8')
            columns = [f'first={folder}/first.xml', f'{prefix}second={folder}/second.xml']
            done = subprocess.run([sys.executable, '-B', HERE / 'suite_table.py', *columns], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

    def test_accepts_what_ran_whole_or_in_part_or_not_at_all(self):
        for prefix, tests in (('', self.FIRST[:3]), ('part:', self.FIRST[2:3]), ('', None), ('part:', None)):
            status, output = self.table(prefix, tests)
            self.assertEqual(status, 0, output)

    def test_refuses_what_is_missing_or_failed(self):
        for prefix, tests, complaint in (('', self.FIRST[:2], 'second: has no usage.tcp'), ('part:', self.FIRST[1:3], 'second: has no core.one')):
            status, output = self.table(prefix, tests)
            self.assertEqual(status, 1, output)
            self.assertIn(complaint, output)
        status, output = self.table('part:', self.FIRST[2:3], failed=('usage.tcp',))
        self.assertEqual(status, 1, output)
        self.assertIn('second: failed: usage.tcp', output)


if __name__ == '__main__':
    unittest.main()
