// SPDX-License-Identifier: MIT
#pragma once

// How an io_context abandons what runs on it: leaves first, nothing resumed, nobody told. Included by io_context.hpp.
//
// The walk goes down to a branch that waits for no other, makes what that is parked on let go (waiting for the kernel or
// another thread where it must), destroys its frames, and goes up. Destructors run on the way, and may do anything but
// await: what they spawn or stop finds ended scopes.

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

inline void io_context::forget(branch& each) noexcept {
    if (!each.queued) return;
    if (!ready_.remove(each) && !urgent_.remove(each)) deferred_.remove(each);
}

inline void io_context::abandon(branch& top) noexcept {
    const running_context_guard running(*this);
    const bool before = abandoning_;
    abandoning_ = true;
    for (branch* each = &top;;) {
        scope* const inside = each->parked == nullptr ? nullptr : each->parked->as_scope();
        if (inside != nullptr && inside->first_child() != nullptr) {
            each = inside->first_child();
            continue;
        }
        forget(*each);
        while (each->parked != nullptr && inside == nullptr && !each->parked->abandon()) {
            wait_once(-1);  // until the kernel, or another thread, lets go
            take_in();
        }
        forget(*each);
        each->parked = nullptr;
        destroy_frames(*each);
        branch* above = each == &top ? nullptr : each->parent->owner();
        each->parent->end_child(*each, branch::phase::stopped);
        while (above != nullptr && above->ended()) above = above == &top ? nullptr : above->parent->owner();  // with it
        if (above == nullptr) break;
        each = above;
    }
    abandoning_ = before;
}

inline void io_context::abandon() noexcept {
    while (roots_ != nullptr) abandon(*roots_->first_child());
}

}  // namespace rill::inline RILL_ABI
