# SPDX-License-Identifier: MIT
# Windows programs from a Debian machine: mingw-w64 (g++-mingw-w64-x86-64-posix; the other flavour has no std::mutex), run by wine (wine64).
#   cmake -B build/windows --toolchain cmake/toolchains/mingw-w64.cmake -DCatch2_DIR=/usr/lib/cmake/Catch2
# wine wants a folder of its own, WINEPREFIX; its server must already run, or each test waits for it: `.ci/run windows_wine` shows how.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static) # else the programs look for the run-time libraries of mingw, which wine does not have
find_program(RILL_WINE NAMES wine64 wine PATHS /usr/lib/wine)
if(RILL_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${RILL_WINE})
endif()
