# SPDX-License-Identifier: MIT
option(RILL_WARNINGS_AS_ERRORS "A warning in rill's own tests, examples and benchmarks ends the build" OFF)
option(RILL_PRECOMPILE "Precompile what the tests and examples include, where many builds are made one after the other" OFF)

# rill_strict(<target>): one of our own programs sees rill's headers as plain C++20, with every warning that rill promises to be free of.
function(rill_strict target)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_link_libraries(${target} PRIVATE rill::rill rill_kqueue)
    if(MSVC)
        # Tests have many sections, read the environment by std::getenv (C4996), and align a type on purpose (C4324).
        target_compile_options(
            ${target} PRIVATE /W4 /wd4324 /permissive- /utf-8 /bigobj $<$<BOOL:${RILL_WARNINGS_AS_ERRORS}>:/WX>)
        target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS)
    else()
        target_compile_options(
            ${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
                              $<$<BOOL:${RILL_WARNINGS_AS_ERRORS}>:-Werror>)
    endif()
endfunction()
