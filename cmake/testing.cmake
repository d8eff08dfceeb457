# The tests.
#
#   tests/{unit,unit/*,fault}/test_NAME.c       a program; it passes when it exits with 0;
#                                               other .c files there are linked into each
#   tests/{unit,spec,wasi,...}/NAME.sh          a POSIX shell script; 0 passes, 77 skips
#   tests/{unit,spec,wasi,...}/tests.cmake      for what does not fit (included from here)
#   tests/fuzz/corpus/NAME/*.hex                inputs of the fuzz target NAME
#
# A test that counts more than itself prints `N passed, N failed, N skipped` as its last line;
# ./check adds these up. Scripts get NACRE (the command), NACRE_SOURCE (this folder),
# NACRE_BUILD (the build folder), NACRE_VECTORS (unpacked test data), NACRE_GUESTS (programs
# that tools/guests.sh built).

set(NACRE_VECTORS_DIR ${PROJECT_SOURCE_DIR}/build/vectors CACHE PATH "Unpacked test data")
set(NACRE_GUESTS_DIR ${PROJECT_SOURCE_DIR}/build/guests CACHE PATH "Programs for the tests")

# The test programs need cmocka. A cross-built one is static, and Debian's cmocka is not.
if(CMAKE_CROSSCOMPILING)
    find_library(CMOCKA_LIBRARY NAMES libcmocka.a)
else()
    find_library(CMOCKA_LIBRARY NAMES cmocka)
endif()
if(NOT CMOCKA_LIBRARY)
    message(STATUS "no cmocka: the test programs of tests/unit and tests/fault are left out")
endif()

set(command nacre-was-not-built)
if(TARGET nacre)
    set(command $<TARGET_FILE:nacre>)
    if(CMAKE_CROSSCOMPILING) # scripts want one word to call
        string(REPLACE ";" " " emulator "${CMAKE_CROSSCOMPILING_EMULATOR}")
        # qemu keeps some bytes for each page of the 8 GiB that a memory reserves: in large pages
        # of its own, that takes a quarter of the time.
        set(tunables glibc.malloc.hugetlb=1:glibc.malloc.top_pad=0x8000000)
        file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/nacre-emulated
             CONTENT "#!/bin/sh\nGLIBC_TUNABLES=${tunables} exec ${emulator} -U GLIBC_TUNABLES \\
    '$<TARGET_FILE:nacre>' \"$@\"\n"
             FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
        set(command ${PROJECT_BINARY_DIR}/nacre-emulated)
    endif()
endif()
# A cross-built nacre is given a nacre-compiler of this machine, which compiles for all.
set(NACRE_HOST_COMPILER ${PROJECT_SOURCE_DIR}/build/release/nacre-compiler CACHE FILEPATH
    "nacre-compiler for the tests of a cross-built nacre")
set(host_compiler)
set(compiler_variable)
if(CMAKE_CROSSCOMPILING AND EXISTS ${NACRE_HOST_COMPILER})
    set(host_compiler ${NACRE_HOST_COMPILER})
    set(compiler_variable "NACRE_COMPILER='${host_compiler}' ")
endif()
# Tests of what programs do run twice: the second time with this as NACRE, which runs them
# compiled. NACRE_RUN_FLAGS is for who runs a test by hand: more flags of `nacre run`.
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/nacre-compiled
     CONTENT "#!/bin/sh
[ \"$1\" = run ] || exec '${command}' \"$@\"
shift
${compiler_variable}exec '${command}' run --compiled $NACRE_COMPILED_FLAGS $NACRE_RUN_FLAGS \"$@\"
"
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
# The first time they are interpreted, however long they run.
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/nacre-interpreted
     CONTENT "#!/bin/sh
[ \"$1\" = run ] || exec '${command}' \"$@\"
shift
exec '${command}' run --interpret $NACRE_RUN_FLAGS \"$@\"
"
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(run_compiled wasi/guests threads/atomics threads/guests regress/branch-chains
    regress/f32-upper-half regress/thread-in-start regress/thread-start-ends)
if(NOT NACRE_SANITIZE) # more of the same, and real programs
    list(APPEND run_compiled wasi/suite e2e/assemblyscript e2e/quickjs e2e/ruby e2e/rust e2e/sqlite
         e2e/speedtest1)
endif()
if(NOT TARGET nacre-compiler AND NOT host_compiler)
    set(run_compiled)
endif()
# And some a third and a fourth time, by this one.
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/nacre-local
     CONTENT "#!/bin/sh
[ \"$1\" = run ] || exec '${command}' \"$@\"
shift
exec '${command}' run --tee local $NACRE_LOCAL_FLAGS $NACRE_RUN_FLAGS \"$@\"
"
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(run_local wasi/guests wasi/suite threads/guests e2e/sqlite e2e/tcp)
if(CMAKE_CROSSCOMPILING)
    set(run_local)
endif()
# And once more in an enclave, simulated where there is no SGX.
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/nacre-sgx
     CONTENT "#!/bin/sh
[ \"$1\" = run ] || exec '${command}' \"$@\"
shift
exec '${command}' run --tee sgx-sim $NACRE_LOCAL_FLAGS $NACRE_RUN_FLAGS \"$@\"
"
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(run_sgx ${run_local})
if(NOT NACRE_SANITIZE) # real programs
    list(APPEND run_sgx e2e/quickjs e2e/ruby e2e/speedtest1)
endif()
if(NOT TARGET nacre_enclave_signed)
    set(run_sgx)
endif()
set(test_environment
    NACRE=${command}
    NACRE_SOURCE=${PROJECT_SOURCE_DIR}
    NACRE_BUILD=${PROJECT_BINARY_DIR}
    NACRE_VECTORS=${NACRE_VECTORS_DIR}
    NACRE_GUESTS=${NACRE_GUESTS_DIR}
    NACRE_CC=${CMAKE_C_COMPILER}
    NACRE_HOST_COMPILER=${host_compiler}
    NACRE_SANITIZE=${NACRE_SANITIZE}
    NACRE_CACHE=${PROJECT_BINARY_DIR}/cache # not the user's
    XDG_STATE_HOME=${PROJECT_BINARY_DIR}/state
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
    UBSAN_OPTIONS=print_stacktrace=1)

# nacre_test(NAME [LABEL l] [TIMEOUT s] [FOR configuration] COMMAND c...) adds a test with our
# environment, that runs always, or with `ctest -C configuration` only.
function(nacre_test name)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT;FOR" "COMMAND" ${ARGN})
    add_test(NAME ${name} COMMAND ${arg_COMMAND} CONFIGURATIONS ${arg_FOR})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
        if(CMAKE_CROSSCOMPILING) # emulated, on a machine that may have other things to do
            set(arg_TIMEOUT 1500)
        endif()
    endif()
    set_tests_properties(${name} PROPERTIES
        ENVIRONMENT "${test_environment}" SKIP_RETURN_CODE 77
        TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABEL}")
endfunction()

# nacre_test_compiled(NAME LABEL COMMAND...) adds the same test by compiled code.
function(nacre_test_compiled name label)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
        "${test_environment};NACRE=${PROJECT_BINARY_DIR}/nacre-interpreted")
    set(for)
    if(name STREQUAL e2e/ruby) # whose compilation takes minutes
        set(for TIMEOUT 3000 FOR slow)
    endif()
    nacre_test(${name}-compiled LABEL ${label} ${for} COMMAND ${ARGN})
    set(environment ${test_environment} NACRE=${PROJECT_BINARY_DIR}/nacre-compiled
                    NACRE_CACHE=${PROJECT_BINARY_DIR}/compiled-cache)
    if(label STREQUAL e2e) # large programs
        list(APPEND environment NACRE_COMPILED_FLAGS=-O1)
    endif()
    set_tests_properties(${name}-compiled PROPERTIES ENVIRONMENT "${environment}")
endfunction()

# nacre_test_alone(NAME LABEL COMMAND...) adds the same test by compiled code in a core without an
# interpreter.
function(nacre_test_alone name label)
    nacre_test(${name}-alone LABEL ${label} COMMAND ${ARGN})
    set_tests_properties(${name}-alone PROPERTIES ENVIRONMENT
        "${test_environment};NACRE=${PROJECT_BINARY_DIR}/nacre-local;NACRE_CACHE=\
${PROJECT_BINARY_DIR}/compiled-cache;NACRE_LOCAL_FLAGS=--compiled -O1;NACRE_CORE=\
$<TARGET_FILE:nacre-core-compiled>")
endfunction()

# nacre_test_tee(KIND NAME LABEL COMMAND...) adds the same test in a TEE, local or sgx: interpreted
# and, as sanitizers take long, but there, compiled. An emulator can't start one.
function(nacre_test_tee kind name label)
    nacre_test(${name}-${kind} LABEL ${label} COMMAND ${ARGN})
    set(environment ${test_environment} NACRE=${PROJECT_BINARY_DIR}/nacre-${kind})
    set_tests_properties(${name}-${kind} PROPERTIES ENVIRONMENT
        "${environment};NACRE_LOCAL_FLAGS=--interpret")
    set(level -O1) # images of local are those of *-compiled
    if(kind STREQUAL sgx)
        set(level -O0)
    endif()
    list(APPEND environment NACRE_CACHE=${PROJECT_BINARY_DIR}/compiled-cache
         "NACRE_LOCAL_FLAGS=--compiled ${level}")
    if(TARGET nacre-compiler AND NOT NACRE_SANITIZE)
        set(for)
        if(name MATCHES "^e2e/(ruby|quickjs|speedtest1)$") # whose compilation takes long
            set(for TIMEOUT 3000 FOR slow)
        endif()
        nacre_test(${name}-${kind}-compiled LABEL ${label} ${for} COMMAND ${ARGN})
        set_tests_properties(${name}-${kind}-compiled PROPERTIES ENVIRONMENT "${environment}")
    endif()
endfunction()

# nacre_program(TARGET SOURCE...) makes a test program that sees every internal. It is linked
# with the objects of the whole library, or of the folders in `only`, for tests with a stand-in
# for the rest.
function(nacre_program target)
    add_executable(${target} ${ARGN})
    target_include_directories(${target} PRIVATE ${NACRE_BOUNDARY_INCLUDES}
                                                 ${PROJECT_SOURCE_DIR}/tests)
    add_dependencies(${target} calls_header)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    if(only)
        nacre_objects(objects ${only})
        target_link_libraries(${target} PRIVATE nacre_flags Threads::Threads m)
    else()
        nacre_objects(objects port/fake port/region port/calls proto/core tee/core capi)
        target_link_libraries(${target} PRIVATE nacre_internal nacre_compiler)
    endif()
    target_sources(${target} PRIVATE ${objects})
    target_link_libraries(${target} PRIVATE ${CMOCKA_LIBRARY})
endfunction()

foreach(folder unit unit/wasi unit/tee unit/pfs unit/crypto fault)
    set(only)
    if(folder STREQUAL unit/tee)
        set(only base port/posix port/fake port/calls proto/core proto/host proto/order)
    endif()
    if(folder STREQUAL unit/wasi) # has a stand-in for the engine
        set(only base wasi port/posix port/fake port/calls proto/core proto/host proto/order)
    endif()
    if(folder STREQUAL unit/pfs)
        set(only base pfs crypto port/fake)
    endif()
    if(folder STREQUAL unit/crypto)
        set(only base crypto)
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.c)
    set(shared ${sources})
    list(FILTER sources INCLUDE REGEX "/test_[^/]*$")
    list(FILTER shared EXCLUDE REGEX "/test_[^/]*$")
    foreach(source IN LISTS sources)
        get_filename_component(name ${source} NAME_WE)
        string(REPLACE test_ "" name ${folder}/${name})
        string(REPLACE / _ target ${name})
        if(NOT CMOCKA_LIBRARY)
            continue()
        endif()
        if(name MATCHES "^unit/(tee/)?sgx" AND NOT NACRE_MACHINE STREQUAL x86_64)
            continue()
        endif()
        if(name STREQUAL unit/tee AND CMAKE_CROSSCOMPILING) # an emulator can't start a core
            continue()
        endif()
        nacre_program(${target} ${source} ${shared})
        if(folder MATCHES "^unit/(pfs|crypto)$")
            target_link_libraries(${target} PRIVATE mbedcrypto sodium ${MBEDCRYPTO_LIBRARY}
                                                    ${SODIUM_LIBRARY})
        endif()
        nacre_test(${name} LABEL unit COMMAND ${target})
    endforeach()
endforeach()

if(TARGET unit_pfs_keys) # it counts, and does without it as enclaves do
    target_link_options(unit_pfs_keys PRIVATE -Wl,--wrap=crypto_argon2id)
endif()
if(TARGET unit_pfs_power AND (NACRE_SANITIZE OR CMAKE_CROSSCOMPILING)) # ten times as slow
    set_tests_properties(unit/pfs/power unit/pfs/faults PROPERTIES ENVIRONMENT
        "${test_environment};NACRE_POWER_STEP=11;NACRE_FAULT_STEP=7")
endif()

if(TARGET unit_native) # it has compiled code in it, which keeps a frame pointer
    target_compile_options(unit_native PRIVATE -fno-omit-frame-pointer
                                               -mno-omit-leaf-frame-pointer)
endif()

# A core and a command with a deliberate hole, for tests/tee/escape*.sh.
if(NOT NACRE_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
    nacre_core(nacre-core-hole "${NACRE_CORE}" ${PROJECT_SOURCE_DIR}/tests/tee/hole.c)
    nacre_whole_command(nacre-hole ${PROJECT_SOURCE_DIR}/tests/tee/hole.c)
    foreach(target nacre-core-hole nacre-hole)
        target_link_options(${target} PRIVATE -Wl,--wrap=nacre_wasi_attach)
    endforeach()
    # And a command that lies to cores, for tests/tee/lies.sh.
    nacre_whole_command(nacre-liar ${PROJECT_SOURCE_DIR}/tests/tee/liar.c)
    target_include_directories(nacre-liar PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    add_dependencies(nacre-liar calls_header)
    target_link_options(nacre-liar PRIVATE -Wl,--wrap=served_answer)
endif()

# A core without an interpreter, and a command: what runs compiled does so with them, too.
if(TARGET nacre AND NOT CMAKE_CROSSCOMPILING)
    nacre_core(nacre-core-compiled "${NACRE_COMPILED_CORE}")
    nacre_objects(objects ${NACRE_COMPILED_CORE} ${NACRE_HOSTED} ${NACRE_HOSTS})
    nacre_command(nacre-no-interp ${NACRE_COMMAND_SOURCES} ${objects})
    target_link_libraries(nacre-no-interp PRIVATE nacre_flags ${MBEDCRYPTO_LIBRARY}
                          ${SODIUM_LIBRARY} Threads::Threads m)
endif()

foreach(folder unit fault spec wasi threads golden regress e2e tee pfs)
    file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.sh)
    if(folder STREQUAL "tee" AND CMAKE_CROSSCOMPILING) # see unit/tee above
        set(scripts)
    endif()
    foreach(script IN LISTS scripts)
        get_filename_component(name ${script} NAME_WE)
        # Nobody here links with a library for a sanitizer or another machine.
        if(name STREQUAL install AND (NACRE_SANITIZE OR CMAKE_CROSSCOMPILING))
            continue()
        endif()
        # Nor are there examples to link; and collections are the same C everywhere.
        if(name MATCHES "^(standard|gc-stress)$" AND CMAKE_CROSSCOMPILING)
            continue()
        endif()
        nacre_test(${folder}/${name} LABEL ${folder} COMMAND sh ${script})
        if(name STREQUAL compiled) # it compiles some thousand modules
            set_tests_properties(${folder}/${name} PROPERTIES TIMEOUT 2400 PROCESSORS 2)
        endif()
        if(${folder}/${name} IN_LIST run_compiled)
            nacre_test_compiled(${folder}/${name} ${folder} sh ${script})
        endif()
        if(${folder}/${name} IN_LIST run_sgx)
            nacre_test_tee(sgx ${folder}/${name} ${folder} sh ${script})
        endif()
        if(${folder}/${name} IN_LIST run_local)
            nacre_test_tee(local ${folder}/${name} ${folder} sh ${script})
            if(TARGET nacre-core-compiled AND TARGET nacre-compiler AND NOT NACRE_SANITIZE)
                nacre_test_alone(${folder}/${name} ${folder} sh ${script})
            endif()
        endif()
    endforeach()
    include(${PROJECT_SOURCE_DIR}/tests/${folder}/tests.cmake OPTIONAL)
endforeach()
if(CMOCKA_LIBRARY)
    include(${PROJECT_SOURCE_DIR}/tests/fuzz/tests.cmake)
endif()

if(NOT NACRE_SANITIZE AND NOT CMAKE_CROSSCOMPILING) # the sources are the same: once is enough
    include(tidying)
endif()
if(NACRE_FREESTANDING)
    nacre_test(freestanding LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/freestanding.sh
               ${NACRE_NM} ${PROJECT_SOURCE_DIR}/tests/unit/freestanding-symbols.txt
               ${NACRE_FREESTANDING_FILES})
    nacre_test(size LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/size.sh check ${NACRE_LLD}
               ${NACRE_FREESTANDING_FILES})
endif()
