// SPDX-License-Identifier: MIT
#pragma once

// An operation that a test starts on a backend by hand, without a coroutine: the contract, clause by clause.
//
// It stands on a branch of its own, which the test counts the ends of. The loop is driven by the test (`drive`).

#include <cstddef>
#include <cstdint>
#include <string>

#include <rill/core/io_context.hpp>
#include <rill/net/socket.hpp>

namespace support {

class direct_operation final : private rill::root_scope {
  public:
    using state = rill::backend::operation_state;
    using verb = rill::backend::verb;

    direct_operation(rill::io_context& context, const rill::socket& on, verb what) : asked_(what), context_(context) {
        asked_.socket = &on.state();
        asked_.owner = &branch_;
        if (what == verb::accept) {
            asked_.accepted = nullptr;
        } else if (what == verb::recv_lent) {
            asked_.lent.memory = nullptr;
        }
        start_empty_child(branch_, context);
    }

    /// Gives it a piece of memory to work on; at most 16 times.
    direct_operation& with(std::string& buffer) {
        pieces_[count_++] = {reinterpret_cast<std::byte*>(buffer.data()), buffer.size()};
        asked_.transfer.now = pieces_[0];
        asked_.transfer.more = pieces_ + 1;
        asked_.more_count = static_cast<std::uint16_t>(count_ - 1);
        asked_.transfer.done = 0;
        return *this;
    }
    rill::backend::progress start() {
        const auto answer = context_.reactor().start(asked_);
        if (answer == rill::backend::progress::parked) branch_.parked = &waiting_;
        return answer;
    }
    rill::backend::release_answer take_back() {
        const auto answer = context_.reactor().cancel(asked_);
        if (answer == rill::backend::release_answer::let_go) branch_.parked = nullptr;
        return answer;
    }

    /// How often its end was told after it had been parked.
    [[nodiscard]] int completions() const noexcept { return completions_; }
    [[nodiscard]] bool done() const noexcept { return asked_.state == state::done; }
    [[nodiscard]] bool parked() const noexcept { return asked_.state == state::parked; }
    [[nodiscard]] std::error_code error() const noexcept { return rill::to_error_code(asked_.failure); }
    /// How many bytes it has moved; what it has accepted; what it was lent. Nothing after an error.
    [[nodiscard]] std::size_t size() const noexcept {
        if (asked_.failure) return 0;
        return asked_.what == verb::recv_lent ? asked_.lent.size : asked_.transfer.done;
    }
    [[nodiscard]] rill::backend::socket_state* accepted() const noexcept {
        return asked_.failure ? nullptr : asked_.accepted;
    }
    [[nodiscard]] std::byte* memory() const noexcept { return asked_.failure ? nullptr : asked_.lent.memory; }

  private:
    struct waiting_for_test final : rill::suspension {
        bool cancel() noexcept override { return true; }
    };

    void child_ended(rill::branch&) noexcept override { ++completions_; }
    void all_ended() noexcept override {}

    rill::backend::operation asked_;
    rill::io_context& context_;
    rill::branch branch_;
    waiting_for_test waiting_;
    rill::backend::slice pieces_[17]{};
    std::uint32_t count_ = 0;
    int completions_ = 0;
};

}  // namespace support
