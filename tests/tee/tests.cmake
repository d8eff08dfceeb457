# What sign.sh signs.
add_executable(tee_enclave ${PROJECT_SOURCE_DIR}/tests/tee/enclave.c)
target_include_directories(tee_enclave PRIVATE ${NACRE_BOUNDARY_INCLUDES}
                                               ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(tee_enclave PRIVATE nacre_flags)
