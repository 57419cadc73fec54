// SPDX-License-Identifier: MIT
#pragma once

// Runs a function on a thread with a small stack, so that recursion as deep as a tree ends the test program. POSIX only.

#include <pthread.h>

#include <cstddef>
#include <exception>
#include <stdexcept>

namespace support {

inline constexpr std::size_t small_stack_bytes = 256UL * 1024;

/// Calls `function` on a stack of 256 KiB and waits; throws what it throws. It must not make assertions.
template <class Function>
void on_small_stack(Function function) {
    struct job {
        Function& call;
        std::exception_ptr error;
    } here{function, nullptr};
    const auto entry = [](void* given) -> void* {
        job& todo = *static_cast<job*>(given);
        try {
            todo.call();
        } catch (...) {
            todo.error = std::current_exception();
        }
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    const bool sized = pthread_attr_setstacksize(&attributes, small_stack_bytes) == 0;
    pthread_t thread{};
    const bool started = sized && pthread_create(&thread, &attributes, entry, &here) == 0;
    pthread_attr_destroy(&attributes);
    if (!started) throw std::runtime_error("no thread with a stack of 256 KiB");
    pthread_join(thread, nullptr);
    if (here.error) std::rethrow_exception(here.error);
}

}  // namespace support
