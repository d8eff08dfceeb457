# Times are measured with the machine to itself.
set_tests_properties(e2e/startup PROPERTIES RUN_SERIAL TRUE)

# The clients of tcp.sh.
add_executable(e2e_tcp ${PROJECT_SOURCE_DIR}/tests/e2e/tcp.c)
target_compile_definitions(e2e_tcp PRIVATE _GNU_SOURCE)
target_link_libraries(e2e_tcp PRIVATE nacre_flags)
