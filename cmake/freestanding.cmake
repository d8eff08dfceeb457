# The trusted core as it is built for a TEE: no C library, no headers of one, two instruction
# sets. Nothing is linked; the test `freestanding` looks at what the objects leave undefined.

find_program(NACRE_NM NAMES llvm-nm-22 llvm-nm REQUIRED)

set(x86_64_flags --target=x86_64-none-elf -mno-red-zone)
set(aarch64_flags --target=aarch64-none-elf -mno-outline-atomics)
set(NACRE_FREESTANDING_FILES)
foreach(machine x86_64 aarch64)
    set(sources ${NACRE_BOUNDARY_CORE})
    foreach(name IN LISTS NACRE_CORE ITEMS api)
        nacre_sources(more ${name} ${machine})
        list(APPEND sources ${more})
    endforeach()
    add_library(freestanding_${machine} OBJECT ${sources})
    target_include_directories(freestanding_${machine} PRIVATE ${NACRE_BOUNDARY_INCLUDES})
    add_dependencies(freestanding_${machine} calls_header)
    target_compile_definitions(freestanding_${machine} PRIVATE NACRE_VERSION="${PROJECT_VERSION}")
    target_compile_options(freestanding_${machine} PRIVATE
        ${${machine}_flags} -O2 -ffreestanding -nostdlibinc -fno-math-errno -ffp-contract=off
        -fno-strict-aliasing -Wall -Wextra -Werror)
    # Without -fPIC, constant tables of pointers are read-only; what is left in .data changes.
    set_target_properties(freestanding_${machine} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    set(list ${PROJECT_BINARY_DIR}/freestanding-${machine}.txt)
    file(GENERATE OUTPUT ${list}
         CONTENT "$<JOIN:$<TARGET_OBJECTS:freestanding_${machine}>,\n>\n")
    list(APPEND NACRE_FREESTANDING_FILES ${list})
endforeach()
