# The core suite once more in cores of TEEs: each script in one. Compiled, its two runs take
# minutes. An emulator can't start a core.
if(NOT CMAKE_CROSSCOMPILING)
    nacre_test(spec/core-local LABEL spec TIMEOUT 1500
               COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/core.sh --tee local)
    nacre_test(spec/compiled-local LABEL spec TIMEOUT 3000 FOR slow
               COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/compiled.sh --tee local)
endif()
