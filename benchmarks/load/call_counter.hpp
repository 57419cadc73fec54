// SPDX-License-Identifier: MIT
#pragma once

// Counts the system calls of a process at full speed, by the tracepoint raw_syscalls:sys_enter, for each of its threads
// and those that they start from now on. Needs the permission to trace: throws std::system_error where it is refused.

#include <dirent.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "descriptor.hpp"
#include "failure.hpp"

namespace load {

class call_counter {
  public:
    explicit call_counter(std::uint64_t pid) {
        const std::string threads = "/proc/" + std::to_string(pid) + "/task";
        const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(threads.c_str()), &::closedir);
        if (!folder) throw_system_error("the server's threads");
        while (const dirent* const each = ::readdir(folder.get()))
            if (const pid_t thread = static_cast<pid_t>(std::atoi(each->d_name)); thread != 0)
                counters_.push_back(open_for(thread));
    }

    [[nodiscard]] std::uint64_t count() const {
        std::uint64_t sum = 0;
        for (const descriptor& each : counters_) {
            std::uint64_t value = 0;
            checked(::read(each.number(), &value, sizeof value), "read a counter");
            sum += value;
        }
        return sum;
    }

  private:
    static descriptor open_for(pid_t thread) {
        std::uint64_t tracepoint = 0;
        for (const char* folder : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"})
            if (tracepoint == 0) std::ifstream(std::string(folder) + "/events/raw_syscalls/sys_enter/id") >> tracepoint;
        if (tracepoint == 0) {
            errno = EACCES;
            throw_system_error("the tracepoint raw_syscalls:sys_enter");
        }
        perf_event_attr wanted{};
        wanted.type = PERF_TYPE_TRACEPOINT;
        wanted.size = sizeof wanted;
        wanted.config = tracepoint;
        wanted.inherit = 1;
        const long made = ::syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
        return descriptor(static_cast<int>(checked(made, "perf_event_open")));
    }

    std::vector<descriptor> counters_;
};

}  // namespace load
