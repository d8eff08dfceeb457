# sum-tests.awk - adds up what CTest's logs (Testing/Temporary/LastTest.log) say.
#
# A test that counts for itself ends its output with `N passed, N failed, N skipped`, or is a
# cmocka program; its counts are taken. Any other test counts as one. A test that failed counts
# at least one failure. With trouble set (something outside of the tests failed) there is at
# least one failure too.

function begin_test(name) {
    test = name
    passed = failed = skipped = counted = 0
}

function end_test(result) {
    if (test == "") return
    if (!counted) {
        passed = result == "Passed"
        skipped = result == "Skipped"
        failed = !passed && !skipped
    } else if (result != "Passed" && failed == 0) failed = 1
    if (failed) bad[++bad_count] = test
    if (skipped && !passed && !failed) left_out[++left_count] = test
    all_passed += passed
    all_failed += failed
    all_skipped += skipped
    test = ""
}

/^[0-9]+\/[0-9]+ Testing: / { begin_test($3) }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
    passed = $1
    failed = $3
    skipped = $5
    counted = 1
}
/^\[  PASSED  \] [0-9]+ test/ { passed += $4; counted = 1 }
/^\[  FAILED  \] [0-9]+ test/ { failed += $4; counted = 1 }
/^\[  SKIPPED \] [0-9]+ test/ { skipped += $4; counted = 1 }
/^Test Passed\.$/ { end_test("Passed") }
/^Test Failed\.$/ { end_test("Failed") }
/^Test (Skipped|Not Run)\.?$/ { end_test("Skipped") }
/^"[^"]*" end time:/ { end_test("Failed") }

END {
    for (i = 1; i <= left_count; i++) print "skipped: " left_out[i]
    for (i = 1; i <= bad_count; i++) print "failed: " bad[i]
    if (trouble != "" && all_failed == 0) all_failed = 1
    if (all_passed + all_failed == 0) all_failed = 1
    printf "%d passed, %d failed, %d skipped\n", all_passed, all_failed, all_skipped
    exit all_failed > 0
}
