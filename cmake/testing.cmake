# The tests.
#
#   tests/{unit,fault}/NAME.c         a program; it passes when it exits with 0
#   tests/{...}/NAME.sh               a POSIX shell script; 0 passes, 77 skips
#   tests/*/tests.cmake               for what does not fit (included from here)
#
# A test that counts more than itself prints `N passed, N failed, N skipped` as its last line;
# ./check adds these up. Scripts get NACRE (the command), NACRE_SOURCE (this folder),
# NACRE_BUILD (the build folder), NACRE_VECTORS (unpacked test data), NACRE_GUESTS (programs
# that tools/guests.sh built).

set(NACRE_VECTORS_DIR ${PROJECT_SOURCE_DIR}/build/vectors CACHE PATH "Unpacked test data")
set(NACRE_GUESTS_DIR ${PROJECT_SOURCE_DIR}/build/guests CACHE PATH "Programs for the tests")

find_library(CMOCKA_LIBRARY NAMES cmocka)
nacre_objects(fake_objects port/fake)

if(TARGET nacre)
    set(command $<TARGET_FILE:nacre>)
else()
    set(command nacre-was-not-built)
endif()
set(test_environment
    NACRE=${command}
    NACRE_SOURCE=${PROJECT_SOURCE_DIR}
    NACRE_BUILD=${PROJECT_BINARY_DIR}
    NACRE_VECTORS=${NACRE_VECTORS_DIR}
    NACRE_GUESTS=${NACRE_GUESTS_DIR}
    NACRE_CC=${CMAKE_C_COMPILER}
    NACRE_SANITIZE=${NACRE_SANITIZE}
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
    UBSAN_OPTIONS=print_stacktrace=1)

# nacre_test(NAME [LABEL l] [TIMEOUT s] COMMAND c...) adds a test with our environment.
function(nacre_test name)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "COMMAND" ${ARGN})
    add_test(NAME ${name} COMMAND ${arg_COMMAND})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    set_tests_properties(${name} PROPERTIES
        ENVIRONMENT "${test_environment}" SKIP_RETURN_CODE 77
        TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABEL}")
endfunction()

# nacre_program(TARGET SOURCE...) makes a test program that sees every internal.
function(nacre_program target)
    add_executable(${target} ${ARGN} ${fake_objects})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src
                               ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/tests)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_link_libraries(${target} PRIVATE nacre_internal)
    if(CMOCKA_LIBRARY)
        target_link_libraries(${target} PRIVATE ${CMOCKA_LIBRARY})
    endif()
endfunction()

foreach(folder unit fault)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.c)
    foreach(source IN LISTS sources)
        get_filename_component(name ${source} NAME_WE)
        nacre_program(${folder}_${name} ${source})
        nacre_test(${folder}/${name} LABEL ${folder} COMMAND ${folder}_${name})
    endforeach()
endforeach()

foreach(folder unit fault spec wasi golden regress e2e)
    file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.sh)
    foreach(script IN LISTS scripts)
        get_filename_component(name ${script} NAME_WE)
        nacre_test(${folder}/${name} LABEL ${folder} COMMAND sh ${script})
    endforeach()
    include(${PROJECT_SOURCE_DIR}/tests/${folder}/tests.cmake OPTIONAL)
endforeach()

include(tidying)
if(NACRE_FREESTANDING)
    nacre_test(freestanding LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/freestanding.sh
               ${NACRE_NM} ${PROJECT_SOURCE_DIR}/tests/unit/freestanding-symbols.txt
               ${NACRE_FREESTANDING_FILES})
endif()
