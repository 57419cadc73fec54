// SPDX-License-Identifier: MIT
#pragma once

// See child_process.hpp. Windows.

#include <rill/backend/windows_headers.hpp>

#include <io.h>
#include <psapi.h>
#include <stdio.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>

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
    /// Ends it: Windows has no way to ask that works without a console in common. Returns 0, or the exit status of one
    /// that had ended before.
    [[nodiscard]] int stop();

    [[nodiscard]] int id() const noexcept { return static_cast<int>(id_); }

  private:
    HANDLE process_ = nullptr;  // null once it has ended
    HANDLE output_ = nullptr;   // the pipe from its standard output
    DWORD id_ = 0;
    int status_ = -1;  // of its end
};

/// How many sockets this process may have: Windows sets no limit.
inline std::size_t raise_descriptor_limit() { return 1'000'000; }

/// Whether standard output is a terminal.
inline bool stdout_is_terminal() { return ::_isatty(::_fileno(stdout)) != 0; }

// ---- mechanism ----

inline child_process::child_process(const char*, const char* argument) {
    const auto must = [](BOOL good, const char* what) {
        if (!good) throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), what);
    };
    std::array<wchar_t, 4096> path{};
    ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    std::wstring command = L"\"" + std::wstring(path.data()) + L"\" ";
    for (const char* each = argument; *each != '\0'; ++each) command += static_cast<wchar_t>(*each);
    SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    STARTUPINFOW how{};
    how.cb = sizeof how;
    how.dwFlags = STARTF_USESTDHANDLES;
    how.hStdError = ::GetStdHandle(STD_ERROR_HANDLE);
    must(::CreatePipe(&output_, &how.hStdOutput, &inherited, 0), "pipe");
    ::SetHandleInformation(output_, HANDLE_FLAG_INHERIT, 0);
    PROCESS_INFORMATION made{};
    const BOOL started =
        ::CreateProcessW(path.data(), command.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &how, &made);
    ::CloseHandle(how.hStdOutput);
    if (!started) ::CloseHandle(output_);
    must(started, "CreateProcess");
    ::CloseHandle(made.hThread);
    process_ = made.hProcess;
    id_ = made.dwProcessId;
}

inline std::string child_process::read_line() {
    std::string line;
    for (char next = 0;;) {
        DWORD size = 0;
        if (!::ReadFile(output_, &next, 1, &size, nullptr) || size == 0 || next == '\n') return line;
        if (next != '\r') line += next;
    }
}

inline std::optional<std::size_t> child_process::memory() const {
    PROCESS_MEMORY_COUNTERS counters{};
    if (!::K32GetProcessMemoryInfo(process_, &counters, sizeof counters)) return std::nullopt;
    return counters.WorkingSetSize;
}

inline int child_process::stop() {
    if (process_ == nullptr) return status_;
    ::TerminateProcess(process_, 0);  // does nothing to one that has ended
    ::WaitForSingleObject(process_, INFINITE);
    DWORD code = 0;
    if (::GetExitCodeProcess(process_, &code)) status_ = static_cast<int>(code);
    ::CloseHandle(process_);
    ::CloseHandle(output_);
    process_ = nullptr;
    return status_;
}

}  // namespace example
