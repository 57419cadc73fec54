// SPDX-License-Identifier: MIT
#pragma once

// One turn of the loop, and its wait: what was sent here, signals and timers become ready, a round of those who are ready
// runs, then the backend tells what has happened. Included by io_context.hpp.
//
// A branch that runs is in one of four states: not yet started, parked on something that asks to be tried again, parked and
// stopped (it is let go of, its frames are destroyed from the innermost outwards), or to be resumed where it was.

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

inline std::int64_t io_context::turn_once() {
    const running_context_guard running(*this);
    if (!inbox_.maybe_empty()) take_in();
    if (listeners_ != nullptr) tell_signals();
    expire_timers();
    for (unsigned count = 0; count < round; ++count) {
        ready_item* item = urgent_.pop();
        if (item == nullptr) item = ready_.pop();
        if (item == nullptr) break;
        run_one(*item);
    }
    if (!urgent_.empty() || !ready_.empty() || !deferred_.empty()) return 0;
    if (timers_.empty()) return -1;
    const instant first = timers_.first();
    const instant present = now();
    return first <= present ? 0 : first - present;
}

inline void io_context::wait_once(std::int64_t limit_ns) {
    const running_context_guard running(*this);
    if (limit_ns != 0) {
        asleep_.store(true);  // pairs with the exchange in hand_in
        if (!inbox_.empty()) limit_ns = 0;
    }
    reactor_->wait(limit_ns);
    asleep_.store(false, std::memory_order_relaxed);
    ready_.append(deferred_);
}

inline void io_context::take_in() noexcept {
    ready_item* item = inbox_.take_all();
    while (item != nullptr) {
        ready_item* const next = item->next;
        if (item->what == ready_item::kind::handed_in) {
            static_cast<handed_in*>(item)->taken_in();
        } else {
            ready_.push(*item);
        }
        item = next;
    }
}

inline void io_context::expire_timers() noexcept {
    if (timers_.empty()) return;
    const instant until = now();
    while (timers_.expire_one(until)) {
    }
}

inline void io_context::tell_signals() noexcept {
    for (signal_listener *each = listeners_, *next = nullptr; each != nullptr; each = next) {
        next = each->next;
        const unsigned arrived = each->watch.arrived.load(std::memory_order_acquire);
        const unsigned count = arrived - each->seen;
        each->seen = arrived;
        if (count != 0) each->signalled(count);
    }
}

inline void io_context::run_one(ready_item& item) noexcept {
    if (item.what == ready_item::kind::posted) {
        auto& posted = static_cast<posted_function&>(item);
        posted.call(posted, posted_function::how::run);
        return;
    }
    auto& each = static_cast<branch&>(item);
    if (each.parked != nullptr && each.gate == nullptr) {
        let_go(each);
    } else if (each.parked != nullptr) {
        if (!each.parked->retry()) return;
        each.parked = nullptr;
        resume(each);
    } else if (each.now != branch::phase::unstarted) {
        resume(each);
    } else if (!each.open()) {
        each.parent->end_child(each, branch::phase::stopped);
    } else {
        budget_ = budget;
        each.now = branch::phase::running;
        if (each.parent->start_queued(each)) each.parent->end_child(each, branch::phase::done);
    }
}

inline void io_context::resume(branch& each) noexcept {
    budget_ = budget;
    while (each.leaf != nullptr) {
        each.leaf->owner->handle.resume();  // unless it continues, the branch may be gone from here on
        if (!continues_) [[likely]]
            return;
        continues_ = false;
    }
    each.parent->end_child(each, branch::phase::done);
}

inline void io_context::let_go(branch& each) noexcept {
    if (!each.parked->cancel()) return;  // it completes later, and is then resumed with what it got
    each.parked = nullptr;
    destroy_frames(each);
    each.parent->end_child(each, branch::phase::stopped);
}

inline void io_context::destroy_frames(branch& each) noexcept {
    while (frame* const innermost = each.leaf) {
        each.leaf = innermost->parent;
        const std::coroutine_handle<> handle = innermost->owner->handle;
        innermost->owner->handle = nullptr;
        handle.destroy();
    }
}

inline bool branch::open() noexcept {
    if (!context->nothing_handed_in()) context->take_in();
    return gate != nullptr;
}

inline bool branch::refuse() noexcept {
    parked = &let_go_at_once;
    context->make_ready(*this);
    return false;
}

inline void branch::go_on() noexcept { context->make_ready(*this); }

}  // namespace rill::inline RILL_ABI

/// See contract.hpp: a stop may have queued the branch already, and then the queue resumes it with its result.
inline void rill::backend::completed(operation& each, resume_when when) noexcept {
    branch& owner = *each.owner;
    owner.parked = nullptr;
    if (owner.queued) [[unlikely]]
        return;
    if (when == resume_when::at_once && owner.context->resumes_at_once()) [[likely]] {
        owner.context->resume(owner);
    } else {
        owner.go_on();
    }
}

inline void rill::backend::let_go(operation& each) noexcept { each.owner->refuse(); }
