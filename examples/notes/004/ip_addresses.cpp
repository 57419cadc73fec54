// SPDX-License-Identifier: MIT
// What note 004 says of addresses, asked of those that are given: version, class, ranges, network and host.
// Run:  note_004_ip_addresses [address...]
#include <iostream>
#include <rill.hpp>
#include <string>
#include <vector>

#include "../../support/command_line.hpp"

void describe(const rill::ip_address& ip) {
    std::cout << to_string(ip) << ": " << (ip.is_v4() ? "IPv4" : "IPv6");
    if (const char letter = ip.address_class(); letter != '\0') {
        std::cout << ", " << letter << "类";
        // 网络号 and 主机号: how many bits of each, the class says.
        const int network_bits = letter == 'A' ? 8 : letter == 'B' ? 16 : letter == 'C' ? 24 : 0;
        if (network_bits != 0)
            std::cout << ", 网络号 " << to_string(ip.network(network_bits)) << ", 主机号 "
                      << to_string(ip.host(network_bits));
    }
    if (ip.is_private()) std::cout << ", 私有";
    if (ip.is_loopback()) std::cout << ", 回路测试";
    if (ip.is_link_local()) std::cout << ", 本地链接";
    if (ip.is_multicast()) std::cout << ", 组播";
    if (ip.is_broadcast()) std::cout << ", 广播";
    if (ip.is_unspecified()) std::cout << ", 任意";
    if (ip.scope_id() != 0) std::cout << ", 网卡 " << ip.scope_id();
    std::cout << '\n' << std::flush;
}

int main(int argc, char** argv) {
    const std::vector<std::string> usual = {
        "192.168.43.143", "fe80::28fb:6bc4:bfa6:7c83%19", "10.0.0.0", "172.31.255.255", "127.0.0.1", "255.255.255.255"};
    return example::run_program(argc, argv, {"[address...]", 1000, "those of the note unless any are given"},
                                [&](const example::arguments& given) {
                                    const std::vector<std::string> all(argv + (given.has(1) ? 1 : argc), argv + argc);
                                    for (const std::string& each : all.empty() ? usual : all)
                                        describe(rill::ip_address(each));
                                });
}
