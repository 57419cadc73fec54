// SPDX-License-Identifier: MIT
#if defined(__linux__)

#include "support/linux_faults.hpp"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <system_error>

namespace {

constexpr std::size_t errors_max = 64;
int accept_errors[errors_max];
std::size_t accept_errors_begin = 0, accept_errors_end = 0;
std::atomic<std::size_t> accepts{0};
std::atomic<int> registration_error{0};
std::atomic<int> transfer_error{0};
std::atomic<int> transfers_to_fail{0};

bool transfer_fails() {
    if (transfers_to_fail.load(std::memory_order_relaxed) <= 0) return false;
    if (transfers_to_fail.fetch_sub(1) <= 0) return false;
    errno = transfer_error.load();
    return true;
}

/// The function that stands behind ours: the C library's, or that of a sanitizer, which sees what is done to memory. Null
/// in a program that is linked statically.
template <class Function>
Function* behind(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int accept4(int listener, sockaddr* peer, socklen_t* size, int flags) {
    accepts.fetch_add(1, std::memory_order_relaxed);
    if (accept_errors_begin != accept_errors_end) {
        errno = accept_errors[accept_errors_begin++];
        return -1;
    }
    return static_cast<int>(::syscall(SYS_accept4, listener, peer, size, flags));
}

// As the C library declares it: they differ in whether it can throw.
extern "C" int epoll_ctl(int poll, int what, int descriptor,
                         epoll_event* event) noexcept(noexcept(::epoll_ctl(0, 0, 0, nullptr))) {
    if (what == EPOLL_CTL_ADD) {
        if (const int code = registration_error.exchange(0)) {
            errno = code;
            return -1;
        }
    }
    return static_cast<int>(::syscall(SYS_epoll_ctl, poll, what, descriptor, event));
}

#if !defined(__GLIBC__)
// musl has them in one object with epoll_ctl: whoever replaces one of them in a static program replaces all.
extern "C" int epoll_create1(int flags) { return static_cast<int>(::syscall(SYS_epoll_create1, flags)); }
extern "C" int epoll_wait(int poll, epoll_event* events, int room, int limit_ms) {
    return static_cast<int>(::syscall(SYS_epoll_pwait, poll, events, room, limit_ms, nullptr, 0));
}
#endif

extern "C" ssize_t recv(int from, void* to, std::size_t size, int flags) {
    static const auto real = behind<ssize_t(int, void*, std::size_t, int)>("recv");
    if (transfer_fails()) return -1;
    return real != nullptr ? real(from, to, size, flags)
                           : ::syscall(SYS_recvfrom, from, to, size, flags, nullptr, nullptr);
}

extern "C" ssize_t send(int to, const void* from, std::size_t size, int flags) {
    static const auto real = behind<ssize_t(int, const void*, std::size_t, int)>("send");
    if (transfer_fails()) return -1;
    return real != nullptr ? real(to, from, size, flags) : ::syscall(SYS_sendto, to, from, size, flags, nullptr, 0);
}

extern "C" ssize_t recvfrom(int from, void* to, std::size_t size, int flags, sockaddr* peer, socklen_t* peer_size) {
    static const auto real = behind<ssize_t(int, void*, std::size_t, int, sockaddr*, socklen_t*)>("recvfrom");
    if (transfer_fails()) return -1;
    return real != nullptr ? real(from, to, size, flags, peer, peer_size)
                           : ::syscall(SYS_recvfrom, from, to, size, flags, peer, peer_size);
}

extern "C" ssize_t sendto(int to, const void* from, std::size_t size, int flags, const sockaddr* peer,
                          socklen_t peer_size) {
    static const auto real = behind<ssize_t(int, const void*, std::size_t, int, const sockaddr*, socklen_t)>("sendto");
    if (transfer_fails()) return -1;
    return real != nullptr ? real(to, from, size, flags, peer, peer_size)
                           : ::syscall(SYS_sendto, to, from, size, flags, peer, peer_size);
}

extern "C" ssize_t recvmsg(int from, msghdr* to, int flags) {
    static const auto real = behind<ssize_t(int, msghdr*, int)>("recvmsg");
    if (transfer_fails()) return -1;
    return real != nullptr ? real(from, to, flags) : ::syscall(SYS_recvmsg, from, to, flags);
}

extern "C" ssize_t sendmsg(int to, const msghdr* from, int flags) {
    static const auto real = behind<ssize_t(int, const msghdr*, int)>("sendmsg");
    if (transfer_fails()) return -1;
    return real != nullptr ? real(to, from, flags) : ::syscall(SYS_sendmsg, to, from, flags);
}

namespace support {

failing_transfers::failing_transfers(int code, int times) {
    transfer_error.store(code);
    transfers_to_fail.store(times);
}
failing_transfers::~failing_transfers() { transfers_to_fail.store(0); }
int failing_transfers::left() const { return transfers_to_fail.load(); }

failing_accepts::failing_accepts(std::initializer_list<int> errors) {
    accept_errors_begin = accept_errors_end = 0;
    for (const int each : errors) accept_errors[accept_errors_end++] = each;
}
failing_accepts::~failing_accepts() { accept_errors_begin = accept_errors_end = 0; }
std::size_t failing_accepts::left() const { return accept_errors_end - accept_errors_begin; }

std::size_t accept_count() { return accepts.load(std::memory_order_relaxed); }

failing_registration::failing_registration(int code) { registration_error.store(code); }
failing_registration::~failing_registration() { registration_error.store(0); }

few_descriptors::few_descriptors(std::size_t spare) {
    // The limit is put above the highest number in use, and what is free below it is taken.
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int highest = 0;
    for (int each = 0; each < 4096; ++each)
        if (::fcntl(each, F_GETFD) >= 0) highest = each;
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(highest) + 1 + spare;
    if (::setrlimit(RLIMIT_NOFILE, &now) != 0) throw std::system_error(errno, std::generic_category(), "setrlimit");
    for (int each = ::dup(0); each >= 0; each = ::dup(0)) taken_.push_back(each);
    for (; spare > 0; --spare) {
        ::close(taken_.back());
        taken_.pop_back();
    }
}

few_descriptors::~few_descriptors() {
    for (const int each : taken_) ::close(each);
    ::setrlimit(RLIMIT_NOFILE, &before_);
}

}  // namespace support

#endif
