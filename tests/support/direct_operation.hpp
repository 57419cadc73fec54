// SPDX-License-Identifier: MIT
#pragma once

// An operation that a test starts on a backend by hand, without a coroutine: the contract, clause by clause.
//
// It stands on a branch of its own, which the test counts the ends of. The loop is driven by the test (`drive`).

#include <cstddef>
#include <string>

#include <rill/core/io_context.hpp>
#include <rill/net/socket.hpp>

namespace testing {

template <class Operation = rill::backend::operation>
class direct_operation final : private rill::root_scope {
  public:
    template <class... Arguments>
    explicit direct_operation(rill::io_context& context, const rill::socket& on, Arguments... arguments)
        : asked(arguments...), context_(context) {
        asked.socket = &on.state();
        asked.owner = &branch_;
        start_empty_child(branch_, context);
    }

    /// Gives it a piece of memory to work on; at most 16 times.
    direct_operation& with(std::string& buffer) {
        pieces_[asked.slice_count++] = {reinterpret_cast<std::byte*>(buffer.data()), buffer.size()};
        asked.slices = pieces_;
        return *this;
    }
    rill::backend::progress start() {
        const auto answer = context_.reactor().start(asked);
        if (answer == rill::backend::progress::parked) branch_.parked = &waiting_;
        return answer;
    }
    rill::backend::release_answer cancel() {
        const auto answer = context_.reactor().cancel(asked);
        if (answer == rill::backend::release_answer::let_go) branch_.parked = nullptr;
        return answer;
    }
    /// How often its end was told after it had been parked.
    [[nodiscard]] int completions() const noexcept { return completions_; }
    /// Whether it has finished or was told to be.
    [[nodiscard]] bool done() const noexcept { return asked.state == rill::backend::operation_state::done; }
    [[nodiscard]] std::error_code error() const noexcept { return rill::to_error_code(asked.failure); }

    Operation asked;

  private:
    struct waiting_for_test final : rill::suspension {
        bool cancel() noexcept override { return true; }
    };

    void child_ended(rill::branch&) noexcept override { ++completions_; }
    void all_ended() noexcept override {}

    rill::io_context& context_;
    rill::branch branch_;
    waiting_for_test waiting_;
    rill::backend::slice pieces_[16]{};
    int completions_ = 0;
};

}  // namespace testing
