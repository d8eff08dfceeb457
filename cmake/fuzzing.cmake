# tests/fuzz/*.c: one libFuzzer target a file. The whole library is built with coverage.

target_compile_options(nacre_flags INTERFACE -fsanitize=fuzzer-no-link)
target_link_options(nacre_flags INTERFACE -fsanitize=fuzzer-no-link)
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.c)
nacre_objects(fake_objects port/fake)
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(fuzz_${name} ${source} ${fake_objects})
    target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src
                                                    ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(fuzz_${name} PRIVATE nacre_internal)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endforeach()
