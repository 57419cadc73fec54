// SPDX-License-Identifier: MIT
// An echo over loopback: exits 0 when what was sent came back.
#include <rill.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (std::size_t n = co_await client.recv(buffer)) co_await client.send_all(std::span(buffer).first(n));
}

rill::task<bool> echoed() {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    std::string answer(5, '\0');
    co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
        group.spawn(rill::serve(listener, session));
        rill::tcp_stream stream = co_await rill::tcp_stream::connect(listener.local_endpoint());
        co_await stream.send_all("hello");
        co_await stream.recv_exactly(answer);
        group.stop();
    });
    co_return answer == "hello";
}

int main() { return rill::run(echoed()) ? 0 : 1; }
