// SPDX-License-Identifier: MIT
// The global variable of note 000 that threads share: only one of them has it at a time.
// Run:  note_000_shared_global
#include <iostream>
#include <rill.hpp>
#include <thread>
#include <vector>

#include "../../support/command_line.hpp"

rill::guarded<int> g_num{100};  // the threads can't reach it without its lock
rill::guarded<std::vector<int>> g_list{std::vector{11, 22}};

void test1() {
    g_num.with([](int& num) { num += 1; });  // `global` in the note: it is set to something new
    g_list.with(
        [](std::vector<int>& list) { list.push_back(33); });  // no `global` needed there: what it has in it is changed
}

void test2() {
    const int num = g_num.read([](const int& now) { return now; });
    const auto size = g_list.read([](const std::vector<int>& now) { return now.size(); });
    std::cout << "test2: " << num << ", " << size << '\n';
}

void shared_global() {
    std::thread(test1).join();
    std::thread(test2).join();
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, shared_global); }
