# SPDX-License-Identifier: MIT
# Linux has no kqueue; a library can give it one, and rill's kqueue backend then runs there beside epoll, for tests.
#   double       the one in tests/support/kqueue_double
#   libkqueue    what pkg-config finds under that name
#   <folder>     where libkqueue was installed
set(RILL_KQUEUE "" CACHE STRING "On Linux, where kqueue comes from: nowhere if empty, 'double', 'libkqueue' or the folder of an installed libkqueue")

add_library(rill_kqueue INTERFACE) # what our own programs link, see rill_strict
if(NOT RILL_KQUEUE)
    return()
endif()
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(FATAL_ERROR "RILL_KQUEUE is for Linux: ${CMAKE_SYSTEM_NAME} has a kqueue of its own, or none.")
endif()
target_compile_definitions(rill_kqueue INTERFACE RILL_FOREIGN_KQUEUE=1)
if(RILL_KQUEUE STREQUAL "double")
    set(double ${PROJECT_SOURCE_DIR}/tests/support/kqueue_double)
    add_library(rill_kqueue_double OBJECT ${double}/kqueue_double.cpp)
    target_compile_features(rill_kqueue_double PRIVATE cxx_std_20)
    target_include_directories(rill_kqueue_double SYSTEM PUBLIC ${double})
    target_include_directories(rill_kqueue SYSTEM INTERFACE ${double}) # its warnings are not ours: struct kevent and kevent()
    target_sources(rill_kqueue INTERFACE $<TARGET_OBJECTS:rill_kqueue_double>)
    target_link_libraries(rill_kqueue INTERFACE ${CMAKE_DL_LIBS})
elseif(RILL_KQUEUE STREQUAL "libkqueue")
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(libkqueue REQUIRED IMPORTED_TARGET libkqueue)
    target_link_libraries(rill_kqueue INTERFACE PkgConfig::libkqueue)
else()
    find_library(RILL_KQUEUE_LIBRARY kqueue PATHS ${RILL_KQUEUE} PATH_SUFFIXES lib lib64 REQUIRED NO_DEFAULT_PATH)
    find_path(RILL_KQUEUE_HEADERS sys/event.h PATHS ${RILL_KQUEUE} PATH_SUFFIXES include/kqueue include REQUIRED NO_DEFAULT_PATH)
    target_include_directories(rill_kqueue SYSTEM INTERFACE ${RILL_KQUEUE_HEADERS})
    target_link_libraries(rill_kqueue INTERFACE ${RILL_KQUEUE_LIBRARY})
endif()
