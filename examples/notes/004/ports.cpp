// SPDX-License-Identifier: MIT
// What note 004 says of ports, asked of those that are given: well-known, or dynamic, with the registered ones told apart.
// Run:  note_004_ports [port...]
#include <iostream>
#include <rill.hpp>
#include <string>
#include <vector>

#include "../../support/command_line.hpp"

void describe(long long port) {
    std::cout << port << ": ";
    switch (rill::port_range_of(port)) {
        case rill::port_range::well_known:
            std::cout << "知名端口";
            break;
        case rill::port_range::registered:
            std::cout << "注册端口";
            break;  // 动态端口 in the note, which knows two kinds
        case rill::port_range::dynamic:
            std::cout << "动态端口";
            break;
    }
    if (port == 80) std::cout << ", HTTP";
    if (port == 21) std::cout << ", FTP";
    std::cout << '\n' << std::flush;
}

int main(int argc, char** argv) {
    const std::vector<std::string> usual = {"0", "21", "80", "1023", "1024", "3457", "65535"};
    return example::run_program(argc, argv, {"[port...]", 1000, "those of the note unless any are given"},
                                [&](const example::arguments& given) {
                                    const std::vector<std::string> all(argv + (given.has(1) ? 1 : argc), argv + argc);
                                    for (const std::string& each : all.empty() ? usual : all)
                                        describe(example::port_from(each));
                                });
}
