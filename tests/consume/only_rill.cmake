# SPDX-License-Identifier: MIT
# Whoever takes rill gets rill alone: no tests, examples or benchmarks, and no test of ours in their ctest.
get_property(folders DIRECTORY ${rill_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
get_property(targets DIRECTORY ${rill_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
get_property(tests DIRECTORY ${rill_SOURCE_DIR} PROPERTY TESTS)
if(folders OR tests OR NOT targets STREQUAL "rill")
    message(FATAL_ERROR "rill brought more than itself: folders [${folders}], targets [${targets}], tests [${tests}]")
endif()
