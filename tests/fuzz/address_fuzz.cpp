// SPDX-License-Identifier: MIT

// Reads any bytes as an address and as an endpoint, and compares with inet_pton and inet_ntop. To run it for a minute:
//   clang++-19 -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I include -I tests tests/fuzz/address_fuzz.cpp
//   ./a.out -max_total_time=60 -max_len=80 -only_ascii=1

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <rill/core/described_error.hpp>

#include "support/address_oracle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const std::string wrong = address_oracle::disagreement(text);
    if (wrong.empty()) return 0;
    std::fprintf(stderr, "%s: %s\n", rill::error_text().append_quoted(text).c_str(), wrong.c_str());
    std::abort();
}
