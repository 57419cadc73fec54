// SPDX-License-Identifier: MIT
#pragma once

// The only macros of rill, each of them defined to a value, so that a typing error in `#if` is told by -Wundef.
//
// RILL_TASK_DUMP       0 or 1, set by the user for the whole program: each frame remembers the line that it is suspended at,
//                      and since when (task_dump.hpp).
// RILL_LOCK_ORDER      0 or 1, set by the user for the whole program: locks that are taken in opposite orders are told of
//                      (sync/lock_order.hpp).
// RILL_RECYCLE_FRAMES  1: coroutine frames are kept in a list a thread and used again. 0 under AddressSanitizer, because
//                      a frame that is used again hides a use after its end.
// RILL_FOREIGN_KQUEUE  0 or 1, set by the build for the whole program: kqueue can be chosen beside the backend of Linux,
//                      because a library gives it (libkqueue, or the double of rill's tests).
// RILL_ABI             an inline namespace named after these: objects of builds that differ in them do not link together.
// RILL_COLD            a function that is rarely called: kept out of the code around the call.
// RILL_APART           a function that must not burden those that call it now and then with its registers.
// RILL_NO_UNIQUE_ADDRESS  a member that takes no room where it is empty. Compilers for the ABI of MSVC do not know the
//                      standard's word, and clang warns of it; their own would change layouts that nobody has run.
// RILL_VISIBLE         for what must be one object a program, also across shared libraries built with hidden visibility,
//                      and for what is thrown: libc++ catches by the address of the type.

#ifndef RILL_TASK_DUMP
#define RILL_TASK_DUMP 0
#endif

#ifndef RILL_LOCK_ORDER
#define RILL_LOCK_ORDER 0
#endif

#ifndef RILL_FOREIGN_KQUEUE
#define RILL_FOREIGN_KQUEUE 0
#endif

#ifndef RILL_RECYCLE_FRAMES
#if defined(__SANITIZE_ADDRESS__)
#define RILL_RECYCLE_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RILL_RECYCLE_FRAMES 0
#else
#define RILL_RECYCLE_FRAMES 1
#endif
#else
#define RILL_RECYCLE_FRAMES 1
#endif
#endif

#if RILL_LOCK_ORDER && RILL_TASK_DUMP && RILL_RECYCLE_FRAMES
#define RILL_ABI ordering_dumping
#elif RILL_LOCK_ORDER && RILL_TASK_DUMP
#define RILL_ABI ordering_dumping_unrecycled
#elif RILL_LOCK_ORDER && RILL_RECYCLE_FRAMES
#define RILL_ABI ordering
#elif RILL_LOCK_ORDER
#define RILL_ABI ordering_unrecycled
#elif RILL_TASK_DUMP && RILL_RECYCLE_FRAMES
#define RILL_ABI dumping
#elif RILL_TASK_DUMP
#define RILL_ABI dumping_unrecycled
#elif RILL_RECYCLE_FRAMES
#define RILL_ABI plain
#else
#define RILL_ABI plain_unrecycled
#endif

#if defined(__ELF__) || defined(__clang__)
#define RILL_VISIBLE __attribute__((visibility("default")))
#else
#define RILL_VISIBLE
#endif

#if defined(__GNUC__)
#define RILL_COLD [[gnu::cold]]
#define RILL_APART [[gnu::noinline]]
#else
#define RILL_COLD
#define RILL_APART
#endif

#if defined(_MSC_VER)
#define RILL_NO_UNIQUE_ADDRESS
#else
#define RILL_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif
