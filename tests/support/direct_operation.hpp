// SPDX-License-Identifier: MIT
#pragma once

// An operation that a test starts on a backend by hand, without a coroutine: the contract, clause by clause.
//
// It stands on a branch of its own, which the test counts the ends of. The loop is driven by the test (`drive`).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rill/core/io_context.hpp>
#include <rill/net/socket.hpp>

#include "prepared.hpp"

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
        } else if (is_message()) {
            asked_.transfer.now = {nullptr, 0};
            asked_.transfer.about = &about;
        }
        start_empty_child(branch_, context);
    }

    /// Gives it a piece of memory to work on; at most 16 times.
    direct_operation& with(std::string& buffer) {
        pieces_[count_++] = {reinterpret_cast<std::byte*>(buffer.data()), buffer.size()};
        asked_.transfer.now = pieces_[0];
        asked_.transfer.more = pieces_ + 1;
        asked_.more_count = static_cast<std::uint16_t>(count_ - 1);
        if (!is_message()) asked_.transfer.done = 0;
        return *this;
    }
    /// What it works on instead of bytes.
    direct_operation& with(std::vector<rill::backend::batch_entry>& entries) {
        asked_.batch = {entries.data(), entries.size(), 0};
        return *this;
    }
    direct_operation& with(const rill::backend::unix_name& name) {
        asked_.name = &name;
        return *this;
    }
    direct_operation& with_file(std::intptr_t file, std::uint64_t offset, std::size_t size) {
        asked_.part = {file, offset, size, 0};
        return *this;
    }
    rill::backend::progress start() {
        prepare(asked_);
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
    /// How many bytes it has moved, or datagrams; what it has accepted; what it was lent. Nothing after an error.
    [[nodiscard]] std::size_t size() const noexcept {
        if (asked_.failure) return 0;
        switch (asked_.what) {
            case verb::recv_lent:
                return asked_.lent.size;
            case verb::recv_message:
            case verb::send_message:
                return about.size;
            case verb::recv_messages:
            case verb::send_messages:
                return asked_.batch.done;
            case verb::send_file:
                return asked_.part.done;
            default:
                return asked_.transfer.done;
        }
    }
    [[nodiscard]] rill::backend::socket_state* accepted() const noexcept {
        return asked_.failure ? nullptr : asked_.accepted;
    }
    [[nodiscard]] std::byte* memory() const noexcept { return asked_.failure ? nullptr : asked_.lent.memory; }

    rill::backend::message about;  // of recv_message and send_message

  private:
    [[nodiscard]] bool is_message() const noexcept {
        return asked_.what == verb::recv_message || asked_.what == verb::send_message;
    }
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
