# The program that runs the official tests of WASI 0.1 (suite.sh).
add_executable(wasi_run_suite ${PROJECT_SOURCE_DIR}/tests/wasi/run_suite.c)
target_compile_definitions(wasi_run_suite PRIVATE _GNU_SOURCE)
target_include_directories(wasi_run_suite SYSTEM PRIVATE ${JANSSON_INCLUDE_DIR})
target_link_libraries(wasi_run_suite PRIVATE nacre_flags ${JANSSON_LIBRARY})
