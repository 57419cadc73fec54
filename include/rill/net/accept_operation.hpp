// SPDX-License-Identifier: MIT
#pragma once

// The awaiters of a listener, of TCP and of Unix sockets: what they promise stands at the members of tcp_listener.

#include "socket_operation.hpp"

namespace rill::inline RILL_ABI {

/// Takes a connection, and owns it until somebody takes the `Stream`.
template <class Stream>
class [[nodiscard]] accept_operation final : public socket_operation {
  public:
    explicit accept_operation(const socket& of) noexcept : socket_operation(of, backend::verb::accept) {
        operation_.accepted = nullptr;
    }
    accept_operation(accept_operation&& other) noexcept = default;
    ~accept_operation() { static_cast<void>(take()); }

    bool start(branch& on) noexcept { return begin<backend::verb::accept>(on); }
    Stream result() {
        throw_if_failed();
        return take();
    }

  private:
    Stream take() noexcept {
        if (failed()) return {};
        backend::socket_state* const accepted = operation_.accepted;
        operation_.accepted = nullptr;
        return accepted == nullptr ? Stream() : Stream(accepted);
    }
};

}  // namespace rill::inline RILL_ABI
