# Toolchain file: 64-bit Arm Linux by clang, with the C library of Debian's
# gcc-aarch64-linux-gnu; programs are static and run under qemu-aarch64.
#
# Set NACRE_SYSROOT to a folder that holds arm64 libraries of Debian (tools/setup.sh can fetch
# them: see fetch_arm64 there).

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER clang-22)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_ASM_COMPILER clang-22)
set(CMAKE_ASM_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -fuse-ld=lld-22")
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wno-unused-command-line-argument")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-fuse-ld=lld-22")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)

set(NACRE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/arm64 CACHE PATH "arm64 libraries")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NACRE_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${NACRE_SYSROOT} /usr/aarch64-linux-gnu)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
