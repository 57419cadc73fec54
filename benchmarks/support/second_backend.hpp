// SPDX-License-Identifier: MIT
#pragma once

// A second backend for the binary: one alone lets the compiler see through the choice that is made at run time, which
// flatters every figure. It finishes nothing; it is only there.

#include <rill.hpp>

#include <cstdlib>

namespace benchmark_support {

class second_backend final : public rill::backend::reactor {
  public:
    second_backend() noexcept : reactor(starters) {}

    rill::backend::error attach(rill::backend::socket_state&, const void*) noexcept override { return refused; }
    rill::backend::error detach(rill::backend::socket_state*, rill::backend::detach_how) noexcept override {
        return {};
    }
    rill::backend::release_answer cancel(rill::backend::operation&) noexcept override {
        return rill::backend::release_answer::let_go;
    }
    void wait(std::int64_t) noexcept override { std::abort(); }
    void wake() noexcept override {}
    void give_back(std::byte*) noexcept override {}
    [[nodiscard]] rill::backend::kind which() const noexcept override { return rill::backend::simulated; }
    [[nodiscard]] rill::backend::system& calls() noexcept override { return rill::backend::machine(); }

  private:
    static rill::backend::progress finish(rill::backend::operation& each) noexcept {
        each.failure = refused;
        each.state = rill::backend::operation_state::done;
        return rill::backend::progress::finished;
    }
    static constexpr rill::backend::error refused = rill::to_backend_error(std::errc::not_supported);
    static constexpr starter starters[rill::backend::verb_count] = {&finish, &finish, &finish, &finish,
                                                                    &finish, &finish, &finish, &finish};
};

/// The context of a benchmark: the usual one, unless the environment asks for the other.
inline rill::backend::reactor* make_reactor() {
    if (std::getenv("RILL_SECOND_BACKEND") != nullptr) return new second_backend;
    return rill::backend::make_reactor(rill::backend::default_kind());
}

}  // namespace benchmark_support
