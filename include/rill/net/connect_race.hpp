// SPDX-License-Identifier: MIT
#pragma once

// `connect_race`: connects to one of several endpoints by happy eyeballs, RFC 8305: one attempt after the other, without
// waiting for those before. For users: connect.hpp.
//
// A scope with a child an endpoint. The next one starts when a quarter of a second has passed since the last, or at once
// when one has failed. The first that connects wins: the others are stopped, and what connected too is closed.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "../core/awaitable.hpp"
#include "../core/io_context.hpp"
#include "name_question.hpp"
#include "tcp_stream.hpp"

namespace rill::inline RILL_ABI {

/// RFC 8305, 5 and 8.
inline constexpr std::int64_t connection_attempt_delay_ns = 250'000'000;

/// Hands each endpoint to `take`, IPv6 and IPv4 in turn, beginning with the family of the first. RFC 8305, 4.
template <class Endpoints, class Take>
void interleave(const Endpoints& all, Take take);

template <socket_option... Options>
class [[nodiscard]] connect_race final : public scope, private timer {
  public:
    /// `whereto` has one endpoint at least; `asked` lives until this has ended, and is named by errors.
    template <class Endpoints>
    connect_race(const Endpoints& whereto, const name_question& asked, const Options&... options);
    connect_race(connect_race&& other) noexcept
        : scope(),
          timer(),
          first_(std::exchange(other.first_, nullptr)),
          next_(std::exchange(other.next_, nullptr)),
          asked_(other.asked_) {}
    ~connect_race() { drop_attempts(); }

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        begin(on);
        queue_next();
        return finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return winner_ == nullptr; }
    tcp_stream result();

  private:
    using connecting = decltype(tcp_stream::connect(endpoint(), std::declval<Options>()...));

    struct attempt final : child<connecting> {
        attempt(const endpoint& to, const Options&... options)
            : child<connecting>(tcp_stream::connect(to, options...)), whereto(to) {}

        const endpoint whereto;
        attempt* following = nullptr;
    };

    void queue_next() noexcept;
    bool start_queued(branch& each) noexcept override;
    void child_ended(branch& ended) noexcept override;
    void expired() noexcept override { queue_next(); }
    bool delivers() noexcept override { return winner_ != nullptr || !owner_stopped(); }

    void drop_attempts() noexcept;

    attempt* first_ = nullptr;  // owned: one an endpoint, in a list
    attempt* next_ = nullptr;   // of them; those before it are queued, or further
    attempt* winner_ = nullptr;
    attempt* last_failed_ = nullptr;
    const name_question* asked_;
};

// ---- mechanism ----

template <class Endpoints, class Take>
void interleave(const Endpoints& all, Take take) {
    auto same = all.begin(), other = all.begin();  // of the family of the first, and of the other
    const auto take_next = [&](auto& at, bool like_first) {
        while (at != all.end() && (at->address().is_v4() == all.front().address().is_v4()) != like_first) ++at;
        if (at != all.end()) take(*at++);
    };
    while (same != all.end() || other != all.end()) {
        take_next(same, true);
        take_next(other, false);
    }
}

template <socket_option... Options>
template <class Endpoints>
connect_race<Options...>::connect_race(const Endpoints& whereto, const name_question& asked, const Options&... options)
    : asked_(&asked) {
    attempt** last = &first_;
    try {
        interleave(whereto, [&](const endpoint& each) {
            *last = new attempt(each, options...);
            last = &(*last)->following;
        });
    } catch (...) {
        drop_attempts();
        throw;
    }
    next_ = first_;
}

template <socket_option... Options>
void connect_race<Options...>::drop_attempts() noexcept {
    while (attempt* const each = first_) {
        first_ = each->following;
        delete each;
    }
}

template <socket_option... Options>
void connect_race<Options...>::queue_next() noexcept {
    io_context& context = *owner()->context;
    context.timers().cancel(*this);  // its time counts from its start
    attempt& each = *next_;
    next_ = each.following;
    queue_child(each, context);
}

template <socket_option... Options>
bool connect_race<Options...>::start_queued(branch& each) noexcept {
    timer_heap& timers = each.context->timers();
    timers.cancel(*this);  // two may have been queued
    if (next_ != nullptr && !timers.add(*this, later_by(each.context->now(), connection_attempt_delay_ns)))
        queue_next();  // without a memory for time, there is no need to wait
    return static_cast<attempt&>(each).start();
}

template <socket_option... Options>
void connect_race<Options...>::child_ended(branch& ended) noexcept {
    auto& each = static_cast<attempt&>(ended);
    const bool completed = each.now == branch::phase::done;
    if (completed && each.failed()) {
        last_failed_ = &each;
        if (winner_ == nullptr && next_ != nullptr && !owner_stopped()) return queue_next();
        return;
    }
    each.context->timers().cancel(*this);
    if (!completed || winner_ != nullptr) return;
    winner_ = &each;
    stop_children();
}

template <socket_option... Options>
tcp_stream connect_race<Options...>::result() {
    if (winner_ == nullptr) {
        const std::error_code why = report_of(last_failed_->what).code();
        endpoint::text_buffer buffer;
        const std::string_view tried = last_failed_->whereto.format_to(buffer);
        throw described_error(why, asked_->describe("connect").append(" at ").append(tried.data(), tried.size()));
    }
    tcp_stream connected = winner_->what.result();
    drop_attempts();
    return connected;
}

}  // namespace rill::inline RILL_ABI
