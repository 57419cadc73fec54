# SPDX-License-Identifier: MIT
# rill::module: rill as a C++20 module, `import rill;`. It is compiled by the project that asks for it (RILL_BUILD_MODULE, or the component
# `module` of find_package), for what a compiler keeps of a module is good for that compiler and its flags alone.
if(CMAKE_VERSION VERSION_LESS 3.28)
    message(FATAL_ERROR "rill::module needs CMake 3.28 or newer, for C++20 modules; this is ${CMAKE_VERSION}. Or include <rill.hpp>.")
endif()
add_library(rill_module STATIC)
add_library(rill::module ALIAS rill_module)
target_sources(rill_module PUBLIC FILE_SET CXX_MODULES BASE_DIRS ${RILL_MODULE_FOLDER} FILES ${RILL_MODULE_FOLDER}/rill.cppm)
target_link_libraries(rill_module PUBLIC rill::rill)
