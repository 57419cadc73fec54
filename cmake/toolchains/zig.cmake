# SPDX-License-Identifier: MIT
# A CMake toolchain file: cross-compiles with zig (`pip install ziglang`), which brings clang, libc++ and the C libraries of many systems.
#   cmake -S . -B build/freebsd --toolchain cmake/toolchains/zig.cmake -DRILL_ZIG=<the program zig> -DRILL_ZIG_TARGET=x86_64-freebsd
# Targets: x86_64-macos, aarch64-macos, x86_64-freebsd, x86_64-netbsd.11.0 (whose headers zig has, though it would link for 10.1),
# x86_64-openbsd; and Linux with musl, linked statically, which runs under Debian's qemu-user-static: aarch64-linux-musl,
# s390x-linux-musl.
set(RILL_ZIG zig CACHE STRING "The program zig")
set(RILL_ZIG_TARGET "" CACHE STRING "The system to compile for, as zig names it")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RILL_ZIG RILL_ZIG_TARGET)
if(NOT RILL_ZIG_TARGET MATCHES "^([a-z0-9_]+)-([a-z]+)")
    message(FATAL_ERROR "Set RILL_ZIG_TARGET to one of those that cmake/toolchains/zig.cmake names.")
endif()
set(processor ${CMAKE_MATCH_1})
set(names macos Darwin freebsd FreeBSD netbsd NetBSD openbsd OpenBSD linux Linux)
list(FIND names ${CMAKE_MATCH_2} place)
math(EXPR place "${place} + 1")
list(GET names ${place} CMAKE_SYSTEM_NAME)
set(CMAKE_SYSTEM_PROCESSOR ${processor})

# zig makes its debug builds trap on what UBSan finds; the gate has that on the machine itself.
set(CMAKE_CXX_COMPILER ${RILL_ZIG} c++ -target ${RILL_ZIG_TARGET} -fno-sanitize=undefined)
set(CMAKE_CXX_FLAGS_DEBUG_INIT "-O0 -g0")
if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
    # What <float.h> does not define any more once <math.h> was there, with zig's headers of macOS; Catch asks for it.
    set(CMAKE_CXX_FLAGS_INIT "-DDBL_MAX_10_EXP=__DBL_MAX_10_EXP__")
endif()
set(CMAKE_OSX_SYSROOT "")
set(CMAKE_OSX_ARCHITECTURES "")
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
    find_program(RILL_EMULATOR qemu-${processor}-static)
    if(RILL_EMULATOR)
        set(CMAKE_CROSSCOMPILING_EMULATOR ${RILL_EMULATOR})
    endif()
endif()

# Nothing of the machine that compiles.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE NEVER)
set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH OFF)
