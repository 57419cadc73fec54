// SPDX-License-Identifier: MIT
// Starting threads in note 001, with tasks: of a function and its arguments, and of a class with `run`.
// Run:  note_001_task_basics
#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"

rill::task<> function_name(std::string variable) {
    std::cout << "function_name " << variable << '\n' << std::flush;
    co_return;
}

class my_task {
  public:
    rill::task<> run() {
        std::cout << "my_task run\n" << std::flush;
        co_return;
    }
};

rill::task<> task_basics() {
    co_await rill::with_task_group([](rill::task_group& group) -> rill::task<> {
        my_task t;
        group.spawn(function_name, "variable");  // target and args
        group.spawn(t.run());
        std::cout << "main\n" << std::flush;  // spawn starts them in their turn, not here
        co_await group.join();                // so that `t` outlives its task
    });
}

int main(int argc, char** argv) {
    return example::run_alone(argc, argv, [] { rill::run(task_basics()); });
}
