# src/: one object library a folder, then libnacre.a and libnacre.so from all of them.

# What only one instruction set has stands in folders named after it, below that of the part.
string(TOLOWER ${CMAKE_SYSTEM_PROCESSOR} NACRE_MACHINE)
string(REGEX REPLACE "^amd64$" x86_64 NACRE_MACHINE ${NACRE_MACHINE})
string(REGEX REPLACE "^arm64$" aarch64 NACRE_MACHINE ${NACRE_MACHINE})
if(NOT NACRE_MACHINE MATCHES "^(x86_64|aarch64)$")
    message(FATAL_ERROR "Nacre runs on x86-64 and aarch64, not on ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# nacre_sources(OUT NAME MACHINE) gives the sources of src/NAME for a machine.
function(nacre_sources out name machine)
    file(GLOB sources CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/src/${name}/*.c
         ${PROJECT_SOURCE_DIR}/src/${name}/${machine}/*.c
         ${PROJECT_SOURCE_DIR}/src/${name}/${machine}/*.S)
    set(${out} ${sources} PARENT_SCOPE)
endfunction()

# nacre_folder(NAME [NEEDS target...]) makes the object library nacre_NAME of src/NAME.
# A folder without sources yet gives a library without objects.
function(nacre_folder name)
    cmake_parse_arguments(arg "" "" "NEEDS" ${ARGN})
    string(REPLACE "/" "_" target nacre_${name})
    nacre_sources(sources ${name} ${NACRE_MACHINE})
    if(sources)
        add_library(${target} OBJECT ${sources})
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src
                                                     ${PROJECT_SOURCE_DIR}/include)
        target_link_libraries(${target} PRIVATE nacre_flags ${arg_NEEDS})
    else()
        add_library(${target} INTERFACE)
    endif()
endfunction()

# nacre_objects(OUT FOLDER...) gives the object files of folders.
function(nacre_objects out)
    set(objects)
    foreach(name IN LISTS ARGN)
        string(REPLACE "/" "_" target nacre_${name})
        get_target_property(type ${target} TYPE)
        if(type STREQUAL OBJECT_LIBRARY)
            list(APPEND objects $<TARGET_OBJECTS:${target}>)
        endif()
    endforeach()
    set(${out} ${objects} PARENT_SCOPE)
endfunction()

# Mbed TLS's static archive is position independent, so it serves libnacre.so too.
# Only crypto may include its headers.
find_library(MBEDCRYPTO_LIBRARY NAMES libmbedcrypto.a mbedcrypto REQUIRED)
find_path(MBEDCRYPTO_INCLUDE_DIR mbedtls/version.h REQUIRED)
find_package(Threads REQUIRED)
add_library(mbedcrypto INTERFACE)
target_include_directories(mbedcrypto SYSTEM INTERFACE ${MBEDCRYPTO_INCLUDE_DIR})
# libsodium for Ed25519, which Mbed TLS does not have: the same holds for it.
find_library(SODIUM_LIBRARY NAMES libsodium.a sodium REQUIRED)
find_path(SODIUM_INCLUDE_DIR sodium.h REQUIRED)
add_library(sodium INTERFACE)
target_include_directories(sodium SYSTEM INTERFACE ${SODIUM_INCLUDE_DIR})

# The trusted core; NACRE_COMPILED_CORE runs compiled code only.
set(NACRE_CORE base wasm image exec exec/interp wasi)
set(NACRE_COMPILED_CORE base wasm image exec exec/no_interp wasi)
set(NACRE_HOSTED crypto pfs port/posix port/hosted api client confine)
nacre_folder(base)
nacre_folder(wasm)
nacre_folder(image)
nacre_folder(exec)
nacre_folder(exec/interp)
nacre_folder(exec/no_interp) # instead of it
nacre_folder(wasi)
nacre_folder(crypto NEEDS mbedcrypto sodium)
nacre_folder(pfs)
nacre_folder(port/posix)
nacre_folder(port/hosted)
nacre_folder(port/fake) # for tests only
nacre_folder(port/region) # of enclaves, which make it anew: for tests only
nacre_folder(api)
nacre_folder(client)
nacre_folder(confine)
nacre_folder(capi)
target_compile_definitions(nacre_client PRIVATE _GNU_SOURCE)
# A sanitizer opens, maps and traces: with one, system calls are not taken away.
if(NACRE_SANITIZE)
    target_compile_definitions(nacre_confine PRIVATE CONFINE_POSSIBLE=false)
else()
    target_compile_definitions(nacre_confine PRIVATE CONFINE_POSSIBLE=true)
endif()
get_target_property(type nacre_api TYPE)
if(type STREQUAL OBJECT_LIBRARY)
    target_compile_definitions(nacre_api PRIVATE NACRE_VERSION="${PROJECT_VERSION}")
endif()
include(boundary)
set(NACRE_HOSTS tee/host proto/host proto/order local/ring sgx/image sgx/sign)
nacre_objects(NACRE_OBJECTS ${NACRE_CORE} ${NACRE_HOSTED} ${NACRE_HOSTS})
nacre_objects(NACRE_STANDARD capi) # wasm.h, over include/nacre

# nacre_internal: every object of the library but those of wasm.h, its internals visible. For our
# own programs.
add_library(nacre_internal INTERFACE)
target_sources(nacre_internal INTERFACE ${NACRE_OBJECTS})
target_link_libraries(nacre_internal INTERFACE
    nacre_flags ${MBEDCRYPTO_LIBRARY} ${SODIUM_LIBRARY} Threads::Threads m)

# The installed libraries export nothing but NACRE_API and wasm.h. The static one is a single
# object whose hidden symbols were made local, so that none of them can meet one of an embedder's;
# wasm.h is an object of its own, for programs that have another engine's beside Nacre.
find_program(NACRE_OBJCOPY NAMES llvm-objcopy-22 llvm-objcopy objcopy REQUIRED)
set(target_flag)
if(CMAKE_C_COMPILER_TARGET)
    set(target_flag --target=${CMAKE_C_COMPILER_TARGET} -fuse-ld=lld-22)
endif()
function(nacre_single_object name)
    add_custom_command(
        OUTPUT ${PROJECT_BINARY_DIR}/${name}
        COMMAND ${CMAKE_C_COMPILER} ${target_flag} -r -nostdlib -o ${name} ${ARGN}
        COMMAND ${NACRE_OBJCOPY} --localize-hidden ${name}
        DEPENDS ${ARGN}
        WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
        COMMAND_EXPAND_LISTS VERBATIM)
endfunction()
nacre_single_object(nacre.o ${NACRE_OBJECTS})
nacre_single_object(nacre-standard.o ${NACRE_STANDARD})
add_library(nacre_static STATIC ${PROJECT_BINARY_DIR}/nacre.o
                                ${PROJECT_BINARY_DIR}/nacre-standard.o)
set_target_properties(nacre_static PROPERTIES OUTPUT_NAME nacre LINKER_LANGUAGE C)

add_library(nacre_shared SHARED ${NACRE_OBJECTS} ${NACRE_STANDARD})
target_link_libraries(nacre_shared PRIVATE nacre_flags ${MBEDCRYPTO_LIBRARY} ${SODIUM_LIBRARY}
    Threads::Threads m)
target_link_options(nacre_shared PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now
    -Wl,-Bsymbolic-functions)
if(NOT NACRE_SANITIZE) # a sanitizer's functions are only in programs
    target_link_options(nacre_shared PRIVATE -Wl,-z,defs)
endif()
set_target_properties(nacre_shared PROPERTIES
    OUTPUT_NAME nacre LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
