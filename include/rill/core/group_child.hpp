// SPDX-License-Identifier: MIT
#pragma once

// What a task group holds: children in blocks of recycled memory, each with what it runs.
//
// `group_child_of` runs an awaitable, `group_child_calling` calls a function first, when its turn comes, and keeps it with
// its arguments. Both end with an error or without; a value is dropped. See task_group.hpp for users.

#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "frame_memory.hpp"
#include "spawned.hpp"

namespace rill::inline RILL_ABI {

/// A child of a group, in memory of its own until it has ended.
class group_child : public branch {
  public:
    virtual bool start() noexcept = 0;
    /// Whether it failed; what then happens is the group's affair unless `report` takes care of it.
    [[nodiscard]] virtual bool failed() const noexcept = 0;
    /// What it failed with. Only then, and once.
    [[nodiscard]] virtual std::exception_ptr error() noexcept = 0;
    /// Takes care of an error. False: it stops the group.
    virtual bool report(const std::exception_ptr&) noexcept { return false; }
    virtual ~group_child() = default;

    static void* operator new(std::size_t size) { return take_frame_memory(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_frame_memory(block, size); }
};

/// A child that has a handle. The link that they share stands before it, in the same block, which ends with the later one.
class spawned_child : public group_child {
  public:
    [[nodiscard]] child_link& link() noexcept { return link_before(this); }

    static void* operator new(std::size_t size) { return &child_link::make(size) + 1; }
    static void operator delete(void* child, std::size_t size) noexcept { link_before(child).child_ended(size); }

  private:
    static child_link& link_before(void* child) noexcept { return *(static_cast<child_link*>(child) - 1); }
};

// ---- mechanism ----

/// An awaitable as a child.
template <awaitable Awaitable>
class group_child_of final : public spawned_child {
  public:
    explicit group_child_of(Awaitable&& each) : each_(std::move(each)) {}

    bool start() noexcept override { return each_.start(*this); }
    [[nodiscard]] bool failed() const noexcept override { return each_.failed(); }
    [[nodiscard]] std::exception_ptr error() noexcept override { return exception_of(each_); }

  private:
    Awaitable each_;
};

/// A function with its arguments as a child; it is called when its turn comes.
template <class Function, class... Arguments>
class group_child_calling final : public spawned_child {
    using coroutine = std::invoke_result_t<Function&, Arguments...>;
    static_assert(awaitable<coroutine>,
                  "rill: spawn(function, arguments...) wants a coroutine: a function that returns a rill::task");

  public:
    template <class... Given>
    explicit group_child_calling(Function&& function, Given&&... given)
        : function_(std::move(function)), arguments_(std::forward<Given>(given)...) {}
    template <class... Given>
    explicit group_child_calling(const Function& function, Given&&... given)
        : function_(function), arguments_(std::forward<Given>(given)...) {}

    bool start() noexcept override {
        try {
            running_ = std::apply([this](Arguments&... each) { return function_(std::move(each)...); }, arguments_);
        } catch (...) {
            error_ = std::current_exception();
            return true;
        }
        return running_.start(*this);
    }
    [[nodiscard]] bool failed() const noexcept override { return error_ || running_.failed(); }
    [[nodiscard]] std::exception_ptr error() noexcept override { return error_ ? error_ : exception_of(running_); }

  private:
    Function function_;
    std::tuple<Arguments...> arguments_;
    coroutine running_;
    std::exception_ptr error_;
};

}  // namespace rill::inline RILL_ABI
