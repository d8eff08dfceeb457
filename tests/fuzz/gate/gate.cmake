# What of an enclave sgx_gate has in its own process: all C but the library and the config.
if(NACRE_MACHINE STREQUAL x86_64)
    set(inside ${PROJECT_SOURCE_DIR}/tee/sgx/enclave)
    file(GLOB port CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/port/sgx/*.c)
    add_library(fuzz_gate_inside OBJECT ${inside}/start.c ${inside}/exception.c
                                        ${inside}/cpuid.c ${port})
    target_link_libraries(fuzz_gate_inside PRIVATE nacre_flags)
    target_include_directories(fuzz_gate_inside PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    target_compile_options(fuzz_gate_inside PRIVATE
        -include ${PROJECT_SOURCE_DIR}/tests/fuzz/gate/inside.h)
    add_dependencies(fuzz_gate_inside calls_header)
    target_sources(fuzz_sgx_gate PRIVATE $<TARGET_OBJECTS:fuzz_gate_inside>)
endif()
