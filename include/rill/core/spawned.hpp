// SPDX-License-Identifier: MIT
#pragma once

// `spawned`: what `task_group::spawn` gives, to stop that one child. It may be dropped, kept longer than the child and its
// group, and given to another thread.
//
// Child and handle share a `child_link`, which lives as long as either of them, in the block of memory that the child is
// in (group_child.hpp). Its states, and who changes them:
// | state    | entered when                                                        | next                               |
// |----------|---------------------------------------------------------------------|------------------------------------|
// | `living` | the child is spawned                                                | `asking`, `ended`                  |
// | `asking` | another thread has begun to hand a stop in                          | `asked`, by that thread            |
// | `asked`  | it has been handed in: its context is not touched from there again  | `ended`                            |
// | `ended`  | the child has ended, on the thread of its loop                      | none: a stop has no effect         |

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "frame_memory.hpp"
#include "io_context.hpp"

namespace rill::inline RILL_ABI {

class child_link;

class spawned {
  public:
    /// For `spawn`.
    explicit spawned(child_link& link) noexcept : link_(&link) {}
    spawned(spawned&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
    spawned& operator=(spawned&& other) noexcept {
        std::swap(link_, other.link_);
        return *this;
    }
    ~spawned();

    /// Stops the child, and no other: it is unwound in its loop's next turn, and is no error of the group. Nothing
    /// happens if it has ended. Any thread.
    void stop() const noexcept;

  private:
    child_link* link_;  // null: moved from
};

// ---- mechanism ----

class alignas(std::max_align_t) child_link final : private handed_in {
  public:
    /// The link at the front of a new block, with room for a child of that size behind it. Throws std::bad_alloc.
    [[nodiscard]] static child_link& make(std::size_t child_size) {
        return *::new (take_frame_memory(sizeof(child_link) + child_size)) child_link(child_size);
    }

    /// The child is there, and is about to be spawned: from now on the handle shares this.
    [[nodiscard]] child_link& shared_with_handle(branch& child, io_context& home) noexcept {
        child_ = &child;
        home_ = &home;
        references_.store(2, std::memory_order_relaxed);  // no other thread has seen this yet
        return *this;
    }

    void request() noexcept {
        if (now_.load(std::memory_order_acquire) == phase::ended) return;
        if (running_context == home_) {
            stop_child();
            return;
        }
        // Race: the child may end meanwhile, and its context with it. Whoever changes `living` first wins: the child's
        // end waits while this is `asking`, and this touches the context in no other state.
        phase expected = phase::living;
        if (!now_.compare_exchange_strong(expected, phase::asking)) return;
        references_.fetch_add(1, std::memory_order_relaxed);
        home_->hand_in(*this);
        now_.store(phase::asked, std::memory_order_release);
    }
    /// The handle is gone, so nobody asks any more.
    void handle_gone() noexcept {
        if (now_.load(std::memory_order_acquire) == phase::living && running_context == home_) {
            references_.store(1, std::memory_order_relaxed);  // no other thread has ever seen this
        } else {
            release();
        }
    }
    /// The child has ended, which had that size. On the thread of its loop.
    void child_ended(std::size_t child_size) noexcept {
        child_ = nullptr;
        if (references_.load(std::memory_order_acquire) == 1) return end(child_size);
        phase before = phase::living;
        while (!now_.compare_exchange_weak(before, phase::ended, std::memory_order_acq_rel)) {
            if (before == phase::asking) before = phase::asked;  // in a moment
        }
        release();
    }

  private:
    enum class phase : std::uint8_t { living, asking, asked, ended };

    explicit child_link(std::size_t child_size) noexcept : child_size_(child_size) {}
    ~child_link() = default;

    void release() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) end(child_size_);
    }
    void end(std::size_t child_size) noexcept {
        this->~child_link();
        give_frame_memory(this, sizeof(child_link) + child_size);
    }
    void taken_in() noexcept override {
        if (child_ != nullptr) stop_child();
        release();
    }
    void stop_child() noexcept { child_->parent->stop_child(*child_); }

    branch* child_ = nullptr;     // null: not yet there, or ended; of the loop's thread
    io_context* home_ = nullptr;  // lives as long as the child
    const std::size_t child_size_;
    std::atomic<phase> now_{phase::living};
    std::atomic<unsigned> references_{1};  // of the child, of the handle, and of the inbox while this is in there
};

inline spawned::~spawned() {
    if (link_ != nullptr) link_->handle_gone();
}
inline void spawned::stop() const noexcept {
    if (link_ != nullptr) link_->request();
}

}  // namespace rill::inline RILL_ABI
