// SPDX-License-Identifier: MIT
#pragma once

// See child_process.hpp. POSIX; what only Linux tells is nothing elsewhere.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

namespace example {

/// This program, started once more with one argument. The destructor ends it if `stop` has not.
class child_process {
  public:
    /// `path` is argv[0]. Throws std::system_error.
    child_process(const char* path, const char* argument);
    ~child_process() { static_cast<void>(stop()); }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    /// The next line of its standard output, without the end; empty when it has ended.
    [[nodiscard]] std::string read_line();
    /// Its resident memory in bytes; nothing where the system does not tell.
    [[nodiscard]] std::optional<std::size_t> memory() const;
    /// Asks it to end (SIGTERM), kills it if it has not after ten seconds, and returns its exit status, -1 if it has none.
    [[nodiscard]] int stop();

    [[nodiscard]] int id() const noexcept { return id_; }

  private:
    pid_t id_ = -1;    // -1 once it has ended
    int output_ = -1;  // the pipe from its standard output
    int status_ = -1;  // of its end
};

/// Raises the number of descriptors that this process and its children may have as far as it goes; returns it.
inline std::size_t raise_descriptor_limit() {
    struct rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1'000'000));
}

/// Whether standard output is a terminal.
inline bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

// ---- mechanism ----

inline child_process::child_process(const char* path, const char* argument) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    id_ = ::fork();
    if (id_ == 0) {
#ifdef __linux__
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // should we be killed, it ends as well
        if (::access("/proc/self/exe", X_OK) == 0) path = "/proc/self/exe";
#endif
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        ::execlp(path, path, argument, nullptr);
        ::_exit(127);
    }
    const int error = errno;
    ::close(ends[1]);
    output_ = ends[0];
    ::fcntl(output_, F_SETFD, FD_CLOEXEC);
    if (id_ > 0) return;
    ::close(output_);
    throw std::system_error(error, std::generic_category(), "fork");
}

inline std::string child_process::read_line() {
    std::string line;
    for (char next = 0;;) {
        const ssize_t size = ::read(output_, &next, 1);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0 || next == '\n') return line;
        line += next;
    }
}

inline std::optional<std::size_t> child_process::memory() const {
    std::ifstream file("/proc/" + std::to_string(id_) + "/statm");  // proc(5): pages of the program, then resident ones
    std::size_t program = 0, resident = 0;
    if (!(file >> program >> resident)) return std::nullopt;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

inline int child_process::stop() {
    if (id_ < 0) return status_;
    ::kill(id_, SIGTERM);
    int ended = 0;
    for (int waits = 0; ::waitpid(id_, &ended, WNOHANG) == 0; ++waits) {
        if (waits == 1000) ::kill(id_, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    id_ = -1;
    ::close(output_);
    if (WIFEXITED(ended)) status_ = WEXITSTATUS(ended);
    return status_;
}

}  // namespace example
