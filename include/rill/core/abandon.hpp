// SPDX-License-Identifier: MIT
#pragma once

// How all that runs on an io_context comes to an end, in two ways. Included by io_context.hpp.
//
// `stop_all` stops every tree, which then unwinds in its turns. `abandon` does without turns, leaves first, nothing resumed,
// nobody told: first all operations are taken back, so that none begins while others are waited for. Then a walk goes down
// to a branch that waits for no other, makes what that is still parked on let go (waiting for the kernel or another thread
// where it must), destroys its frames, and goes up. Destructors run on the way, and may do anything but await: what they
// spawn or stop finds ended scopes.

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

inline void io_context::forget(branch& each) noexcept {
    if (!each.queued) return;
    if (!ready_.remove(each) && !urgent_.remove(each)) deferred_.remove(each);
}

/// `top` is the only child of its root.
inline void io_context::take_back(branch& top) noexcept {
    for (branch* each = &top; each != nullptr;) {
        scope* const inside = each->parked == nullptr ? nullptr : each->parked->as_scope();
        if (each->parked != nullptr && each->parked->cancel()) each->parked = nullptr;
        each = next_branch(*top.parent, *each, inside);
    }
}

/// Ends what another context has sent here and has stopped before it could start: this loop may be waiting for just that
/// context, which waits for its answer.
inline void io_context::end_unstarted() noexcept {
    for (root_scope *each = roots_, *next = nullptr; each != nullptr; each = next) {
        next = each->next;
        branch& child = *each->first_child();
        if (child.now != branch::phase::unstarted || child.gate != nullptr) continue;
        forget(child);
        each->end_child(child, branch::phase::stopped);
    }
}

inline void io_context::abandon(branch& top) noexcept {
    const running_context_guard running(*this);
    const bool before = abandoning_;
    abandoning_ = true;
    take_back(top);
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
            end_unstarted();
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

inline void io_context::stop_all() noexcept {
    stops_all_ = true;
    stop_announcement stop;
    for (root_scope* each = roots_; each != nullptr; each = each->next) each->mark_stopped(stop);
    stop.tell();
}

inline void io_context::abandon() noexcept {
    while (roots_ != nullptr) abandon(*roots_->first_child());
}

}  // namespace rill::inline RILL_ABI
