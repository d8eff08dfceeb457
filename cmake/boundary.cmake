# The boundary between a trusted core and its host: both sides, made of tee/calls.def.

set(NACRE_PROTO_DIR ${PROJECT_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${NACRE_PROTO_DIR})
set(NACRE_CALLS awk -f ${PROJECT_SOURCE_DIR}/tools/calls.awk)
set(calls_list ${PROJECT_SOURCE_DIR}/tee/calls.def)

# nacre_calls(FILE WHAT) has FILE made.
function(nacre_calls file what)
    add_custom_command(
        OUTPUT ${NACRE_PROTO_DIR}/${file}
        COMMAND ${NACRE_CALLS} -v make=${what} ${calls_list} > ${NACRE_PROTO_DIR}/${file}
        DEPENDS ${calls_list} ${PROJECT_SOURCE_DIR}/tools/calls.awk VERBATIM)
endfunction()
nacre_calls(calls_list.h header)
nacre_calls(calls_core.c core)
nacre_calls(calls_host.c host)
add_custom_target(calls_header DEPENDS ${NACRE_PROTO_DIR}/calls_list.h)

# Object libraries nacre_proto_core and nacre_proto_host.
foreach(side core host)
    add_library(nacre_proto_${side} OBJECT ${PROJECT_SOURCE_DIR}/tee/proto/${side}.c
                                           ${NACRE_PROTO_DIR}/calls_${side}.c)
    target_link_libraries(nacre_proto_${side} PRIVATE nacre_flags)
endforeach()
nacre_folder(port/calls)
set(NACRE_BOUNDARY_INCLUDES ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include
                            ${PROJECT_SOURCE_DIR}/tee ${NACRE_PROTO_DIR})
foreach(target nacre_proto_core nacre_proto_host nacre_port_calls)
    target_include_directories(${target} PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    add_dependencies(${target} calls_header)
endforeach()

# What of it belongs to the trusted core; see freestanding.cmake.
file(GLOB NACRE_BOUNDARY_CORE CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/port/calls/*.c)
list(APPEND NACRE_BOUNDARY_CORE ${PROJECT_SOURCE_DIR}/tee/proto/core.c
                                ${NACRE_PROTO_DIR}/calls_core.c)
