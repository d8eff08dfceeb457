# src/compiler: the ahead-of-time compiler, a program of its own that is linked with LLVM. What is in
# src/compiler/runtime becomes part of every image, for each instruction set.

find_path(LLVM_INCLUDE_DIR llvm-c/Core.h PATHS /usr/lib/llvm-22/include NO_DEFAULT_PATH REQUIRED)
find_library(LLVM_LIBRARY NAMES LLVM-22 LLVM PATHS /usr/lib/llvm-22/lib NO_DEFAULT_PATH REQUIRED)

set(runtime ${PROJECT_SOURCE_DIR}/src/compiler/runtime)
set(runtime_objects)
foreach(machine x86_64 aarch64)
    set(object ${PROJECT_BINARY_DIR}/runtime-${machine}.o)
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${CMAKE_C_COMPILER} --target=${machine}-linux-gnu -O2 -ffreestanding -fno-builtin
                -fPIC -fvisibility=hidden -fno-omit-frame-pointer
                -fno-asynchronous-unwind-tables -c ${runtime}/runtime.c -o ${object}
        DEPENDS ${runtime}/runtime.c VERBATIM)
    list(APPEND runtime_objects ${object})
endforeach()
enable_language(ASM)
set_source_files_properties(${runtime}/objects.S PROPERTIES
    OBJECT_DEPENDS "${runtime_objects}" INCLUDE_DIRECTORIES ${PROJECT_BINARY_DIR})

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/compiler/*.c
                                    ${PROJECT_SOURCE_DIR}/src/compiler/tool/*.c)
add_executable(nacre-compiler ${sources} ${runtime}/objects.S)
target_include_directories(nacre-compiler PRIVATE ${PROJECT_SOURCE_DIR}/src
                           ${PROJECT_SOURCE_DIR}/include)
target_include_directories(nacre-compiler SYSTEM PRIVATE ${LLVM_INCLUDE_DIR})
target_compile_definitions(nacre-compiler PRIVATE _GNU_SOURCE
                           NACRE_VERSION="${PROJECT_VERSION}")
target_link_libraries(nacre-compiler PRIVATE nacre_internal ${LLVM_LIBRARY})
