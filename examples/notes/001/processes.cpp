// SPDX-License-Identifier: MIT
// A process of its own in note 001: this program starts itself once more, and shows what that says.
// Run:  note_001_processes
#include "../../support/child_process.hpp"

#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"

/// What the other process does.
void method_name() { std::cout << "子进程\n" << std::flush; }

rill::task<> processes(const char* path) {
    example::child_process p(path, "method_name");  // p = multiprocessing.Process(target=method_name), p.start()
    std::cout << "主进程\n" << std::flush;
    const auto read_line = [&p] { return p.read_line(); };  // it blocks, so on another thread
    for (std::string line; !(line = co_await rill::blocking(read_line)).empty();)
        std::cout << line << '\n' << std::flush;
    std::cout << "子进程结束: " << p.stop() << '\n';
}

int main(int argc, char** argv) {
    return example::run_program(argc, argv, {"", 1, "no arguments"}, [&](const example::arguments& given) {
        if (given.text(1, "") == "method_name") return method_name();
        rill::run(processes(argv[0]));
    });
}
