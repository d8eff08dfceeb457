# tests/fuzz/*.c: one libFuzzer target a file; tests/fuzz/generator makes modules for some;
# tests/fuzz/differential has programs that tests/fuzz/run.sh calls to compare with another engine,
# tests/fuzz/compiled one that compares interpreted and compiled code.
# The whole library is built with coverage.

target_compile_options(nacre_flags INTERFACE -fsanitize=fuzzer-no-link)
target_link_options(nacre_flags INTERFACE -fsanitize=fuzzer-no-link)
nacre_objects(fake_objects port/fake port/region port/calls proto/core tee/core)

function(nacre_fuzz_program target)
    add_executable(${target} ${ARGN} ${fake_objects})
    target_include_directories(${target} PRIVATE ${NACRE_BOUNDARY_INCLUDES}
                                                 ${PROJECT_SOURCE_DIR}/tests)
    add_dependencies(${target} calls_header)
    target_link_libraries(${target} PRIVATE nacre_internal)
endfunction()

file(GLOB generator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/generator/*.c)
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.c)
if(NOT NACRE_MACHINE STREQUAL x86_64)
    list(FILTER sources EXCLUDE REGEX "/sgx_[^/]*$")
endif()
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    nacre_fuzz_program(fuzz_${name} ${source} ${generator})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endforeach()
include(${PROJECT_SOURCE_DIR}/tests/fuzz/gate/gate.cmake)
file(GLOB outcome CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/outcome/*.c)
nacre_fuzz_program(fuzz_outcome ${PROJECT_SOURCE_DIR}/tests/fuzz/differential/outcome.c ${outcome})
nacre_fuzz_program(fuzz_generate ${PROJECT_SOURCE_DIR}/tests/fuzz/differential/module.c
                   ${generator})
if(TARGET nacre-compiler) # with the compiler, in the same process
    file(GLOB compiled CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/compiled/*.c)
    nacre_fuzz_program(fuzz_compiled ${compiled} ${outcome}
                       ${PROJECT_SOURCE_DIR}/src/compiler/runtime/objects.S)
    target_compile_definitions(fuzz_compiled PRIVATE _GNU_SOURCE)
    set_target_properties(fuzz_compiled PROPERTIES LINKER_LANGUAGE CXX)
    target_link_libraries(fuzz_compiled PRIVATE nacre_compiler ${LLVM_LIBRARY})
endif()
