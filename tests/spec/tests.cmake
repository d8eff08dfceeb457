# The core suite by compiled code once more, with nothing else there: its images are those of
# spec/compiled.
if(TARGET nacre-no-interp AND TARGET nacre-compiler AND NOT NACRE_SANITIZE)
    nacre_test(spec/compiled-alone LABEL spec
               COMMAND sh ${PROJECT_SOURCE_DIR}/tests/spec/compiled.sh)
    set_tests_properties(spec/compiled-alone PROPERTIES
        ENVIRONMENT "${test_environment};NACRE=$<TARGET_FILE:nacre-no-interp>"
        DEPENDS spec/compiled TIMEOUT 2400 PROCESSORS 2)
endif()
