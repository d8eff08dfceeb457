# Times are measured with the machine to itself.
set_tests_properties(e2e/startup PROPERTIES RUN_SERIAL TRUE)

# The clients of tcp.sh.
add_executable(e2e_tcp ${PROJECT_SOURCE_DIR}/tests/e2e/tcp.c)
target_compile_definitions(e2e_tcp PRIVATE _GNU_SOURCE)
target_link_libraries(e2e_tcp PRIVATE nacre_flags)

# What code_size.sh runs: it sees the inside.
add_executable(e2e_code_size ${PROJECT_SOURCE_DIR}/tests/e2e/code_size.c)
target_include_directories(e2e_code_size PRIVATE ${PROJECT_SOURCE_DIR}/src
                                                 ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(e2e_code_size PRIVATE nacre_internal)
