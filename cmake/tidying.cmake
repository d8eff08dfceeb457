# Tests of the sources themselves.

nacre_test(tidy LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/tidy ${PROJECT_SOURCE_DIR})
nacre_test(tidy_self LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/tidy --self-test)
nacre_test(headers LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/headers.sh)

# docs/reference.md and the tables that it is printed from.
add_executable(reference ${PROJECT_SOURCE_DIR}/tools/reference.c)
target_include_directories(reference PRIVATE ${PROJECT_SOURCE_DIR}/src
                           ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(reference PRIVATE nacre_internal)
nacre_test(reference LABEL house COMMAND sh -c
    "'$<TARGET_FILE:reference>' | diff '${PROJECT_SOURCE_DIR}/docs/reference.md' -")

# docs/boundary.md and what it is made of.
nacre_test(boundary LABEL house COMMAND sh -c
    "awk -v make=docs -v intro=tee/boundary.md -f tools/calls.awk tee/calls.def |
     diff docs/boundary.md -")
set_tests_properties(boundary PROPERTIES WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
