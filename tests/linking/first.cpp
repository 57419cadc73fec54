// SPDX-License-Identifier: MIT
#include "libraries.hpp"

rill::task<rill::io_context*> context_in_first() {
    co_await rill::yield();
    co_return &rill::this_context();
}

rill::task<int> add_one_in_first(int to, rill::event& allowed) {
    co_await allowed.wait();
    co_return to + 1;
}

rill::task<> serve_one_in_first(rill::tcp_listener& listener) {
    rill::tcp_stream client = co_await listener.accept();
    std::string word(5, '\0');
    co_await client.recv_exactly(word);
    co_await client.send_all(word);
}

rill::task<> fail_in_first() {
    rill::tcp_stream closed;
    co_await closed.send_all("lost");
}

rill::task<> fail_twice_in_first() { co_await rill::first_success(fail_in_first(), fail_in_first()); }

const std::error_category& category_in_first() { return rill::make_error_code(rill::errc::line_too_long).category(); }
