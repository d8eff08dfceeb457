# Tests of the sources themselves.

nacre_test(tidy LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/tidy ${PROJECT_SOURCE_DIR})
nacre_test(tidy_self LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/tidy --self-test)
nacre_test(headers LABEL house COMMAND sh ${PROJECT_SOURCE_DIR}/tools/headers.sh)
