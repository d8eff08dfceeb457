# src/compiler: the ahead-of-time compiler, hosted, beside the library, never in a TEE; and the
# program nacre-compiler, one compilation a process, which is linked with LLVM. A cross-built Nacre
# has none: any compiler makes images for every target. One that is built without LLVM has none
# either, and interprets, or uses images that were made elsewhere.

set(folder ${PROJECT_SOURCE_DIR}/src/compiler)
file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c ${folder}/*.cc)
set(with_llvm OFF)
if(NACRE_COMPILER AND NOT CMAKE_CROSSCOMPILING)
    include(CheckLanguage)
    check_language(CXX)
    find_path(LLVM_INCLUDE_DIR llvm-c/Core.h PATHS /usr/lib/llvm-22/include NO_DEFAULT_PATH)
    find_library(LLVM_LIBRARY LLVM PATHS /usr/lib/llvm-22/lib NO_DEFAULT_PATH)
    if(CMAKE_CXX_COMPILER AND LLVM_INCLUDE_DIR AND LLVM_LIBRARY)
        set(with_llvm ON)
        enable_language(CXX)
    else()
        message(WARNING "Nacre is built without its compiler, which needs LLVM 22 and a C++ "
                        "compiler (Debian: llvm-22-dev, g++). -DNACRE_COMPILER=OFF says that this "
                        "is meant.")
    endif()
endif()
if(NOT with_llvm) # what its tests need
    list(FILTER sources INCLUDE REGEX "/(link|object|relocate|dwarf_line)[.]c$")
endif()
add_library(nacre_compiler STATIC ${sources})
target_include_directories(nacre_compiler PRIVATE ${PROJECT_SOURCE_DIR}/src
                                                  ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(nacre_compiler PRIVATE nacre_flags)
if(NOT with_llvm)
    return()
endif()
target_include_directories(nacre_compiler SYSTEM PRIVATE ${LLVM_INCLUDE_DIR})
target_compile_definitions(nacre_compiler PRIVATE _GNU_SOURCE NACRE_VERSION="${PROJECT_VERSION}")
file(GLOB sources_cxx CONFIGURE_DEPENDS ${folder}/*.cc)
set_source_files_properties(${sources_cxx} PROPERTIES
    COMPILE_OPTIONS "-std=c++17;-fno-rtti;-fno-exceptions;-Wno-conversion;-Wno-shadow")

# What is in src/compiler/runtime becomes part of every image, for each instruction set.
set(runtime_objects)
foreach(machine x86_64 aarch64)
    set(object ${PROJECT_BINARY_DIR}/runtime-${machine}.o)
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${CMAKE_C_COMPILER} --target=${machine}-linux-gnu -O2 -ffreestanding -fno-builtin
                -fPIC -fvisibility=hidden -fno-omit-frame-pointer
                -fno-asynchronous-unwind-tables -c ${folder}/runtime/runtime.c -o ${object}
        DEPENDS ${folder}/runtime/runtime.c VERBATIM)
    list(APPEND runtime_objects ${object})
endforeach()
set_source_files_properties(${folder}/runtime/objects.S PROPERTIES
    OBJECT_DEPENDS "${runtime_objects}" INCLUDE_DIRECTORIES ${PROJECT_BINARY_DIR})

file(GLOB sources CONFIGURE_DEPENDS ${folder}/tool/*.c ${folder}/tool/*.cc)
nacre_objects(objects base wasm image crypto port/posix)
add_executable(nacre-compiler ${sources} ${folder}/runtime/objects.S ${objects})
target_include_directories(nacre-compiler PRIVATE ${PROJECT_SOURCE_DIR}/src
                                                  ${PROJECT_SOURCE_DIR}/include)
target_include_directories(nacre-compiler SYSTEM PRIVATE ${LLVM_INCLUDE_DIR})
target_compile_definitions(nacre-compiler PRIVATE _GNU_SOURCE)
set_source_files_properties(${folder}/tool/memory.cc PROPERTIES
    COMPILE_OPTIONS "-std=c++17;-fno-rtti;-fno-exceptions;-Wno-conversion;-Wno-shadow")
# What tells one compiler from another, in the keys of the cache.
target_link_options(nacre-compiler PRIVATE -Wl,--build-id=sha1)
set_target_properties(nacre-compiler PROPERTIES LINKER_LANGUAGE CXX)

# LLVM is linked in if that is possible: a process a module spends more time on loading all of the
# library, and on finding its functions, than on a small module.
find_program(LLVM_CONFIG llvm-config PATHS /usr/lib/llvm-22/bin NO_DEFAULT_PATH)
find_library(LLVM_ARCHIVE libLLVMCore.a PATHS /usr/lib/llvm-22/lib NO_DEFAULT_PATH)
find_library(ZLIB_ARCHIVE libz.a)
find_library(ZSTD_ARCHIVE libzstd.a)
set(llvm ${LLVM_LIBRARY})
if(LLVM_CONFIG AND LLVM_ARCHIVE AND ZLIB_ARCHIVE AND ZSTD_ARCHIVE AND NOT NACRE_SANITIZE)
    execute_process(COMMAND ${LLVM_CONFIG} --link-static --libfiles
                            x86codegen aarch64codegen passes
                            debuginfodwarf
                    OUTPUT_VARIABLE archives OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(archives UNIX_COMMAND "${archives}")
    set(llvm ${archives} ${ZLIB_ARCHIVE} ${ZSTD_ARCHIVE})
    target_link_options(nacre-compiler PRIVATE -fuse-ld=lld -static-libstdc++ -static-libgcc
        -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,pack-relative-relocs)
endif()
target_link_libraries(nacre-compiler PRIVATE nacre_flags nacre_compiler ${llvm}
    ${MBEDCRYPTO_LIBRARY} ${SODIUM_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS} m)
