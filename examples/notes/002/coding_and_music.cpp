// SPDX-License-Identifier: MIT
// Coding and music of note 002: both at the same time, the one as a task, the other as work that blocks a thread.
// Run:  note_002_coding_and_music
#include <chrono>
#include <iostream>
#include <rill.hpp>
#include <string>
#include <thread>

#include "../../support/command_line.hpp"

using namespace std::chrono_literals;

rill::task<> coding() {
    for (int i = 0; i < 10; ++i) {
        std::cout << "敲代码..." + std::to_string(i) + "\n" << std::flush;
        co_await rill::sleep_for(100ms);  // the loop does something else meanwhile
    }
}

void music() {
    for (int i = 0; i < 10; ++i) {
        std::cout << "听音乐--------" + std::to_string(i) + "\n" << std::flush;
        std::this_thread::sleep_for(100ms);  // nobody else has this thread
    }
}

rill::task<> coding_and_music() {
    // 单线程: main的这个代码会先走完
    for (int i = 0; i < 10; ++i) {
        std::cout << "main##" + std::to_string(i) + "\n" << std::flush;
        co_await rill::sleep_for(100ms);
    }
    co_await rill::when_all(coding(), rill::blocking(music));
}

int main(int argc, char** argv) {
    return example::run_alone(argc, argv, [] { rill::run(coding_and_music()); });
}
