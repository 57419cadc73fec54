// SPDX-License-Identifier: MIT
#pragma once

// `stop_source`, `stop_token`, `stop_callback`: asking for a stop, from any thread, as std::stop_source does.
//
// They are the library's own because not every standard library has them; `with_stop` takes the standard's as well.
// Copies share one state, which lives as long as any of them. A token without a state can never be stopped.

#include <atomic>
#include <concepts>
#include <type_traits>
#include <utility>

#include "../backend/atomic_wait.hpp"
#include "../config.hpp"
#include "plain_function.hpp"
#include "short_lock.hpp"

namespace rill::inline RILL_ABI {

class stop_token;
class stop_state;

/// A function that is called when a stop is asked for. In the list of a state between `enlist` and `leave`.
class stop_listener {
  public:
    stop_listener() noexcept = default;
    stop_listener(const stop_listener&) = delete;
    stop_listener& operator=(const stop_listener&) = delete;

    /// From now on `stop_requested` is called, once, on the thread that asks; at once if that has happened already.
    void enlist(const stop_token& token) noexcept;
    /// From now on it is not called. Waits for a call that runs on another thread.
    void leave() noexcept;

    // Written by the state, under its lock.
    stop_listener* next = nullptr;
    stop_listener* previous = nullptr;
    bool listed = false;
    bool* ended = nullptr;  // where the thread that calls it wants to know that it ended meanwhile

    virtual void stop_requested() noexcept = 0;

  protected:
    ~stop_listener() = default;

  private:
    stop_state* in_ = nullptr;  // owned; null: not enlisted
};

/// Tells whether a stop was asked for. Any thread.
class stop_token {
  public:
    stop_token() noexcept = default;
    stop_token(const stop_token& other) noexcept;
    stop_token(stop_token&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    stop_token& operator=(stop_token other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~stop_token();

    /// Whether a stop was asked for. Any thread.
    [[nodiscard]] bool stop_requested() const noexcept;
    /// Whether there is a source that could, or did, ask.
    [[nodiscard]] bool stop_possible() const noexcept { return state_ != nullptr; }
    friend bool operator==(const stop_token&, const stop_token&) noexcept = default;

  private:
    friend class stop_source;
    friend class stop_listener;
    explicit stop_token(stop_state* shared) noexcept;

    stop_state* state_ = nullptr;
};

/// Asks for a stop. Any thread.
class stop_source {
  public:
    /// Cost: one allocation.
    stop_source();

    /// Asks all who listen to stop; none of their coroutines runs inside this call. False: it was asked for before.
    bool request_stop() noexcept;
    [[nodiscard]] bool stop_requested() const noexcept { return token_.stop_requested(); }
    /// What others watch it by. Any thread.
    [[nodiscard]] stop_token get_token() const noexcept { return token_; }

  private:
    stop_token token_;
};

/// Calls a function when a stop is asked for: on the thread that asks, or at once if that has happened.
/// The function must not throw. The destructor waits for a call that is under way on another thread.
template <std::invocable Function>
class [[nodiscard]] stop_callback final : private stop_listener {
    static_assert(plain_function<Function&>,
                  "rill: a stop_callback wants a plain function: a coroutine would never run, since nobody awaits it");

  public:
    /// From now on, until its end.
    stop_callback(const stop_token& token, Function function) noexcept(std::is_nothrow_move_constructible_v<Function>)
        : function_(std::move(function)) {
        enlist(token);
    }
    ~stop_callback() { leave(); }

  private:
    void stop_requested() noexcept override { function_(); }

    Function function_;
};

// ---- mechanism ----

class stop_state {
  public:
    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }
    [[nodiscard]] bool requested() const noexcept { return requested_.load(std::memory_order_acquire); }

    bool request() noexcept;
    /// False: a stop was asked for before, and the listener is not in the list.
    bool add(stop_listener& each) noexcept;
    void remove(stop_listener& each) noexcept;

  private:
    void take_first() noexcept {
        first_->listed = false;
        first_ = first_->next;
        if (first_ != nullptr) first_->previous = nullptr;
    }
    /// Stands for the thread: no two that live have the same.
    RILL_VISIBLE static const void* this_thread() noexcept {
        static thread_local constinit char mark = 0;
        return &mark;
    }

    std::atomic<unsigned> references_{1};
    std::atomic<bool> requested_{false};
    short_lock lock_;
    stop_listener* first_ = nullptr;  // under the lock; called in the order in which they came, so that an outer scope
    stop_listener* last_ = nullptr;   // hears of a stop before those inside it
    std::atomic<stop_listener*> called_{nullptr};  // whose function runs just now; written under the lock
    const void* caller_ = nullptr;                 // the thread that asked
};

inline bool stop_state::request() noexcept {
    lock_.lock();
    if (requested_.load(std::memory_order_relaxed)) return lock_.unlock(), false;
    requested_.store(true, std::memory_order_release);  // pairs with `requested`
    caller_ = this_thread();
    while (first_ != nullptr) {
        stop_listener& each = *first_;
        take_first();
        bool ended = false;
        each.ended = &ended;
        called_.store(&each, std::memory_order_relaxed);
        lock_.unlock();
        each.stop_requested();
        lock_.lock();
        if (!ended) each.ended = nullptr;
        called_.store(nullptr, std::memory_order_relaxed);
        backend::wake_all(called_);
    }
    lock_.unlock();
    return true;
}

inline bool stop_state::add(stop_listener& each) noexcept {
    lock_.lock();
    if (requested_.load(std::memory_order_relaxed)) return lock_.unlock(), false;
    each.listed = true;
    each.previous = last_;
    each.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &each;
    last_ = &each;
    lock_.unlock();
    return true;
}

inline void stop_state::remove(stop_listener& each) noexcept {
    lock_.lock();
    if (each.listed) {
        (each.previous == nullptr ? first_ : each.previous->next) = each.next;
        (each.next == nullptr ? last_ : each.next->previous) = each.previous;
        each.listed = false;
        return lock_.unlock();
    }
    if (called_.load(std::memory_order_relaxed) != &each) return lock_.unlock();  // it was called before
    if (caller_ == this_thread()) {                                               // it ends inside its own call
        *each.ended = true;
        return lock_.unlock();
    }
    lock_.unlock();
    backend::wait_while(called_, &each);
    lock_.lock();  // the caller has let go of it when it lets go of the lock
    lock_.unlock();
}

inline void stop_listener::enlist(const stop_token& token) noexcept {
    if (token.state_ == nullptr) return;
    if (token.state_->add(*this)) {
        token.state_->retain();
        in_ = token.state_;
    } else {
        stop_requested();
    }
}

inline void stop_listener::leave() noexcept {
    if (in_ == nullptr) return;
    in_->remove(*this);
    std::exchange(in_, nullptr)->release();
}

inline stop_token::stop_token(stop_state* shared) noexcept : state_(shared) {}
inline stop_token::stop_token(const stop_token& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->retain();
}
inline stop_token::~stop_token() {
    if (state_ != nullptr) state_->release();
}
inline bool stop_token::stop_requested() const noexcept { return state_ != nullptr && state_->requested(); }

inline stop_source::stop_source() : token_(new stop_state) {}
inline bool stop_source::request_stop() noexcept {
    const stop_token shared = token_;  // what is stopped may be the last who had this source
    return shared.state_ != nullptr && shared.state_->request();
}

}  // namespace rill::inline RILL_ABI
