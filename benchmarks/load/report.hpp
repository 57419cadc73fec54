// SPDX-License-Identifier: MIT
#pragma once

// What came of a run: names and numbers, printed as one line of JSON.

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "histogram.hpp"

namespace load {

class report {
  public:
    void add(std::string name, double value) { all_.emplace_back(std::move(name), value); }
    void add(std::string name, std::uint64_t value) { add(std::move(name), static_cast<double>(value)); }
    /// The percentiles of latencies, in microseconds.
    void add_latencies(const histogram& latencies) {
        for (const auto& [name, percent] : {std::pair("p50_us", 50.0), {"p99_us", 99.0}, {"p99.9_us", 99.9}})
            add(name, static_cast<double>(latencies.percentile(percent)) / 1'000);
        add("max_us", static_cast<double>(latencies.most()) / 1'000);
    }
    void print() const {
        const char* before = "{";
        for (const auto& [name, value] : all_) {
            std::printf("%s\"%s\": %.12g", before, name.c_str(), value);
            before = ", ";
        }
        std::puts("}");
    }

  private:
    std::vector<std::pair<std::string, double>> all_;
};

}  // namespace load
