# The core suite once more in cores of TEEs: each script in one. Compiled, its two runs take
# minutes. An emulator can't start a core; with sanitizers it is the same engine, and takes long.
if(NOT CMAKE_CROSSCOMPILING AND NOT NACRE_SANITIZE)
    nacre_test(spec/core-local LABEL spec TIMEOUT 1500
               COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/core.sh --tee local)
    nacre_test(spec/compiled-local LABEL spec TIMEOUT 3000 FOR slow
               COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/compiled.sh --tee local)
    if(TARGET nacre_enclave_signed)
        nacre_test(spec/core-sgx LABEL spec TIMEOUT 1500
                   COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/core.sh --tee sgx --reserve 64M)
        nacre_test(spec/compiled-sgx LABEL spec TIMEOUT 3000 FOR slow
                   COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/compiled.sh --tee sgx)
    endif()
endif()
# The core suite by compiled code once more, with nothing else there: its images are those of
# spec/compiled.
if(TARGET nacre-no-interp AND TARGET nacre-compiler AND NOT NACRE_SANITIZE)
    nacre_test(spec/compiled-alone LABEL spec FOR slow # some minutes
               COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/compiled.sh)
    set_tests_properties(spec/compiled-alone PROPERTIES
        ENVIRONMENT "${test_environment};NACRE=$<TARGET_FILE:nacre-no-interp>"
        DEPENDS spec/compiled TIMEOUT 2400 PROCESSORS 2)
endif()
