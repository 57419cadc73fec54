// SPDX-License-Identifier: MIT
#pragma once

// What the awaiters of messages have in common: bytes with an address or handles beside them, kept here until completion.

#include <cstddef>

#include "stream_operations.hpp"

namespace rill::inline RILL_ABI {

/// The verb is `recv_message` or `send_message`.
template <std::size_t Count>
class message_operation : public buffers_operation<Count> {
  protected:
    message_operation(backend::verb verb, const socket& of, const backend::slice (&slices)[Count]) noexcept
        : buffers_operation<Count>(verb, of, slices) {}
    message_operation(const message_operation&) noexcept = default;
    ~message_operation() = default;

    template <backend::verb Verb>
    bool begin_message(branch& on) noexcept {
        this->operation_.transfer.about = &message_;  // neither moves any more
        return this->template begin_with_buffers<Verb>(on);
    }

    backend::message message_;
};

}  // namespace rill::inline RILL_ABI
