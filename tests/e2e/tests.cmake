# Times are measured with the machine to itself.
set_tests_properties(e2e/startup PROPERTIES RUN_SERIAL TRUE)
