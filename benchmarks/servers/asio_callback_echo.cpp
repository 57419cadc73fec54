// SPDX-License-Identifier: MIT
// The echo server on standalone Asio's callbacks, after its own example. Run: server_asio_callback_echo [port] [bytes of a buffer].
#include <asio.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

using asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
  public:
    session(tcp::socket client, std::size_t buffer_bytes) : client_(std::move(client)), buffer_(buffer_bytes) {}

    void receive() {
        client_.async_read_some(asio::buffer(buffer_.data(), buffer_.size()),
                                [self = shared_from_this()](std::error_code error, std::size_t size) {
                                    if (!error) self->send(size);
                                });
    }

  private:
    void send(std::size_t size) {
        asio::async_write(client_, asio::buffer(buffer_.data(), size),
                          [self = shared_from_this()](std::error_code error, std::size_t) {
                              if (!error) self->receive();
                          });
    }

    tcp::socket client_;
    server_support::page_buffer buffer_;
};

void accept_next(tcp::acceptor& acceptor, std::size_t buffer_bytes) {
    acceptor.async_accept([&acceptor, buffer_bytes](std::error_code error, tcp::socket client) {
        if (!error) std::make_shared<session>(std::move(client), buffer_bytes)->receive();
        accept_next(acceptor, buffer_bytes);
    });
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    asio::io_context context(1);
    tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), wanted.port});
    server_support::announce(acceptor.local_endpoint().port());
    accept_next(acceptor, wanted.buffer_bytes);
    context.run();
}
