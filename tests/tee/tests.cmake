# What sandbox.sh starts the command by.
add_executable(tee_no_seccomp ${PROJECT_SOURCE_DIR}/tests/tee/no_seccomp.c)
target_include_directories(tee_no_seccomp PRIVATE ${NACRE_BOUNDARY_INCLUDES})
target_link_libraries(tee_no_seccomp PRIVATE nacre_internal)
