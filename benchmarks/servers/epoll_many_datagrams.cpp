// SPDX-License-Identifier: MIT
// UDP echo on bare epoll, as many datagrams at a time as there are: recvmmsg and sendmmsg. Run: server_epoll_many_datagrams
// [port] [bytes of a buffer].
#include <sys/epoll.h>

#include <array>
#include <cstddef>

#include "support/listening.hpp"
#include "support/page_buffer.hpp"

int main(int count, char** arguments) {
    constexpr std::size_t most = 32;
    const server_support::arguments wanted(count, arguments);
    const server_support::page_buffer memory(most * wanted.buffer_bytes);
    const int socket = server_support::open_server(SOCK_DGRAM | SOCK_NONBLOCK, wanted.port);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) < 0) server_support::die("epoll_ctl");
    std::array<sockaddr_in, most> peers{};
    std::array<iovec, most> pieces{};
    std::array<mmsghdr, most> messages{};
    for (std::size_t each = 0; each < most; ++each) {
        messages[each].msg_hdr.msg_name = &peers[each];
        messages[each].msg_hdr.msg_namelen = sizeof peers[each];
        messages[each].msg_hdr.msg_iov = &pieces[each];
        messages[each].msg_hdr.msg_iovlen = 1;
        pieces[each].iov_base = memory.data() + each * wanted.buffer_bytes;
        pieces[each].iov_len = wanted.buffer_bytes;
    }
    for (;;) {
        if (::epoll_wait(epoll, &event, 1, -1) <= 0) continue;
        for (;;) {
            const int got = ::recvmmsg(socket, messages.data(), most, MSG_DONTWAIT, nullptr);
            if (got <= 0) break;
            const auto many = static_cast<std::size_t>(got);
            for (std::size_t each = 0; each < many; ++each) pieces[each].iov_len = messages[each].msg_len;
            ::sendmmsg(socket, messages.data(), static_cast<unsigned>(got), 0);
            for (std::size_t each = 0; each < many; ++each) pieces[each].iov_len = wanted.buffer_bytes;
        }
    }
}
