# The boundary between a trusted core and its host, made of tee/calls.def, and who hosts cores.

set(NACRE_PROTO_DIR ${PROJECT_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${NACRE_PROTO_DIR})
set(calls_list ${PROJECT_SOURCE_DIR}/tee/calls.def)
set(calls_awk ${PROJECT_SOURCE_DIR}/tools/calls.awk)

# nacre_calls(FILE WHAT) has FILE made.
function(nacre_calls file what)
    add_custom_command(
        OUTPUT ${NACRE_PROTO_DIR}/${file}
        COMMAND awk -v make=${what} -f ${calls_awk} ${calls_list} > ${NACRE_PROTO_DIR}/${file}
        DEPENDS ${calls_list} ${calls_awk} VERBATIM)
endfunction()
nacre_calls(calls_list.h header)
nacre_calls(calls_core.c core)
nacre_calls(calls_host.c host)
add_custom_target(calls_header DEPENDS ${NACRE_PROTO_DIR}/calls_list.h)
set(NACRE_BOUNDARY_INCLUDES ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include
                            ${PROJECT_SOURCE_DIR}/tee ${NACRE_PROTO_DIR})

# nacre_boundary(NAME SOURCE...) makes the object library nacre_NAME.
function(nacre_boundary name)
    string(REPLACE "/" "_" target nacre_${name})
    add_library(${target} OBJECT ${ARGN})
    target_link_libraries(${target} PRIVATE nacre_flags)
    target_include_directories(${target} PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    add_dependencies(${target} calls_header)
endfunction()

set(tee_dir ${PROJECT_SOURCE_DIR}/tee)
file(GLOB calls_port CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/port/calls/*.c)
nacre_boundary(port/calls ${calls_port})
nacre_boundary(proto/core ${tee_dir}/proto/core.c ${NACRE_PROTO_DIR}/calls_core.c)
nacre_boundary(proto/host ${tee_dir}/proto/host.c ${NACRE_PROTO_DIR}/calls_host.c)
nacre_boundary(proto/order ${tee_dir}/proto/order.c)
nacre_boundary(local/ring ${tee_dir}/local/ring.c)
file(GLOB core CONFIGURE_DEPENDS ${tee_dir}/core/*.c)
nacre_boundary(tee/core ${core})
file(GLOB hosts CONFIGURE_DEPENDS ${tee_dir}/host/*.c ${tee_dir}/local/host/*.c)
if(NACRE_MACHINE STREQUAL x86_64)
    file(GLOB sgx_hosts CONFIGURE_DEPENDS ${tee_dir}/sgx/host/*.c
         ${tee_dir}/sgx/host/simulated/*.c ${tee_dir}/sgx/host/simulated/*.S
         ${tee_dir}/sgx/host/hardware/*.c ${tee_dir}/sgx/host/hardware/*.S)
    set(no_fs signals.c leaves.c switch.c) # may run while FS is an enclave's
    list(TRANSFORM no_fs PREPEND ${tee_dir}/sgx/host/simulated/)
    set_source_files_properties(${no_fs} PROPERTIES COMPILE_OPTIONS
                                "-fno-sanitize=all;-fno-stack-protector")
else()
    set(sgx_hosts ${tee_dir}/sgx/host/other/none.c)
endif()
list(APPEND hosts ${sgx_hosts})
nacre_boundary(tee/host ${hosts})
# Files of SGX enclaves: what is in one, its measurement; and signing it.
nacre_boundary(sgx/image ${tee_dir}/sgx/image.c ${tee_dir}/sgx/measure.c)
file(GLOB signers CONFIGURE_DEPENDS ${tee_dir}/sgx/sign/*.c)
nacre_boundary(sgx/sign ${signers})
# A sanitizer's reports are wanted.
if(NACRE_SANITIZE)
    target_compile_definitions(nacre_tee_host PRIVATE SPAWN_KEEPS_STDERR=true)
else()
    target_compile_definitions(nacre_tee_host PRIVATE SPAWN_KEEPS_STDERR=false)
endif()

# What of it belongs to the trusted core; see freestanding.cmake.
set(NACRE_BOUNDARY_CORE ${calls_port} ${core} ${tee_dir}/proto/core.c ${tee_dir}/proto/order.c
                        ${NACRE_PROTO_DIR}/calls_core.c)
