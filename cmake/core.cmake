# nacre-core: the trusted core in a process without privileges, which libnacre starts.

file(GLOB core_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/port/local/*.c
     ${PROJECT_SOURCE_DIR}/tee/local/core/*.c)

# nacre_core(TARGET FOLDERS SOURCE...) makes such a program of a trusted core's folders, with more
# sources.
function(nacre_core target folders)
    nacre_objects(objects ${folders} crypto pfs api port/posix port/calls proto/core proto/order
                  tee/core local/ring)
    add_executable(${target} ${core_sources} ${objects} ${ARGN})
    target_include_directories(${target} PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    add_dependencies(${target} calls_header)
    # A sanitizer opens, writes and traces: with one, system calls are not taken away.
    if(NACRE_SANITIZE)
        target_compile_definitions(${target} PRIVATE SANDBOX_WHOLE=false)
    else()
        target_compile_definitions(${target} PRIVATE SANDBOX_WHOLE=true)
    endif()
    target_link_libraries(${target} PRIVATE nacre_flags ${MBEDCRYPTO_LIBRARY} ${SODIUM_LIBRARY}
                          Threads::Threads m)
    target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now)
    if(NACRE_STATIC)
        target_link_options(${target} PRIVATE -static-pie -Wno-unused-command-line-argument
                            -fuse-ld=lld -Wl,-z,pack-relative-relocs)
    endif()
endfunction()
nacre_core(nacre-core "${NACRE_CORE}")
