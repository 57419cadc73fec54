# SPDX-License-Identifier: MIT
"""Misuse is told when it is compiled: fragments that must fail with a text of ours, and controls that must pass, so that
a fragment does not fail for another reason. Each is the body of a file behind the preamble, which is compiled once.

    compile_fail_test.py <compiler> <include folder> <a folder to work in> [flags of the compiler...]
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

PREAMBLE = """\
#include <rill.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

using namespace std::chrono_literals;

inline rill::task<int> number() { co_return 1; }
inline rill::task<> nothing() { co_return; }
inline rill::task<std::string> text() { co_return "text"; }
inline int plain() { return 1; }
inline rill::task<> session(rill::tcp_stream) { co_return; }
inline rill::tcp_listener listener;
inline rill::tcp_stream stream;
"""

RVALUE = "an awaitable is awaited once, as an rvalue: write co_await std::move(it), or await the call"
CALL_IT = "this is a function that returns an awaitable: call it"
NO_AWAITABLE = "this cannot be awaited: co_await wants a task, an operation, or an awaitable of another library"
UNIT = "a time has a unit: write 5s, or std::chrono::seconds(5)"
GIVE_AWAY = "a container of awaitables is given away: write std::move(it)"
NAME_IT = "g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that"
PLAIN = "wants a plain function: a coroutine would never run, since nobody awaits it"
SESSION = "serve wants a coroutine function that takes what is accepted"
NOT_INSIDE = "guarded wants a plain function: a coroutine would go on without the lock"
LEADS_BACK = "which may lead back into the guarded value without the lock: return a copy, or do the work inside"
ONLY_READ = "this guarded is const: read(function) looks at it"
DISCARDED = "a task runs only when it is awaited: write co_await in front of it"


def coroutine(body):
    return "rill::task<> fragment() { " + body + " co_return; }"


GUARDED = "rill::guarded<int> value(0); "


def inside(call, of="int"):
    return f"void fragment(rill::guarded<{of}>& value) {{ (void)value.{call}; }}"


def texts(call):
    return inside(call, "std::string")


def maps(call):
    return inside(call, "std::map<int, int>")


# What is wrong, the wrong fragment, the text that must be in the errors, and what is right.
TABLE = [
    ("co_await of an lvalue task", coroutine("auto mine = number(); co_await mine;"), RVALUE,
     coroutine("auto mine = number(); co_await std::move(mine);")),
    ("co_await of an lvalue operation", coroutine("auto mine = rill::sleep_for(1s); co_await mine;"), RVALUE,
     coroutine("auto mine = rill::sleep_for(1s); co_await std::move(mine);")),
    ("co_await of an lvalue combinator", coroutine("auto mine = rill::when_any(number()); co_await mine;"), RVALUE,
     coroutine("auto mine = rill::when_any(number()); co_await std::move(mine);")),
    ("co_await of a number", coroutine("co_await plain();"), NO_AWAITABLE, coroutine("plain();")),
    ("co_await of a duration", coroutine("co_await 1s;"), NO_AWAITABLE, coroutine("co_await rill::sleep_for(1s);")),
    ("co_await of a function", coroutine("co_await number;"), CALL_IT, coroutine("co_await number();")),
    ("when_all of an lvalue", coroutine("auto mine = number(); co_await rill::when_all(mine, number());"), RVALUE,
     coroutine("auto mine = number(); co_await rill::when_all(std::move(mine), number());")),
    ("when_all of a function", coroutine("co_await rill::when_all(number(), number);"), CALL_IT,
     coroutine("co_await rill::when_all(number(), number());")),
    ("when_all of an lvalue vector", coroutine("std::vector<rill::task<int>> all; co_await rill::when_all(all);"),
     GIVE_AWAY, coroutine("std::vector<rill::task<int>> all; co_await rill::when_all(std::move(all));")),
    ("when_any of a number", coroutine("co_await rill::when_any(number(), 1);"), NO_AWAITABLE,
     coroutine("co_await rill::when_any(number(), number());")),
    ("when_any of an lvalue vector", coroutine("std::vector<rill::task<int>> all; co_await rill::when_any(all);"),
     GIVE_AWAY, coroutine("std::vector<rill::task<int>> all; co_await rill::when_any(std::move(all));")),
    ("first_success of two lvalues", coroutine("auto mine = number(); co_await rill::first_success(mine, mine);"),
     RVALUE, coroutine("auto mine = number(); co_await rill::first_success(std::move(mine), number());")),
    ("first_success of different values", coroutine("co_await rill::first_success(number(), text());"),
     "first_success wants awaitables whose values are of one type",
     coroutine("co_await rill::first_success(text(), text());")),
    ("a timeout without a unit", coroutine("co_await rill::timeout(5, number());"), UNIT, coroutine("co_await rill::timeout(5s, number());")),
    ("a sleep without a unit", coroutine("co_await rill::sleep_for(0.5);"), UNIT, coroutine("co_await rill::sleep_for(500ms);")),
    ("timeout of an lvalue", coroutine("auto mine = number(); co_await rill::timeout(1s, mine);"), RVALUE,
     coroutine("auto mine = number(); co_await rill::timeout(1s, std::move(mine));")),
    ("deadline of a function", coroutine("co_await rill::deadline(rill::now(), number);"), CALL_IT,
     coroutine("co_await rill::deadline(rill::now(), number());")),
    ("shield of a function", coroutine("co_await rill::shield(number);"), CALL_IT,
     coroutine("co_await rill::shield(number());")),
    ("as_result of an lvalue", coroutine("auto mine = number(); (void)co_await rill::as_result(mine);"), RVALUE,
     coroutine("auto mine = number(); (void)co_await rill::as_result(std::move(mine));")),
    ("with_stop of a number", coroutine("co_await rill::with_stop(rill::stop_token(), 3);"), NO_AWAITABLE,
     coroutine("co_await rill::with_stop(rill::stop_token(), number());")),
    ("finally of an lvalue", coroutine("auto mine = number(); co_await rill::finally(mine, nothing);"), RVALUE,
     coroutine("auto mine = number(); co_await rill::finally(std::move(mine), nothing);")),
    ("finally with a task", coroutine("co_await rill::finally(number(), nothing());"), "pass cleanup, not cleanup()",
     coroutine("co_await rill::finally(number(), nothing);")),
    ("finally with a plain function", coroutine("co_await rill::finally(number(), plain);"),
     "wants its cleanup as a function without arguments that returns an awaitable",
     coroutine("co_await rill::finally(number(), [] { return rill::yield(); });")),
    ("run of a function", "int main() { rill::run(number); }", CALL_IT, "int main() { rill::run(number()); }"),
    ("run of an lvalue", "int main() { auto mine = number(); rill::run(mine, rill::stop_on(2)); }", RVALUE,
     "int main() { auto mine = number(); rill::run(std::move(mine), rill::stop_on(2)); }"),
    ("run on a context of a number", "int main() { rill::io_context().run(3); }", NO_AWAITABLE,
     "int main() { rill::io_context().run(number()); }"),
    ("spawn of an lvalue", "void fragment(rill::task_group& to, rill::task<> mine) { to.spawn(mine); }",
     "write spawn(std::move(it)), or spawn the call",
     "void fragment(rill::task_group& to, rill::task<> mine) { to.spawn(std::move(mine)); }"),
    ("spawn of a plain function", "void fragment(rill::task_group& to) { to.spawn(plain); }",
     "wants a coroutine: a function that returns a rill::task", "void fragment(rill::task_group& to) { to.spawn(number); }"),
    ("spawn of a function with the wrong arguments", "void fragment(rill::task_group& to) { to.spawn(number, 3); }",
     "spawn wants an awaitable, or a coroutine function with the arguments to call it with",
     "void fragment(rill::task_group& to) { to.spawn([](int) { return number(); }, 3); }"),
    ("spawn of a function with an argument that can't be copied",
     "void fragment(rill::task_group& to, rill::tcp_stream& mine) { to.spawn([](rill::tcp_stream) { return number(); }, mine); }",
     "spawn keeps its arguments, and one of them can't be copied: write std::move(it)",
     "void fragment(rill::task_group& to, rill::tcp_stream& mine) { to.spawn([](rill::tcp_stream) { return number(); }, std::move(mine)); }"),
    ("a plain body of a group", coroutine("co_await rill::with_task_group([](rill::task_group&) {});"),
     "with_task_group wants a coroutine",
     coroutine("co_await rill::with_task_group([](rill::task_group&) -> rill::task<> { co_return; });")),
    ("a body of a group without parameters", coroutine("co_await rill::with_task_group(number);"),
     "with_task_group wants a coroutine function that takes a task_group&",
     coroutine("co_await rill::with_task_group([](rill::task_group&) { return number(); });")),
    ("a coroutine for post", "void fragment(rill::io_context& to) { to.post(number); }", "post " + PLAIN,
     "void fragment(rill::io_context& to) { to.post(plain); }"),
    ("a coroutine for a stop_callback",
     "void fragment(rill::stop_token token) { rill::stop_callback here(token, number); }", "stop_callback " + PLAIN,
     "void fragment(rill::stop_token token) { rill::stop_callback here(token, plain); }"),
    ("a coroutine for on_error",
     "auto fragment() { return rill::serve_options().on_error([](std::exception_ptr, rill::endpoint) { return number(); }); }",
     "on_error " + PLAIN,
     "auto fragment() { return rill::serve_options().on_error([](std::exception_ptr, rill::endpoint) {}); }"),
    ("a coroutine for blocking", coroutine("co_await rill::blocking(number);"),
     "blocking wants a plain function: a coroutine is awaited where it is", coroutine("co_await rill::blocking(plain);")),
    ("blocking with the wrong arguments", coroutine("co_await rill::blocking(plain, 3);"),
     "blocking wants a function, and the arguments to call it with", coroutine("co_await rill::blocking(plain);")),
    ("a plain session for serve", coroutine("co_await rill::serve(listener, [](rill::tcp_stream) {});"), SESSION,
     coroutine("co_await rill::serve(listener, session);")),
    ("a session of the wrong stream for serve",
     coroutine("co_await rill::serve(listener, [](rill::unix_stream) -> rill::task<> { co_return; });"), SESSION,
     coroutine("co_await rill::serve(listener, [](rill::tcp_stream) -> rill::task<> { co_return; });")),
    ("serve of a stream", coroutine("co_await rill::serve(stream, session);"), "serve wants a listener",
     coroutine("co_await rill::serve(std::move(listener), session);")),
    ("on of a function", coroutine("co_await rill::on(rill::this_context(), number);"), CALL_IT,
     coroutine("co_await rill::on(rill::this_context(), number());")),
    ("on of an lvalue", coroutine("auto mine = number(); co_await rill::on(rill::this_context(), mine);"), RVALUE,
     coroutine("auto mine = number(); co_await rill::on(rill::this_context(), std::move(mine));")),
    ("run_per_core of a function that takes nothing", "int main() { rill::run_per_core(2, nothing); }",
     "run_per_core wants a function that takes the index of a thread",
     "int main() { rill::run_per_core(2, [](std::size_t) { return nothing(); }); }"),
    ("run_per_core of a plain function", "int main() { rill::run_per_core(2, [](std::size_t) {}); }",
     "run_per_core wants a coroutine: a function that returns a rill::task for a thread",
     "int main() { rill::run_per_core(2, [](std::size_t) -> rill::task<> { co_return; }); }"),
    ("run_per_core of tasks with values", "int main() { rill::run_per_core(2, [](std::size_t) { return number(); }); }",
     "run_per_core wants tasks without a value", "int main() { rill::run_per_core(2, [](std::size_t) { return nothing(); }); }"),
    ("a coroutine inside of a guarded", inside("with([](int&) -> rill::task<> { co_return; })"), NOT_INSIDE,
     inside("with([](int&) {})")),
    ("an operation out of a guarded", inside("with([](int&) { return rill::yield(); })"), NOT_INSIDE,
     inside("with([](int& n) { return n; })")),
    ("a coroutine that reads a guarded", inside("read([](int) -> rill::task<int> { co_return 1; })"), NOT_INSIDE,
     inside("read([](int n) { return n; })")),
    ("a coroutine for a wait", coroutine(GUARDED + "co_await value.wait([](int) { return true; }, [](int&) { return number(); });"),
     NOT_INSIDE, coroutine(GUARDED + "co_await value.wait([](int) { return true; }, [](int& n) { return n; });")),
    ("a predicate that is a coroutine", coroutine(GUARDED + "co_await value.wait([](int) { return number(); });"), NOT_INSIDE,
     coroutine(GUARDED + "co_await value.wait([](int n) { return n == 0; });")),
    ("a predicate without an answer", coroutine(GUARDED + "co_await value.wait([](int) {});"),
     "the predicate of a wait says true or false", coroutine(GUARDED + "co_await value.wait([](int n) { return n == 0; });")),
    ("a predicate that writes", coroutine(GUARDED + "co_await value.wait([](int& n) { return ++n == 1; });"),
     "guarded wants a function that it can call with the value",
     coroutine(GUARDED + "co_await value.wait([](const int& n) { return n == 1; });")),
    ("a reference out of a guarded", inside("with([](int& n) -> int& { return n; })"), LEADS_BACK,
     inside("with([](int& n) -> int { return n; })")),
    ("a reference out of a reader", inside("read([](const int& n) -> decltype(auto) { return (n); })"), LEADS_BACK,
     inside("read([](const int& n) { return (n); })")),
    ("a pointer out of a guarded", inside("with([](int& n) { return &n; })"), LEADS_BACK, inside("with([](int& n) { return n; })")),
    ("a pointer out of try_with_for", inside("try_with_for(1s, [](int& n) { return &n; })"), LEADS_BACK,
     inside("try_with_for(1s, [](int& n) { return n; })")),
    ("a pointer out of a wait", coroutine(GUARDED + "co_await value.wait([](int) { return true; }, [](int& n) { return &n; });"),
     LEADS_BACK, coroutine(GUARDED + "co_await value.wait([](int) { return true; }, [](int& n) { return n; });")),
    ("a view of a guarded text", texts("with([](auto& text) { return std::string_view(text); })"), LEADS_BACK,
     texts("with([](auto& text) { return text.substr(1); })")),
    ("a view that filters a guarded text",
     texts("with([](auto& text) { return std::views::filter(text, [](char) { return true; }); })"), LEADS_BACK,
     texts("with([](auto& text) { return std::ranges::distance(std::views::filter(text, [](char) { return true; })); })")),
    ("the element of a guarded vector of bools", inside("with([](auto& flags) { return flags[0]; })", "std::vector<bool>"), LEADS_BACK,
     inside("with([](auto& flags) -> bool { return flags[0]; })", "std::vector<bool>")),
    ("a span of a guarded text", texts("with([](auto& text) { return std::optional(std::span(text)); })"), LEADS_BACK,
     texts("with([](auto& text) { return std::optional(text.size()); })")),
    ("an iterator of a guarded map", maps("with([](auto& map) { return map.find(1); })"), LEADS_BACK,
     maps("with([](auto& map) { return map.contains(1); })")),
    ("an iterator in a pair", maps("with([](auto& map) { return map.emplace(1, 2); })"), LEADS_BACK,
     maps("with([](auto& map) { return map.emplace(1, 2).second; })")),
    ("a wrapped reference", inside("with([](int& n) { return std::ref(n); })"), LEADS_BACK,
     inside("with([](int& n) { return std::make_shared<int>(n); })")),
    ("a function with another parameter", inside("with([](std::string&) {})"),
     "guarded wants a function that it can call with the value", inside("with([](int&) {})")),
    ("a reader that writes", inside("read([](int& n) { n = 1; })"), "guarded wants a function that it can call with the value",
     inside("with([](int& n) { n = 1; })")),
    ("writing to a const guarded", "void fragment(const rill::guarded<int>& value) { value.with([](int&) {}); }", ONLY_READ,
     "void fragment(const rill::guarded<int>& value) { value.read([](const int&) {}); }"),
    ("trying to write to a const guarded",
     "void fragment(const rill::guarded<int>& value) { value.try_with_for(1s, [](int&) {}); }", ONLY_READ,
     "void fragment(rill::guarded<int>& value) { (void)value.try_with_for(1s, [](int&) {}); }"),
    ("waiting to write to a const guarded",
     "void fragment(const rill::guarded<int>& value) { value.wait([](int) { return true; }, [](int&) {}); }",
     "this guarded is const: wait(predicate) looks at it",
     "auto fragment(const rill::guarded<int>& value) { return value.wait([](int) { return true; }); }"),
    ("a const guarded in with_all",
     "void fragment(const rill::guarded<int>& one, rill::guarded<int>& other) { rill::with_all([](int, int&) {}, one, other); }",
     "the guarded values to call it with, none of them const",
     "void fragment(rill::guarded<int>& one, rill::guarded<int>& other) { rill::with_all([](int, int&) {}, one, other); }"),
    ("a reference out of with_all",
     "void fragment(rill::guarded<int>& one) { rill::with_all([](int& n) -> int& { return n; }, one); }", LEADS_BACK,
     "void fragment(rill::guarded<int>& one) { rill::with_all([](int& n) { return n; }, one); }"),
    ("a copy of a guarded", "void fragment(rill::guarded<int>& value) { auto copy = value; }", "deleted",
     "void fragment(rill::guarded<int>& value) { auto copy = value.read([](int n) { return n; }); (void)copy; }"),
    ("a discarded try_with_for", "void fragment(rill::guarded<int>& value) { value.try_with_for(1s, [](int&) {}); }", "nodiscard",
     "bool fragment(rill::guarded<int>& value) { return value.try_with_for(1s, [](int&) {}); }"),
    ("a discarded task", "void fragment() { number(); }", DISCARDED, coroutine("co_await number();")),
    ("a discarded combinator", "void fragment() { rill::timeout(1s, rill::when_all(number())); }", "nodiscard",
     coroutine("co_await rill::timeout(1s, rill::when_all(number()));")),
    ("a discarded finally", "void fragment() { rill::finally(number(), nothing); }", "nodiscard",
     coroutine("co_await rill::finally(number(), nothing);")),
    ("a discarded handle of a child", None, "", "void fragment(rill::task_group& to) { to.spawn(number()); }"),
]

# g++ 12 alone refuses these; others compile them, and right.
CAPTURES = "auto mine = std::make_shared<int>(1); "
OF_GCC_12 = [
    ("a temporary lambda with captures for blocking", coroutine(CAPTURES + "co_await rill::blocking([mine] {});"),
     "g++ 12 destroys such a temporary in a co_await twice: name the lambda first",
     coroutine(CAPTURES + "auto function = [mine] {}; co_await rill::blocking(function);")),
    ("a temporary lambda with captures as a body of a group",
     coroutine(CAPTURES + "co_await rill::with_task_group([mine](rill::task_group&) -> rill::task<> { co_return; });"),
     NAME_IT,
     coroutine(CAPTURES + "auto body = [mine](rill::task_group&) -> rill::task<> { co_return; };"
               " co_await rill::with_task_group(body);")),
    ("a temporary lambda with captures as a session",
     coroutine(CAPTURES + "co_await rill::serve(listener, [mine](rill::tcp_stream) -> rill::task<> { co_return; });"),
     NAME_IT,
     coroutine(CAPTURES + "auto session = [mine](rill::tcp_stream) -> rill::task<> { co_return; };"
               " co_await rill::serve(listener, session);")),
    ("a temporary lambda with captures for on_error",
     coroutine(CAPTURES + "co_await rill::serve(listener, session,"
               " rill::serve_options().on_error([mine](std::exception_ptr, rill::endpoint) {}));"), NAME_IT,
     coroutine(CAPTURES + "auto tell = [mine](std::exception_ptr, rill::endpoint) {};"
               " co_await rill::serve(listener, session, rill::serve_options().on_error(tell));")),
    ("a temporary lambda with captures as a cleanup",
     coroutine(CAPTURES + "co_await rill::finally(number(), [mine]() -> rill::task<> { co_return; });"), NAME_IT,
     coroutine(CAPTURES + "auto cleanup = [mine]() -> rill::task<> { co_return; };"
               " co_await rill::finally(number(), cleanup);")),
    ("a temporary lambda with captures as a predicate",
     coroutine(GUARDED + CAPTURES + "co_await value.wait([mine](int n) { return n == *mine; });"), NAME_IT,
     coroutine(GUARDED + CAPTURES + "auto same = [mine](int n) { return n == *mine; }; co_await value.wait(same);")),
]


class Compiler:
    def __init__(self, command, include, folder, *flags):
        self.options = [command, *flags, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", include]
        self.header = pathlib.Path(folder) / "preamble.hpp"
        self.header.parent.mkdir(parents=True, exist_ok=True)
        self.header.write_text(PREAMBLE)
        version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
        self.clang = "clang" in version
        macros = subprocess.run([command, "-dM", "-E", "-x", "c++", os.devnull], capture_output=True, text=True, check=True)
        self.gcc_12 = not self.clang and int(macros.stdout.split("#define __GNUC__ ")[1].split()[0]) < 13
        precompiled = str(self.header) + (".pch" if self.clang else ".gch")
        options = [each for each in self.options if each != "-fsyntax-only"]
        subprocess.run([*options, "-x", "c++-header", str(self.header), "-o", precompiled], check=True)

    def errors_of(self, fragment):
        """What it says about a fragment; None if there is nothing to say."""
        environment = dict(os.environ, LC_ALL="C")
        done = subprocess.run([*self.options, "-include", str(self.header), "-x", "c++", "-"], input=fragment,
                              capture_output=True, text=True, env=environment, check=False)
        return None if done.returncode == 0 else done.stderr


def wrong_about(compiler, row):
    """What is wrong about one row of the table, as a list of texts."""
    title, wrong, told, right = row
    found = []
    if wrong is not None:
        errors = compiler.errors_of(wrong)
        if errors is None:
            found.append(f"{title}: compiles")
        elif not any(told in line for line in errors.splitlines() if "error:" in line):
            found.append(f"{title}: no error says \"{told}\", but:\n{errors}")
    errors = compiler.errors_of(right)
    if errors is not None:
        found.append(f"{title}: the control does not compile:\n{errors}")
    return found


def main():
    compiler = Compiler(*sys.argv[1:])
    table = TABLE + OF_GCC_12
    if not compiler.gcc_12:
        table = TABLE + [(title, None, "", each) for title, wrong, _, right in OF_GCC_12 for each in (wrong, right)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [each for rows in pool.map(lambda row: wrong_about(compiler, row), table) for each in rows]
    for each in found:
        print(each)
    print(f"{len(table)} rows, {len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
