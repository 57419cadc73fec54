// SPDX-License-Identifier: MIT
#pragma once

// Runs a function on a thread with a small stack, so that recursion as deep as a tree ends the test program.

#ifdef _WIN32
#include <rill/backend/windows_headers.hpp>
#else
#include <pthread.h>
#endif

#include <cstddef>
#include <exception>
#include <stdexcept>

namespace support {

inline constexpr std::size_t small_stack_bytes = 256UL * 1024;

/// Calls `entry` with `given` on a thread with such a stack, and waits. False: there is no such thread.
#ifdef _WIN32
inline bool run_with_small_stack(void (*entry)(void*), void* given) {
    struct job {
        void (*entry)(void*);
        void* given;
    } here{entry, given};
    const auto call = [](void* all) -> DWORD {
        const job& todo = *static_cast<job*>(all);
        todo.entry(todo.given);
        return 0;
    };
    const HANDLE thread =
        ::CreateThread(nullptr, small_stack_bytes, call, &here, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
    if (thread == nullptr) return false;
    ::WaitForSingleObject(thread, INFINITE);
    ::CloseHandle(thread);
    return true;
}
#else
inline bool run_with_small_stack(void (*entry)(void*), void* given) {
    struct job {
        void (*entry)(void*);
        void* given;
    } here{entry, given};
    const auto call = [](void* all) -> void* {
        const job& todo = *static_cast<job*>(all);
        todo.entry(todo.given);
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    const bool sized = pthread_attr_setstacksize(&attributes, small_stack_bytes) == 0;
    pthread_t thread{};
    const bool started = sized && pthread_create(&thread, &attributes, call, &here) == 0;
    pthread_attr_destroy(&attributes);
    if (started) pthread_join(thread, nullptr);
    return started;
}
#endif

/// Calls `function` on a stack of 256 KiB and waits; throws what it throws. It must not make assertions.
template <class Function>
void on_small_stack(Function function) {
    struct job {
        Function& call;
        std::exception_ptr error;
    } here{function, nullptr};
    const auto entry = [](void* given) {
        job& todo = *static_cast<job*>(given);
        try {
            todo.call();
        } catch (...) {
            todo.error = std::current_exception();
        }
    };
    if (!run_with_small_stack(entry, &here)) throw std::runtime_error("no thread with a stack of 256 KiB");
    if (here.error) std::rethrow_exception(here.error);
}

}  // namespace support
