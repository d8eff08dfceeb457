# The fuzz targets without a fuzzer, on the inputs in corpus/NAME: what was found once, and a few
# that together reach much of the code.
file(GLOB generator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/generator/*.c)
foreach(name module execute image)
    file(GLOB inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}/*.hex)
    nacre_program(fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.c
                  ${PROJECT_SOURCE_DIR}/tests/fuzz/replay/main.c ${generator})
    nacre_test(fuzz/${name} LABEL fuzz COMMAND fuzz_${name} ${inputs})
endforeach()
