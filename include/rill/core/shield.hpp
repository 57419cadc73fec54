// SPDX-License-Identifier: MIT
#pragma once

// `shield(awaitable)`: the one way to finish work although the coroutine was stopped.
//
// A stop from outside passes it by: the work runs to its end, its value is delivered, and the stop lands at the next
// await. It also runs when it begins under a stop. To clean up whatever happens, see finally.hpp.

#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "refusal.hpp"

namespace rill::inline RILL_ABI {

/// Waits for one child that no stop reaches. Made by `shield`.
template <awaitable Awaitable>
class [[nodiscard]] shield_operation final : public scope {
  public:
    explicit shield_operation(Awaitable&& each) : child_(std::move(each)) {}
    shield_operation(shield_operation&& other) noexcept : scope(), child_(std::move(other.child_)) {}

    bool start(branch& on) noexcept {
        begin(on);
        child_.shielded = true;
        start_child(child_, *on.context);
        return finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return child_.failed(); }
    await_result<Awaitable> result() { return child_.what.result(); }

  private:
    void child_ended(branch&) noexcept override {}
    bool delivers() noexcept override { return child_.now == branch::phase::done; }  // not so when it was abandoned

    child<Awaitable> child_;
};

/// Runs `each` to its end, whatever is stopped around it. Keep it short: nobody can hurry it.
///
/// Stopped  not at all; the stop lands at the caller's next await.
/// Errors   those of `each`.
template <any_awaitable Awaitable>
[[nodiscard]] auto shield(Awaitable&& each) {
    return shield_operation<kept_awaitable<Awaitable>>(as_awaitable(std::forward<Awaitable>(each)));
}
template <not_awaitable Given>
refusal<Given> shield(Given&& each);

}  // namespace rill::inline RILL_ABI
