# SPDX-License-Identifier: MIT
# Whoever takes rill gets rill alone: no tests, examples or benchmarks, and no test of ours in their ctest.
get_property(folders DIRECTORY ${rill_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
get_property(targets DIRECTORY ${rill_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
get_property(tests DIRECTORY ${rill_SOURCE_DIR} PROPERTY TESTS)
if(folders OR tests OR NOT targets STREQUAL "rill")
    message(FATAL_ERROR "rill brought more than itself: folders [${folders}], targets [${targets}], tests [${tests}]")
endif()

# And whoever links rill links the threads of the system and nothing else.
get_target_property(libraries rill::rill INTERFACE_LINK_LIBRARIES)
get_target_property(flags rill::rill INTERFACE_COMPILE_OPTIONS)
if(NOT WIN32 AND NOT libraries STREQUAL "Threads::Threads" OR flags)
    message(FATAL_ERROR "rill brought more than itself: libraries [${libraries}], compiler flags [${flags}]")
endif()
