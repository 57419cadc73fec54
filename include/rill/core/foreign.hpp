// SPDX-License-Identifier: MIT
#pragma once

// Coroutines that are not ours: they can await everything of the library, and a task can await everything of theirs.
//
// A foreign coroutine that awaits an operation gets a branch of its own, a root on the context that runs on its thread.
// Destroying it while it is parked there is safe: the operation is taken back first. It is resumed by the loop. Stops
// do not reach it, since it has no scope. A task that awaits a foreign awaitable waits until that resumes it, on
// whatever thread; the task itself goes on at home. A stop lands when it has come back.
//
//     their::task session(rill::tcp_stream client) { co_await client.send_all("hello"); }

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "io_context.hpp"

namespace rill::inline RILL_ABI {

/// A free `operator co_await` takes it. Of classes only: no other type can have one.
template <class Foreign>
concept has_free_co_await = std::is_class_v<std::remove_reference_t<Foreign>> &&
                            requires(Foreign&& each) { operator co_await(static_cast<Foreign&&>(each)); };

/// What `co_await` means for a type: the member, else the free function, else the object itself.
template <class Foreign>
decltype(auto) find_awaiter(Foreign&& each) {
    if constexpr (requires { static_cast<Foreign&&>(each).operator co_await(); }) {
        return static_cast<Foreign&&>(each).operator co_await();
    } else if constexpr (has_free_co_await<Foreign>) {
        return operator co_await(static_cast<Foreign&&>(each));
    } else {
        return static_cast<Foreign&&>(each);
    }
}

template <class Awaiter>
concept standard_awaiter = requires(std::remove_reference_t<Awaiter>& each, std::coroutine_handle<> handle) {
    { each.await_ready() } -> std::convertible_to<bool>;
    each.await_suspend(handle);
    each.await_resume();
};

/// Something of another library that can be awaited in any coroutine.
template <class Foreign>
concept foreign_awaitable = !awaitable<std::remove_cvref_t<Foreign>> && requires(Foreign&& each) {
    { find_awaiter(static_cast<Foreign&&>(each)) } -> standard_awaiter;
};

/// How a foreign coroutine awaits one of our awaitables.
template <awaitable Awaitable>
class foreign_wait final : public root_scope {
  public:
    explicit foreign_wait(Awaitable&& each) : child_(std::move(each)) {}
    ~foreign_wait() {
        if (context_ == nullptr) return;
        if (!child_.ended()) context_->abandon(child_);
    }

    bool await_ready() {
        context_ = &this_context();
        return false;
    }
    bool await_suspend(std::coroutine_handle<> waiting) noexcept {
        context_->add_root(*this);
        starting_ = true;
        start_child(child_, *context_);
        starting_ = false;
        if (child_.ended()) return false;
        waiting_ = waiting;
        return true;
    }
    decltype(auto) await_resume() { return child_.what.result(); }

  private:
    void child_ended(branch&) noexcept override { context_->remove_root(*this); }
    void all_ended() noexcept override {
        // Abandoned: the foreign coroutine is not ours to resume. It never learns, as after a crash.
        if (!starting_ && child_.now == branch::phase::done) waiting_.resume();
    }

    child<Awaitable> child_;
    io_context* context_ = nullptr;
    std::coroutine_handle<> waiting_;
    bool starting_ = false;
};

template <class Awaitable>
    requires(!std::is_lvalue_reference_v<Awaitable> && awaitable<Awaitable>)
[[nodiscard]] auto operator co_await(Awaitable&& each) {
    return foreign_wait<Awaitable>(static_cast<Awaitable&&>(each));
}

/// How a task awaits something of another library: a small coroutine is what the other side resumes, on any thread, and
/// what takes the result there; the task then goes on at home. `Given` is a type, or a reference where what is awaited lives longer than this.
template <class Given>
    requires foreign_awaitable<Given>
class foreign_arrival final : public suspension, private handed_in {
    using awaiter = decltype(find_awaiter(std::declval<Given>()));  // a value, or a reference
    using value_type = decltype(std::declval<std::remove_reference_t<awaiter>&>().await_resume());

  public:
    explicit foreign_arrival(Given&& each) noexcept : given_(static_cast<Given&&>(each)) {}
    foreign_arrival(foreign_arrival&& other) noexcept : given_(static_cast<Given&&>(other.given_)) {}
    ~foreign_arrival() { drop(); }

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        waiting_ = &on;
        try {
            awaiter_.emplace(find_it{static_cast<Given&&>(given_)});
            if (awaiter_->get.await_ready()) {
                take_value();
                now_ = phase::arrived;
            } else {
                bridge_ = cross(*this).handle;
                bridge_.resume();
            }
        } catch (...) {
            error_ = std::current_exception();
            now_ = phase::arrived;
        }
        // Race: the other side may be done on its thread by now. Who comes second to `now_` makes the branch go on.
        // The branch is parked only now: the other side's code, which ran above, may have asked for a stop.
        on.parked = this;
        if (now_.exchange(phase::parked) != phase::arrived) return false;
        on.parked = nullptr;
        return true;
    }
    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    value_type result() {
        if (error_) std::rethrow_exception(error_);
        if constexpr (!std::is_void_v<value_type>) return static_cast<value_type&&>(*value_);
    }

  private:
    enum class phase : std::uint8_t { starting, parked, arrived };

    struct find_it {
        Given&& from;
    };
    /// Made in place, since awaiters need not move.
    struct kept_awaiter {
        awaiter get;
        explicit kept_awaiter(find_it how) : get(find_awaiter(static_cast<Given&&>(how.from))) {}
    };
    /// Stands for the kept awaiter in the bridge, whose own copy nobody sees.
    struct passing_on {
        foreign_arrival& to;
        bool await_ready() const noexcept { return false; }
        auto await_suspend(std::coroutine_handle<> bridge) const { return to.awaiter_->get.await_suspend(bridge); }
        void await_resume() const noexcept { to.take_value(); }  // on the thread of the other side, as it expects
    };
    /// What the other side resumes: says that it did, and nothing else.
    struct bridge {
        struct promise_type {
            foreign_arrival& to;
            explicit promise_type(foreign_arrival& where) noexcept : to(where) {}
            bridge get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
            std::suspend_always initial_suspend() const noexcept { return {}; }
            struct last {
                bool await_ready() const noexcept { return false; }
                void await_suspend(std::coroutine_handle<promise_type> here) const noexcept {
                    here.promise().to.arrive();
                }
                void await_resume() const noexcept {}
            };
            last final_suspend() const noexcept { return {}; }
            void return_void() const noexcept {}
            void unhandled_exception() noexcept { to.error_ = std::current_exception(); }
            static void* operator new(std::size_t size) { return take_frame_memory(size); }
            static void operator delete(void* block, std::size_t size) noexcept { give_frame_memory(block, size); }
        };
        std::coroutine_handle<> handle;
    };
    static bridge cross(foreign_arrival& self) { co_await passing_on{self}; }

    void take_value() noexcept {
        try {
            if constexpr (std::is_void_v<value_type>) {
                awaiter_->get.await_resume();
            } else if constexpr (std::is_reference_v<value_type>) {
                auto&& there = awaiter_->get.await_resume();
                value_ = &there;
            } else {
                value_.emplace(awaiter_->get.await_resume());
            }
        } catch (...) {
            error_ = std::current_exception();
        }
    }
    void arrive() noexcept {
        if (now_.exchange(phase::arrived) != phase::parked) return;
        if (running_context == waiting_->context) {
            taken_in();
        } else {
            waiting_->context->hand_in(*this);  // from here on, this may be gone
        }
    }
    void taken_in() noexcept override {
        home_ = true;
        waiting_->unpark();
    }

    bool cancel() noexcept override { return false; }  // the other side has no word for it
    bool abandon() noexcept override {
        waiting_->context->take_in();                               // this may be in there
        if (now_.load() == phase::arrived && !home_) return false;  // or on its way there
        drop();
        return true;
    }
    void drop() noexcept {
        if (bridge_) std::exchange(bridge_, nullptr).destroy();
    }

    using kept_value =
        std::conditional_t<std::is_reference_v<value_type>, std::remove_reference_t<value_type>*,
                           std::optional<std::conditional_t<std::is_void_v<value_type>, char, value_type>>>;
    Given given_;
    std::optional<kept_awaiter> awaiter_;
    kept_value value_{};
    std::exception_ptr error_;
    std::coroutine_handle<> bridge_;
    branch* waiting_ = nullptr;
    std::atomic<phase> now_{phase::starting};
    bool home_ = false;  // it has arrived, and the loop knows
};

/// The awaitable of the library that stands for what was given: itself, or a way to the foreign one.
template <class Given>
    requires(!std::is_lvalue_reference_v<Given> && awaitable<Given>)
[[nodiscard]] Given&& as_awaitable(Given&& given) noexcept {
    return static_cast<Given&&>(given);
}
template <foreign_awaitable Given>
[[nodiscard]] foreign_arrival<Given> as_awaitable(Given&& given) noexcept {
    return foreign_arrival<Given>(std::forward<Given>(given));
}

/// Whatever can be awaited here: the public functions take it.
template <class Given>
concept any_awaitable = (!std::is_lvalue_reference_v<Given> && awaitable<Given>) || foreign_awaitable<Given>;

/// The type that a combinator keeps for what it was given.
template <any_awaitable Given>
using kept_awaitable = std::remove_cvref_t<decltype(as_awaitable(std::declval<Given>()))>;

}  // namespace rill::inline RILL_ABI
