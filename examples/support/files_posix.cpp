// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "files.hpp"

namespace example {
namespace {

[[noreturn]] void fail(const std::string& path) { throw std::system_error(errno, std::generic_category(), path); }

int open_again(const char* path, int flags) {
    for (;;) {
        const int opened = ::open(path, flags | O_CLOEXEC, 0666);
        if (opened >= 0 || errno != EINTR) return opened;
    }
}

}  // namespace

rill::owned_handle open_in_this_folder(std::string_view name) {
    if (!is_plain_name(name)) return {};
    // O_NOFOLLOW: no symbolic link. O_NONBLOCK: a pipe without a writer does not hold us up.
    rill::owned_handle file(open_again(std::string(name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    struct stat what{};
    if (!file || ::fstat(static_cast<int>(file.get()), &what) != 0 || !S_ISREG(what.st_mode)) return {};
    return file;
}

rill::owned_handle open_to_read(const std::string& path) {
    const int opened = open_again(path.c_str(), O_RDONLY);
    if (opened < 0) fail(path);
    return rill::owned_handle(opened);
}

rill::owned_handle make_file(const std::string& path) {
    const int made = open_again(path.c_str(), O_WRONLY | O_CREAT | O_EXCL);
    if (made < 0 && errno != EEXIST) fail(path);
    return rill::owned_handle(made);
}

void make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) fail(path);
}

void rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) fail(to);
}

void remove_file(const std::string& path) noexcept { ::unlink(path.c_str()); }

}  // namespace example
