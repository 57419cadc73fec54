# SPDX-License-Identifier: MIT
# example_gbk, where the system's iconv can write GBK: OpenBSD has none, and that of musl only reads it.
include(CheckCXXSourceCompiles)
include(CheckCXXSourceRuns)
find_package(Iconv QUIET)
if(Iconv_FOUND)
    set(CMAKE_REQUIRED_LIBRARIES Iconv::Iconv)
    if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
        check_cxx_source_compiles(
            "#include <iconv.h>
             #if defined(__linux__) && !defined(__GLIBC__)
             #error musl
             #endif
             int main() { return iconv_open(\"GBK\", \"UTF-8\") == iconv_t(-1); }"
            RILL_ICONV_WRITES_GBK)
    else()
        check_cxx_source_runs(
            "#include <iconv.h>
             int main() {
                 const iconv_t made = iconv_open(\"GBK\", \"UTF-8\");
                 return made == iconv_t(-1) || iconv_close(made) != 0; // a leak would be told of by a sanitizer
             }"
            RILL_ICONV_WRITES_GBK)
    endif()
    unset(CMAKE_REQUIRED_LIBRARIES)
endif()
if(RILL_ICONV_WRITES_GBK)
    rill_example_support(example_gbk support/gbk_iconv.cpp)
    target_link_libraries(example_gbk PUBLIC Iconv::Iconv)
else()
    message(NOTICE "rill: the iconv of this system, if it has any, cannot write GBK, so the examples that need it are left out")
endif()
