# SPDX-License-Identifier: MIT
# What `cmake --install` puts below its prefix: the headers, the package of find_package and rill.pc. All of it finds the rest from where it
# stands itself, so the prefix may be moved. The build folder is a package, too: find_package(rill CONFIG PATHS <it>).
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_DATADIR}/cmake/rill)
configure_package_config_file(
    ${CMAKE_CURRENT_LIST_DIR}/rillConfig.cmake.in ${PROJECT_BINARY_DIR}/rillConfig.cmake INSTALL_DESTINATION ${package_folder}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/rillConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(TARGETS rill EXPORT rillTargets)
install(EXPORT rillTargets NAMESPACE rill:: DESTINATION ${package_folder})
export(EXPORT rillTargets NAMESPACE rill:: FILE ${PROJECT_BINARY_DIR}/rillTargets.cmake)
configure_file(${CMAKE_CURRENT_LIST_DIR}/rillModule.cmake ${PROJECT_BINARY_DIR}/rillModule.cmake COPYONLY)
install(FILES ${PROJECT_BINARY_DIR}/rillConfig.cmake ${PROJECT_BINARY_DIR}/rillConfigVersion.cmake ${PROJECT_BINARY_DIR}/rillModule.cmake
        DESTINATION ${package_folder})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.cppm")

# pkg-config: the paths in rill.pc begin where it stands itself, unless the one who installs has chosen absolute ones.
set(pc_folder ${CMAKE_INSTALL_DATADIR}/pkgconfig)
set(pc_prefix ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${pc_folder})
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_LIST_DIR BASE_DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/${pc_folder} OUTPUT_VARIABLE up)
    set(pc_prefix "\${pcfiledir}/${up}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE pc_include)
if(WIN32)
    list(JOIN rill_system_libraries " -l" pc_libraries)
    string(PREPEND pc_libraries "-l")
else()
    set(pc_libraries -pthread)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/rill.pc.in ${PROJECT_BINARY_DIR}/rill.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rill.pc DESTINATION ${pc_folder})
