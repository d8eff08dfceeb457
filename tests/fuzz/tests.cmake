# The fuzz targets without a fuzzer, on the inputs in corpus/NAME: what was found once, and a few
# that together reach much of the code.
file(GLOB generator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/generator/*.c)
set(targets module execute image calls enclave orders pfs_header pfs_volume)
if(NACRE_MACHINE STREQUAL x86_64)
    list(APPEND targets sgx_gate)
endif()
foreach(name IN LISTS targets)
    file(GLOB inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}/*.hex)
    nacre_program(fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.c
                  ${PROJECT_SOURCE_DIR}/tests/fuzz/replay/main.c ${generator})
    nacre_test(fuzz/${name} LABEL fuzz COMMAND fuzz_${name} ${inputs})
endforeach()
include(${PROJECT_SOURCE_DIR}/tests/fuzz/gate/gate.cmake)
if(TARGET nacre-compiler) # modules, each in eight of the ways to compile
    file(GLOB inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/compiled/*.hex)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/compiled/*.c
         ${PROJECT_SOURCE_DIR}/tests/fuzz/outcome/*.c)
    nacre_program(fuzz_compiled ${sources} ${PROJECT_SOURCE_DIR}/src/compiler/runtime/objects.S)
    set_target_properties(fuzz_compiled PROPERTIES LINKER_LANGUAGE CXX)
    target_link_libraries(fuzz_compiled PRIVATE ${LLVM_LIBRARY})
    nacre_test(fuzz/compiled LABEL fuzz COMMAND fuzz_compiled -n 8 ${inputs})
endif()
