# What every target of ours is compiled with. Targets take it by linking nacre_flags.

add_library(nacre_flags INTERFACE)
target_compile_options(nacre_flags INTERFACE
    -fno-math-errno   # floor, sqrt and the like become instructions
    -ffp-contract=off # Wasm rounds after every operation
    -fno-strict-aliasing
    # Paths in assertions and debug information start at the project's folder.
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(NACRE_WARNINGS)
    target_compile_options(nacre_flags INTERFACE
        -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror)
endif()
if(NACRE_STATIC) # for the order of cmake/command.cmake
    target_compile_options(nacre_flags INTERFACE -ffunction-sections)
endif()
if(NACRE_SANITIZE)
    target_compile_options(nacre_flags INTERFACE
        -fsanitize=${NACRE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(nacre_flags INTERFACE -fsanitize=${NACRE_SANITIZE})
endif()
