// SPDX-License-Identifier: MIT
#pragma once

// Binding a Unix socket to a path, and replacing a file that an earlier program has left there. unix(7), flock(2).
//
// Whether somebody still has a socket file is asked by connecting a datagram socket: it is refused where nobody is
// (ECONNREFUSED), told to be of the wrong type by a stream socket (EPROTOTYPE), and unnoticed by a datagram one. So no
// listener ever sees a client that is only a question.
//
// Race: two starters find the same dead file; one replaces it, and the other then removes what the first has just bound.
// So the question, the removal and the bind happen under a lock of the directory, which leaves nothing behind. Who comes
// second asks again under the lock, and finds somebody there. Whoever binds without asking, since there was no file, is
// found by the question from the moment of its bind.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "native_calls.hpp"
#include "system_address.hpp"

namespace rill::backend::inline RILL_ABI {

/// Binds; 0, or -1 with errno set: EADDRINUSE if somebody has the name, or the file is no socket.
int bind_unix_name(int descriptor, const unix_name& name) noexcept;

// ---- mechanism ----

/// Whether a path is a socket that nobody has any more.
inline bool is_stale(const unix_name& path, native_address& address) noexcept {
    struct stat found{};
    if (::lstat(path.bytes, &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
    const int asks = new_socket(AF_UNIX, SOCK_DGRAM);
    if (asks < 0) return false;
    const bool refused = ::connect(asks, address.data(), address.size) < 0 && errno == ECONNREFUSED;
    ::close(asks);
    return refused;
}

/// The directory of a path, locked; -1 with errno set if that can't be. Whoever has it is about to bind, so this waits,
/// but not for ever: anyone who may read the directory can lock it.
inline int locked_directory_of(const unix_name& path) noexcept {
    unix_name directory = path;
    char* const last = ::strrchr(directory.bytes, '/');
    (last == nullptr ? directory.bytes[0] : last == directory.bytes ? last[1] : *last) = '\0';
    const int descriptor = ::open(last == nullptr ? "." : directory.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const timespec pause{0, 1'000'000};
    for (int tries = 1'000; descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) != 0;
         ::nanosleep(&pause, nullptr)) {
        if ((errno == EWOULDBLOCK || errno == EINTR) && --tries != 0) continue;
        ::close(descriptor);
        return -1;
    }
    return descriptor;
}

inline int bind_unix_name(int descriptor, const unix_name& name) noexcept {
    native_address address(name);
    if (::bind(descriptor, address.data(), address.size) == 0) return 0;
    if (errno != EADDRINUSE || name.size == 0 || name.bytes[0] == '\0') return -1;
    const int lock = locked_directory_of(name);
    if (lock >= 0 && is_stale(name, address)) ::unlink(name.bytes);
    const int answer = ::bind(descriptor, address.data(), address.size);
    const int code = errno;
    if (lock >= 0) ::close(lock);  // and so unlocked
    errno = code;
    return answer;
}

}  // namespace rill::backend::inline RILL_ABI
