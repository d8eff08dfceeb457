# bench/*.c: programs that measure; bench/run runs them.

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.c)
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(bench_${name} ${source})
    target_compile_definitions(bench_${name} PRIVATE _GNU_SOURCE)
    target_link_libraries(bench_${name} PRIVATE nacre_flags)
endforeach()
target_include_directories(bench_gcm PRIVATE ${PROJECT_SOURCE_DIR}/src)
foreach(name instantiate cores gcm)
    target_include_directories(bench_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(bench_${name} PRIVATE nacre_internal)
endforeach()
