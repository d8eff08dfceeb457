# cli/: the nacre command. It sees include/ only. Everything is linked in statically (the C
# library with NACRE_STATIC), so that a run does not start with a search for libraries: that
# takes a third of a millisecond, of one.

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(NOT sources)
    message(STATUS "cli/ has no sources: no nacre command")
    return()
endif()
find_library(JANSSON_LIBRARY NAMES libjansson.a jansson REQUIRED)
find_path(JANSSON_INCLUDE_DIR jansson.h REQUIRED)

set(NACRE_COMMAND_SOURCES ${sources})
# nacre_command(TARGET SOURCE...) makes a command; the library comes to it.
function(nacre_command target)
    add_executable(${target} ${ARGN})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_include_directories(${target} SYSTEM PRIVATE ${JANSSON_INCLUDE_DIR})
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    # What a run took goes with the process, but where leaks are looked for.
    if(NACRE_SANITIZE)
        target_compile_definitions(${target} PRIVATE CLI_GIVES_BACK=true)
    else()
        target_compile_definitions(${target} PRIVATE CLI_GIVES_BACK=false)
    endif()
    target_link_libraries(${target} PRIVATE ${JANSSON_LIBRARY})
endfunction()

# nacre_whole_command(TARGET SOURCE...) makes one that starts as nacre does, with more sources.
function(nacre_whole_command target)
    nacre_command(${target} ${NACRE_COMMAND_SOURCES} ${ARGN})
    target_link_libraries(${target} PRIVATE nacre_internal)
    target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now)
    if(NACRE_STATIC)
        # What a start needs stands on few pages, and is asked for at once: see cli/start.h.
        set(order ${PROJECT_SOURCE_DIR}/cli/startup.order)
        target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cli/${NACRE_MACHINE}/start.S)
        target_link_options(${target} PRIVATE -static-pie -Wno-unused-command-line-argument
            -fuse-ld=lld -Wl,-z,pack-relative-relocs -Wl,-e,nacre_start
            -Wl,--symbol-ordering-file=${order} -Wl,--no-warn-symbol-ordering)
        set_target_properties(${target} PROPERTIES LINK_DEPENDS ${order})
    endif()
endfunction()
nacre_whole_command(nacre)

# What compiles for a run that has given up starting programs.
add_executable(nacre-helper ${PROJECT_SOURCE_DIR}/cli/helper/main.c)
foreach(name background file report)
    target_sources(nacre-helper PRIVATE ${PROJECT_SOURCE_DIR}/cli/${name}.c)
endforeach()
target_include_directories(nacre-helper PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(nacre-helper PRIVATE # not for <features.h>
                       "SHELL:-iquote ${PROJECT_SOURCE_DIR}/cli")
target_compile_definitions(nacre-helper PRIVATE _GNU_SOURCE)
target_link_libraries(nacre-helper PRIVATE nacre_internal)
target_link_options(nacre-helper PRIVATE -Wl,-z,relro,-z,now)
if(NACRE_STATIC)
    target_sources(nacre-helper PRIVATE ${PROJECT_SOURCE_DIR}/cli/helper/${NACRE_MACHINE}/start.S)
    target_link_options(nacre-helper PRIVATE -static-pie -Wno-unused-command-line-argument
        -fuse-ld=lld -Wl,-z,pack-relative-relocs -Wl,--gc-sections -Wl,-e,nacre_helper_start)
endif()
