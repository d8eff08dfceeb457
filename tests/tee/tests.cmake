# What sandbox.sh starts the command by.
add_executable(tee_no_seccomp ${PROJECT_SOURCE_DIR}/tests/tee/no_seccomp.c)
target_include_directories(tee_no_seccomp PRIVATE ${NACRE_BOUNDARY_INCLUDES})
target_link_libraries(tee_no_seccomp PRIVATE nacre_internal)

# By which baked.sh knows what runs compiled.
add_executable(tee_is_compiled ${PROJECT_SOURCE_DIR}/tests/tee/is_compiled.c)
target_include_directories(tee_is_compiled PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(tee_is_compiled PRIVATE nacre_internal)

# What sign.sh signs.
add_executable(tee_enclave ${PROJECT_SOURCE_DIR}/tests/tee/enclave.c)
target_include_directories(tee_enclave PRIVATE ${NACRE_BOUNDARY_INCLUDES}
                                               ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(tee_enclave PRIVATE nacre_flags)

# An enclave for unit/sgx and unit/sgx_entry, which does by itself what it is asked.
if(TARGET nacre_enclave_signed AND NOT CMAKE_CROSSCOMPILING)
    nacre_enclave_part(enclave_probe -O1 ${PROJECT_SOURCE_DIR}/tests/tee/probe/session.c)
    target_include_directories(enclave_probe PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    nacre_enclave(nacre_probe nacre-probe enclave_probe)
    nacre_signed(nacre_probe nacre-probe)
    if(TARGET unit_sgx)
        set_tests_properties(unit/sgx unit/sgx_driver unit/sgx_entry PROPERTIES ENVIRONMENT
            "${test_environment};PROBE=${PROJECT_BINARY_DIR}/nacre-probe")
    endif()
endif()

# What sites.sh looks with, as the build does.
if(NACRE_OBJDUMP AND TEST tee/sites)
    set_property(TEST tee/sites APPEND PROPERTY ENVIRONMENT
        "NACRE_OBJDUMP=${NACRE_OBJDUMP}" "NACRE_READELF=${NACRE_READELF}")
endif()
