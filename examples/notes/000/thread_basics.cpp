// SPDX-License-Identifier: MIT
// The basics of threads in note 000, with tasks: one of a function, one of a class with `run`, and how many there are.
// Run:  note_000_thread_basics
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"

rill::task<> function_name() {
    std::cout << "函数的任务\n" << std::flush;
    co_await rill::yield();  // the others have their turn
}

class my_task {
  public:
    rill::task<> run() {
        std::cout << "类的任务\n" << std::flush;
        co_await rill::yield();
    }
};

rill::task<> thread_basics() {
    co_await rill::with_task_group([](rill::task_group& group) -> rill::task<> {
        my_task t;
        auto t2 = function_name();  // 只是创建了实例对象: nothing of it runs yet
        std::cout << "当前运行的线程数为：" << 1 + group.size() << '\n'
                  << std::flush;     // as the note counts: with this one
        group.spawn(std::move(t2));  // 开始执行
        group.spawn(t.run());
        std::cout << "当前运行的线程数为：" << 1 + group.size() << '\n' << std::flush;
        co_await group.join();
        std::cout << "当前运行的线程数为：" << 1 + group.size() << '\n' << std::flush;
    });
}

int main(int argc, char** argv) {
    return example::run_alone(argc, argv, [] { rill::run(thread_basics()); });
}
