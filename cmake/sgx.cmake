# nacre-enclave: the trusted core as an SGX enclave. It is built freestanding by fixed flags,
# whatever the rest is built with, and is the same wherever it is built.

if(NOT NACRE_MACHINE STREQUAL x86_64)
    return()
endif()
find_program(NACRE_OBJDUMP NAMES llvm-objdump-22 llvm-objdump REQUIRED)
find_program(NACRE_READELF NAMES llvm-readelf-22 llvm-readelf REQUIRED)

set(enclave_dir ${PROJECT_SOURCE_DIR}/tee/sgx/enclave)
set(enclave_flags
    -ffreestanding -fPIE -fvisibility=hidden -fdirect-access-external-data -mno-red-zone
    -ffunction-sections -fdata-sections -fno-math-errno -ffp-contract=off -fno-strict-aliasing
    -fstack-clash-protection # below a stack one page is missing: no frame steps over it
    -fno-asynchronous-unwind-tables -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

# nacre_enclave_part(NAME LEVEL SOURCE...) makes an object library of a part of enclaves.
function(nacre_enclave_part name level)
    add_library(${name} OBJECT ${ARGN})
    target_include_directories(${name} PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    target_include_directories(${name} SYSTEM PRIVATE ${MBEDCRYPTO_INCLUDE_DIR}
                                                      ${SODIUM_INCLUDE_DIR})
    add_dependencies(${name} calls_header)
    target_compile_definitions(${name} PRIVATE NACRE_VERSION="${PROJECT_VERSION}")
    target_compile_options(${name} PRIVATE ${enclave_flags} ${level})
endfunction()

# Small where nothing is hot: see RATIONALE.md. Signing, passphrases, and a processor that is
# played, are for outside.
file(GLOB hot CONFIGURE_DEPENDS ${enclave_dir}/*.c ${enclave_dir}/*.S
     ${PROJECT_SOURCE_DIR}/src/port/sgx/*.c ${PROJECT_SOURCE_DIR}/src/port/region/*.c
     ${PROJECT_SOURCE_DIR}/src/port/calls/*.c)
foreach(name exec exec/interp pfs)
    nacre_sources(more ${name} x86_64)
    list(APPEND hot ${more})
endforeach()
file(GLOB cold CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/crypto/*.c)
list(FILTER cold EXCLUDE REGEX "/crypto/(rsa|cmac|argon)\\.c$")
list(APPEND cold ${PROJECT_SOURCE_DIR}/src/crypto/no_argon/argon.c)
foreach(name base wasm image wasi api)
    nacre_sources(more ${name} x86_64)
    list(APPEND cold ${more})
endforeach()
list(APPEND hot ${tee_dir}/proto/core.c ${NACRE_PROTO_DIR}/calls_core.c)
list(APPEND cold ${tee_dir}/proto/order.c)
file(GLOB core CONFIGURE_DEPENDS ${tee_dir}/core/*.c)
nacre_enclave_part(enclave_hot -O2 ${hot})
nacre_enclave_part(enclave_cold -Os ${cold})
nacre_enclave_part(enclave_core -Os ${core})

set(enclave_script ${enclave_dir}/enclave.ld)
set(enclave_instructions ${enclave_dir}/instructions.txt)
set(enclave_sites ${PROJECT_SOURCE_DIR}/tools/sites.sh)

# nacre_enclave(TARGET FILE PART...) makes FILE.elf, an enclave that is not signed.
function(nacre_enclave target file)
    set(objects)
    foreach(part IN LISTS ARGN ITEMS enclave_hot enclave_cold)
        list(APPEND objects $<TARGET_OBJECTS:${part}>)
    endforeach()
    add_executable(${target} ${objects})
    # libgcc: divisions of 128 bits.
    target_link_libraries(${target} PRIVATE ${MBEDCRYPTO_LIBRARY} ${SODIUM_LIBRARY} gcc)
    target_link_options(${target} PRIVATE
        -nostdlib -static-pie -fuse-ld=lld -Wno-unused-command-line-argument
        -Wl,-T,${enclave_script} -Wl,--gc-sections -Wl,--build-id=none -Wl,--no-dynamic-linker
        -Wl,-z,pack-relative-relocs -Wl,-z,noexecstack -Wl,-z,norelro)
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND sh ${enclave_sites} ${NACRE_OBJDUMP} ${NACRE_READELF} $<TARGET_FILE:${target}>
                ${enclave_instructions}
        VERBATIM)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${file} SUFFIX .elf LINKER_LANGUAGE C
        LINK_DEPENDS "${enclave_script};${enclave_instructions};${enclave_sites}")
endfunction()
nacre_enclave(nacre_enclave nacre-enclave enclave_core)

# Signed, so that it can be started: with a key of this build folder's own, which nobody else
# trusts, and open to any host's code. Who ships an enclave signs nacre-enclave.elf with a key of
# theirs.
if(NOT TARGET nacre)
    return()
endif()
set(NACRE_ENCLAVE_KEY ${PROJECT_BINARY_DIR}/enclave-key.pem)
add_custom_command(
    OUTPUT ${NACRE_ENCLAVE_KEY}
    COMMAND nacre tee keygen ${NACRE_ENCLAVE_KEY}
    VERBATIM)
# nacre_signed(TARGET FILE) signs what nacre_enclave made.
function(nacre_signed target file)
    add_custom_command(
        OUTPUT ${PROJECT_BINARY_DIR}/${file}
        COMMAND nacre tee sign $<TARGET_FILE:${target}> --key ${NACRE_ENCLAVE_KEY}
                --code any -o ${PROJECT_BINARY_DIR}/${file}
        DEPENDS ${target} ${NACRE_ENCLAVE_KEY}
        VERBATIM)
    add_custom_target(${target}_signed ALL DEPENDS ${PROJECT_BINARY_DIR}/${file})
endfunction()
nacre_signed(nacre_enclave nacre-enclave)
