// SPDX-License-Identifier: MIT
#pragma once

// `as_result(awaitable)`: its value or its error as a `result<T>`, where a plain co_await would throw.
//
// Only std::system_error becomes an error; other exceptions pass. A stop is neither value nor error: it unwinds.
//
//     auto [error, size] = co_await rill::as_result(client.recv(buffer));

#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "refusal.hpp"

namespace rill::inline RILL_ABI {

/// Made by `as_result`.
template <awaitable Awaitable>
class [[nodiscard]] as_result_operation {
  public:
    explicit as_result_operation(Awaitable&& each) : each_(std::move(each)) {}

    bool start(branch& on) noexcept { return each_.start(on); }
    [[nodiscard]] bool failed() const noexcept { return false; }
    rill::result<await_result<Awaitable>> result() {
        if (each_.failed()) return report_of(each_);
        if constexpr (std::is_void_v<await_result<Awaitable>>) {
            each_.result();
            return {};
        } else {
            return each_.result();
        }
    }

  private:
    Awaitable each_;
};

/// Gives a `result<T>` instead of throwing std::system_error. Stops and costs as `each` does: an error of an operation of
/// the library costs no exception.
template <any_awaitable Awaitable>
[[nodiscard]] auto as_result(Awaitable&& each) {
    return as_result_operation<kept_awaitable<Awaitable>>(as_awaitable(std::forward<Awaitable>(each)));
}
template <not_awaitable Given>
refusal<Given> as_result(Given&& each);

}  // namespace rill::inline RILL_ABI
