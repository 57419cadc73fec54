// SPDX-License-Identifier: MIT
#pragma once

// One attempt of each transfer that has more than bytes: an address, handles, or both. recvmsg(2), sendmsg(2), cmsg(3);
// recvfrom(2) and sendto(2) for the usual one, a datagram in one piece: the kernel does a tenth less for it.
// Several datagrams a call are in linux_batches.hpp, or, where the system has no such call, in posix_batches.hpp.

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "posix_transfer.hpp"

namespace rill::backend::inline RILL_ABI {

/// How many bytes, which are noted in the message as well. -1: errno says why.
[[nodiscard]] ssize_t receive_message(const operation& each) noexcept;
[[nodiscard]] ssize_t transmit_message(const operation& each) noexcept;

// ---- mechanism ----

/// Room for the handles of a message.
struct handle_control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(handles_max * sizeof(int))];
};

/// Room for all that a system may deliver. Some systems leave what found no room open, known to nobody (macOS), or closed
/// and yet in the message (FreeBSD): so there is room, and who wanted fewer closes the others.
struct delivered_control {
    static constexpr std::size_t size = delivered_control_max != 0 ? delivered_control_max : sizeof(handle_control);
    alignas(cmsghdr) char bytes[size];
};

inline void put_handles(msghdr& to, handle_control& room, const message& from) noexcept {
    const std::size_t size = from.handle_count * sizeof(int);
    to.msg_control = room.bytes;
    to.msg_controllen = static_cast<decltype(to.msg_controllen)>(CMSG_SPACE(size));
    std::memset(room.bytes, 0, sizeof room.bytes);
    cmsghdr& header = *CMSG_FIRSTHDR(&to);
    header.cmsg_level = SOL_SOCKET;
    header.cmsg_type = SCM_RIGHTS;
    header.cmsg_len = static_cast<decltype(header.cmsg_len)>(CMSG_LEN(size));
    for (std::size_t index = 0; index < from.handle_count; ++index) {
        const int one = static_cast<int>(from.handles[index]);
        std::memcpy(CMSG_DATA(&header) + index * sizeof one, &one, sizeof one);
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"  // musl's CMSG_NXTHDR compares a size with a difference
inline cmsghdr* next_header(msghdr& in, cmsghdr* after) noexcept { return CMSG_NXTHDR(&in, after); }
#pragma GCC diagnostic pop

/// How much of what a header says that it has is there. A kernel that cuts a message off may leave the size as it was, and
/// close what it has cut: then nothing of that header is good any more.
inline std::size_t handles_behind(const cmsghdr& header, const msghdr& in) noexcept {
    const std::size_t before =
        static_cast<std::size_t>(reinterpret_cast<const char*>(&header) - static_cast<const char*>(in.msg_control));
    if (header.cmsg_len < CMSG_LEN(0) || before + header.cmsg_len > in.msg_controllen) return 0;
    return (header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
}

/// Takes the handles that have come, and closes those for which there is no room: nobody else would.
inline void take_handles(msghdr& from, message& to, std::size_t room) noexcept {
    for (cmsghdr* header = CMSG_FIRSTHDR(&from); header != nullptr; header = next_header(from, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = handles_behind(*header, from);
        for (std::size_t index = 0; index < count; ++index) {
            int one = -1;
            std::memcpy(&one, CMSG_DATA(header) + index * sizeof one, sizeof one);
            if (to.handle_count == room) {
                ::close(one);
                to.truncated = true;
                continue;
            }
            close_passed_on_exec(one);
            to.handles[to.handle_count++] = one;
        }
    }
}

/// Whether it is a datagram in one piece, of the Internet, with nothing passed beside it.
inline bool is_plain_datagram(const operation& each) noexcept {
    return each.more_count == 0 && each.socket->carries == transport::datagram &&
           each.socket->addresses != family::local && each.transfer.about->handle_count == 0;
}

inline ssize_t receive_datagram(const operation& each) noexcept {
    message& about = *each.transfer.about;
    const slice& room = each.transfer.now;
    native_address from;
    const ssize_t whole =
        ::recvfrom(descriptor_of(*each.socket), room.data, room.size, whole_size_flag, from.data(), &from.size);
    if (whole < 0) return whole;
    about.truncated = static_cast<std::size_t>(whole) > room.size;
    about.size = about.truncated ? room.size : static_cast<std::size_t>(whole);
    about.peer = from.get();
    return whole;
}

inline ssize_t transmit_datagram(const operation& each) noexcept {
    message& about = *each.transfer.about;
    const slice& bytes = each.transfer.now;
    const int by = descriptor_of(*each.socket);
    ssize_t put = 0;
    if (about.addressed) {
        internet_address to(about.peer);
        put = ::sendto(by, bytes.data, bytes.size, send_flags, to.data(), to.size);
    } else {
        put = ::send(by, bytes.data, bytes.size, send_flags);
    }
    if (put >= 0) about.size = static_cast<std::size_t>(put);
    return put;
}

inline ssize_t receive_message(const operation& each) noexcept {
    if (whole_size_flag != 0 && is_plain_datagram(each)) return receive_datagram(each);
    message& about = *each.transfer.about;
    const std::size_t room = about.handle_count;
    pieces_left left(each);
    native_address from;
    delivered_control control;
    msghdr wanted{};
    wanted.msg_name = from.data();
    wanted.msg_namelen = from.size;
    wanted.msg_iov = left.pieces;
    wanted.msg_iovlen = static_cast<decltype(wanted.msg_iovlen)>(left.count);
    if (room != 0) {
        wanted.msg_control = control.bytes;
        wanted.msg_controllen = static_cast<decltype(wanted.msg_controllen)>(
            delivered_control_max != 0 ? sizeof control.bytes : CMSG_LEN(room * sizeof(int)));
    }
    const ssize_t got = ::recvmsg(descriptor_of(*each.socket), &wanted, receive_flags);
    if (got < 0) return got;
    about.size = static_cast<std::size_t>(got);
    about.handle_count = 0;
    about.truncated = (wanted.msg_flags & MSG_TRUNC) != 0 || (room != 0 && (wanted.msg_flags & MSG_CTRUNC) != 0);
    if (room != 0) take_handles(wanted, about, room);
    from.size = wanted.msg_namelen;
    if (from.size == 0) return got;  // of a stream, or of a Unix socket without a name
    if (about.name != nullptr) {
        *about.name = from.get_name();
    } else {
        about.peer = from.get();
    }
    return got;
}

inline ssize_t transmit_message(const operation& each) noexcept {
    if (is_plain_datagram(each)) return transmit_datagram(each);
    message& about = *each.transfer.about;
    pieces_left left(each);
    native_address to;
    handle_control control;
    msghdr wanted{};
    if (about.addressed) {
        about.name != nullptr ? to.assign(*about.name) : to.assign(about.peer);
        wanted.msg_name = to.data();
        wanted.msg_namelen = to.size;
    }
    wanted.msg_iov = left.pieces;
    wanted.msg_iovlen = static_cast<decltype(wanted.msg_iovlen)>(left.count);
    if (about.handle_count != 0) put_handles(wanted, control, about);
    const ssize_t put = ::sendmsg(descriptor_of(*each.socket), &wanted, send_flags);
    if (put >= 0) about.size = static_cast<std::size_t>(put);
    return put;
}

}  // namespace rill::backend::inline RILL_ABI
