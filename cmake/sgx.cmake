# nacre-enclave: the trusted core as an SGX enclave. It is built freestanding by fixed flags,
# whatever the rest is built with, and is the same wherever it is built.

if(NOT NACRE_MACHINE STREQUAL x86_64)
    return()
endif()
file(GLOB sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/tee/sgx/enclave/*.c ${PROJECT_SOURCE_DIR}/tee/sgx/enclave/*.S
     ${PROJECT_SOURCE_DIR}/src/port/sgx/*.c ${PROJECT_SOURCE_DIR}/src/port/region/*.c
     ${PROJECT_SOURCE_DIR}/src/crypto/*.c)
# Signing, and a processor that is played, are for outside.
list(FILTER sources EXCLUDE REGEX "/crypto/(rsa|cmac)\\.c$")
list(APPEND sources ${NACRE_BOUNDARY_CORE})
foreach(name IN LISTS NACRE_CORE ITEMS api)
    nacre_sources(more ${name} x86_64)
    list(APPEND sources ${more})
endforeach()
set(script ${PROJECT_SOURCE_DIR}/tee/sgx/enclave/enclave.ld)
add_executable(nacre_enclave ${sources})
target_include_directories(nacre_enclave PRIVATE ${NACRE_BOUNDARY_INCLUDES})
target_include_directories(nacre_enclave SYSTEM PRIVATE ${MBEDCRYPTO_INCLUDE_DIR}
                                                        ${SODIUM_INCLUDE_DIR})
add_dependencies(nacre_enclave calls_header)
target_compile_definitions(nacre_enclave PRIVATE NACRE_VERSION="${PROJECT_VERSION}")
target_compile_options(nacre_enclave PRIVATE
    -ffreestanding -fPIE -fvisibility=hidden -fdirect-access-external-data -mno-red-zone
    -ffunction-sections -fdata-sections -fno-math-errno -ffp-contract=off -fno-strict-aliasing
    -fno-asynchronous-unwind-tables -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
set_target_properties(nacre_enclave PROPERTIES OUTPUT_NAME nacre-enclave SUFFIX .elf)
# libgcc: divisions of 128 bits.
target_link_libraries(nacre_enclave PRIVATE ${MBEDCRYPTO_LIBRARY} ${SODIUM_LIBRARY} gcc)
target_link_options(nacre_enclave PRIVATE
    -nostdlib -static-pie -fuse-ld=lld -Wl,-T,${script} -Wl,--gc-sections
    -Wno-unused-command-line-argument -Wl,--build-id=none -Wl,-z,pack-relative-relocs -Wl,-z,noexecstack
    -Wl,--no-dynamic-linker -Wl,-z,norelro)

find_program(NACRE_OBJDUMP NAMES llvm-objdump-22 llvm-objdump REQUIRED)
find_program(NACRE_READELF NAMES llvm-readelf-22 llvm-readelf REQUIRED)
set(instructions ${PROJECT_SOURCE_DIR}/tee/sgx/enclave/instructions.txt)
set(sites ${PROJECT_SOURCE_DIR}/tools/sites.sh)
add_custom_command(TARGET nacre_enclave POST_BUILD
    COMMAND sh ${sites} ${NACRE_OBJDUMP} ${NACRE_READELF} $<TARGET_FILE:nacre_enclave>
            ${instructions}
    VERBATIM)
set_target_properties(nacre_enclave PROPERTIES LINK_DEPENDS "${script};${instructions};${sites}")

# Signed, so that it can be started: with a key of this build folder's own, which nobody else
# trusts. Who ships an enclave signs nacre-enclave.elf with a key of theirs.
if(TARGET nacre)
    set(key ${PROJECT_BINARY_DIR}/enclave-key.pem)
    add_custom_command(
        OUTPUT ${key}
        COMMAND nacre tee keygen ${key}
        VERBATIM)
    add_custom_command(
        OUTPUT ${PROJECT_BINARY_DIR}/nacre-enclave
        COMMAND nacre tee sign $<TARGET_FILE:nacre_enclave> --key ${key}
                -o ${PROJECT_BINARY_DIR}/nacre-enclave
        DEPENDS nacre_enclave ${key}
        VERBATIM)
    add_custom_target(signed-enclave ALL DEPENDS ${PROJECT_BINARY_DIR}/nacre-enclave)
endif()
