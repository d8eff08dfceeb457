# The trusted core as it is built for a TEE: no C library, no headers of one, two instruction
# sets. The test `freestanding` looks at what the objects leave undefined, `size` at how much of
# them a core is.

find_program(NACRE_NM NAMES llvm-nm-22 llvm-nm REQUIRED)
find_program(NACRE_LLD NAMES ld.lld-22 ld.lld REQUIRED)

set(x86_64_flags --target=x86_64-none-elf -mno-red-zone)
set(aarch64_flags --target=aarch64-none-elf -mno-outline-atomics)
# Small where nothing is hot: see RATIONALE.md. Nobody unwinds a core's stack.
set(tee_flags -ffreestanding -nostdlibinc -fno-math-errno -ffp-contract=off -fno-strict-aliasing
    -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -Wall -Wextra -Werror)
set(tee_level -Os)
set(tee_level_exec -O2)
set(tee_level_exec/interp -O2)

# nacre_freestanding(PART MACHINE SOURCE...) makes an object library of a part for a machine, and
# adds it to `objects`.
function(nacre_freestanding part machine)
    string(REPLACE "/" "_" target freestanding_${machine}_${part})
    set(level ${tee_level})
    if(DEFINED tee_level_${part})
        set(level ${tee_level_${part}})
    endif()
    add_library(${target} OBJECT ${ARGN})
    target_include_directories(${target} PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    add_dependencies(${target} calls_header)
    target_compile_definitions(${target} PRIVATE NACRE_VERSION="${PROJECT_VERSION}")
    target_compile_options(${target} PRIVATE ${${machine}_flags} ${level} ${tee_flags})
    # Without -fPIC, constant tables of pointers are read-only; what is left in .data changes.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    add_dependencies(freestanding_${machine} ${target})
    set(objects ${objects} $<TARGET_OBJECTS:${target}> PARENT_SCOPE)
endfunction()

set(NACRE_FREESTANDING_FILES)
foreach(machine x86_64 aarch64)
    add_custom_target(freestanding_${machine} ALL)
    set(objects)
    nacre_freestanding(boundary ${machine} ${NACRE_BOUNDARY_CORE})
    foreach(part IN LISTS NACRE_CORE ITEMS exec/no_interp pfs api)
        nacre_sources(sources ${part} ${machine})
        nacre_freestanding(${part} ${machine} ${sources})
    endforeach()
    set(list ${PROJECT_BINARY_DIR}/freestanding-${machine}.txt)
    file(GENERATE OUTPUT ${list} CONTENT "$<JOIN:${objects},\n>\n")
    list(APPEND NACRE_FREESTANDING_FILES ${list})
endforeach()
