# SPDX-License-Identifier: MIT
# cmake -DBUILD=<build folder> -DCONFIG=<configuration> -DPREFIX=<folder> -P install.cmake: installs rill and moves it, for what was installed
# has to work from wherever it is put.
file(REMOVE_RECURSE ${PREFIX} ${PREFIX}_before)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${PREFIX}_before COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${PREFIX}_before ${PREFIX})
file(GLOB_RECURSE texts ${PREFIX}/share/*)
foreach(path IN LISTS texts)
    file(READ ${path} text)
    if(text MATCHES "${PREFIX}|${BUILD}")
        message(FATAL_ERROR "${path} knows where it was made")
    endif()
endforeach()
