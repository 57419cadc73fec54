// SPDX-License-Identifier: MIT
#pragma once

// The task dump: the tree of all that runs on an io_context, each coroutine with the line that it is suspended at, for
// how long, and what it waits for.
//
//     rill::dump_on dumping(SIGUSR1);                                    // `kill -USR1` writes it to standard error
//     rill::this_context().dump([](std::string_view line) { ... });      // or by hand
//
//     - server() at echo.cpp:14, for 12 s
//       waits for those below
//       - session() at echo.cpp:7, for 300 ms
//         waits for recv 127.0.0.1:5000
//
// Lines and times are there when the program was built with RILL_TASK_DUMP=1, everywhere; they cost a look at the clock
// each co_await, and nothing without it: then only the tree is told.

#include <concepts>
#include <cstdio>
#include <string_view>

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

/// Writes the dump of the running context to standard error when a signal arrives, until its end. Throws
/// std::system_error if no context runs on this thread, or the signal can't be watched. Belongs to the context's thread.
class [[nodiscard]] dump_on final : private signal_listener {
  public:
    /// From now on, until its end.
    explicit dump_on(int number) : home_(this_context()) {
        watch.number = number;
        home_.add_listener(*this);
    }
    ~dump_on() { home_.remove_listener(*this); }
    dump_on(const dump_on&) = delete;
    dump_on& operator=(const dump_on&) = delete;

  private:
    inline void signalled(unsigned count) noexcept override;

    io_context& home_;
};

// ---- mechanism ----

/// Goes through the tree of a context once, parents first, without recursion.
template <class Sink>
class tree_teller {
  public:
    tree_teller(Sink& sink, instant present) noexcept : sink_(sink), present_(present) {}

    void tell(root_scope& root) {
        depth_ = 0;
        branch* each = root.first_child();
        while (each != nullptr) {
            scope* const inside = each->parked == nullptr ? nullptr : each->parked->as_scope();
            tell_branch(*each);
            branch* const next = next_branch(root, *each, inside);
            if (next != nullptr) descend(*each, *next, inside);
            each = next;
        }
    }

  private:
    /// Sets the depth of the next branch: one more, or as many less as there are parents between.
    void descend(const branch& from, const branch& to, const scope* inside) noexcept {
        if (to.parent == inside) {
            ++depth_;
            return;
        }
        for (const branch* each = &from; each->parent != to.parent; each = each->parent->owner()) --depth_;
    }

    void tell_branch(const branch& each) {
        first_ = true;
        tell_frames(each.leaf);
        error_text waits;
        if (each.gate == nullptr) waits.append("stopped, ");
        if (each.parked == nullptr) {
            waits.append(each.queued ? "is ready to go on" : "runs");
        } else {
            waits.append("waits for ");
#if RILL_TASK_DUMP
            each.parked->describe(waits, present_);
#else
            waits.append(each.parked->as_scope() == nullptr ? "an event" : "those below");
#endif
        }
        line(waits);
    }

#if RILL_TASK_DUMP
    /// Outermost first. The links lead outwards, so they are turned round for the time of the telling.
    void tell_frames(frame* leaf) {
        frame* outermost = reversed(leaf);
        for (const frame* each = outermost; each != nullptr; each = each->parent) tell_frame(*each);
        reversed(outermost);
    }
    static frame* reversed(frame* each) noexcept {
        frame* before = nullptr;
        while (each != nullptr) {
            frame* const next = each->parent;
            each->parent = before;
            before = each;
            each = next;
        }
        return before;
    }
    void tell_frame(const frame& each) {
        error_text text;
        if (each.where.line() == 0) return line(text.append("a coroutine that has not waited yet"));
        const std::string_view name = name_in(each.where.function_name());
        text.append(name.data(), name.size()).append("() at ").append(each.where.file_name()).append(":");
        text.append_number(each.where.line()).append(", for ");
        text.append_duration(present_ - each.since);
        line(text);
    }
    /// "rill::task<> session(rill::tcp_stream)" is session. Before the clones of g++ 12 stands another type and name.
    static std::string_view name_in(std::string_view signature) noexcept {
        constexpr std::string_view unnamed = "(anonymous namespace)::";  // as clang has it; g++ uses braces
        std::size_t name_end = signature.find('(');
        while (name_end != signature.npos && signature.substr(name_end).starts_with(unnamed)) {
            signature.remove_prefix(name_end + unnamed.size());
            name_end = signature.find('(');
        }
        signature = signature.substr(0, name_end);
        return signature.substr(signature.rfind(' ') + 1);
    }
#else
    void tell_frames(const frame* leaf) {
        int count = 0;
        for (; leaf != nullptr; leaf = leaf->parent) ++count;
        if (count == 0) return;  // a bare operation, or a scope in a scope
        error_text text;
        line(text.append_number(count).append(count == 1 ? " coroutine" : " coroutines"));
    }
#endif

    void line(const error_text& text) {
        error_text whole;
        for (int level = 0; level < depth_ && level < depth_max; ++level) whole.append("  ");
        sink_(std::string_view(whole.append(first_ ? "- " : "  ").append(text.c_str()).c_str()));
        first_ = false;
    }

    static constexpr int depth_max = 40;  // deeper ones are not moved further to the right

    Sink& sink_;
    instant present_;
    int depth_ = 0;
    bool first_ = true;  // the next line is the first of its branch
};

/// On the thread of the loop, also from within a coroutine. The sink gets each line, without an end of line; it must not
/// await, spawn or stop anything meanwhile, and not throw.
template <std::invocable<std::string_view> Sink>
void io_context::dump(Sink&& sink) {
    tree_teller<std::remove_reference_t<Sink>> teller(sink, now());
    for (root_scope* each = roots_; each != nullptr; each = each->next) teller.tell(*each);
}

inline void dump_on::signalled(unsigned) noexcept {
    home_.dump(
        [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); });
}

}  // namespace rill::inline RILL_ABI
