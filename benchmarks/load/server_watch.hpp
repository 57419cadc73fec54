// SPDX-License-Identifier: MIT
#pragma once

// What a run costs the server's process, seen from outside: its CPU time to the nanosecond, with that of threads which
// have ended, its system calls, and its memory. Without a process to watch it says nothing.

#include <ctime>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "call_counter.hpp"
#include "clock.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "report.hpp"

namespace load {

class server_watch {
  public:
    explicit server_watch(const options& wanted) : pid_(wanted.pid), counts_calls_(wanted.calls != 0) {
        if (pid_ != 0 && ::clock_getcpuclockid(static_cast<pid_t>(pid_), &clock_) != 0)
            throw_system_error("the server's clock");
    }

    void begin() {
        if (pid_ == 0) return;
        if (counts_calls_) calls_.emplace(pid_);
        cpu_begin_ = read_clock(clock_);
        own_begin_ = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    }
    void end() {
        if (pid_ == 0) return;
        cpu_ = read_clock(clock_) - cpu_begin_;
        own_ = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own_begin_;
        if (calls_) calls_counted_ = calls_->count();
    }
    /// Adds what each of so many exchanges cost.
    void tell(report& to, std::uint64_t exchanges) const {
        if (pid_ == 0 || exchanges == 0) return;
        const auto each = static_cast<double>(exchanges);
        to.add("cpu_us", static_cast<double>(cpu_) / 1'000 / each);
        to.add("load_cpu_us", static_cast<double>(own_) / 1'000 / each);
        if (calls_) to.add("calls", static_cast<double>(calls_counted_) / each);
    }

    /// The memory of the server that is resident now, in bytes.
    [[nodiscard]] std::uint64_t resident() const {
        std::ifstream all("/proc/" + std::to_string(pid_) + "/smaps_rollup");
        for (std::string word; all >> word;) {
            std::uint64_t kibibytes = 0;
            if (word == "Rss:" && all >> kibibytes) return kibibytes * 1'024;
        }
        throw_system_error("the server's memory");
    }

  private:
    std::uint64_t pid_;
    bool counts_calls_;
    clockid_t clock_{};
    std::optional<call_counter> calls_;
    nanoseconds cpu_begin_ = 0;
    nanoseconds cpu_ = 0;
    nanoseconds own_begin_ = 0;
    nanoseconds own_ = 0;
    std::uint64_t calls_counted_ = 0;
};

}  // namespace load
