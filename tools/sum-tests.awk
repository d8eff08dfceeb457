# sum-tests.awk - adds up what CTest's logs say: what it printed itself (ctest.log; it comes
# first, as only that tells a test that was skipped from one that passed), then what the tests
# printed (Testing/Temporary/LastTest.log); both of each preset.
#
# A test that counts for itself ends its output with `N passed, N failed, N skipped`, or is a
# cmocka program; its counts are taken. Any other test counts as one. A test that failed counts
# at least one failure. With trouble set (something outside of the tests failed) there is at
# least one failure too. Why tests were skipped is printed before the sum: a test says so on a
# line that starts with `MISSING: `, `SKIPPED: ` or `of the skipped, `.

function begin_test(name) {
    test = name
    passed = failed = skipped = counted = 0
    why = ""
}

function add_skipped(    line) {
    line = (counted ? skipped " of " : "") test (why == "" ? "" : " (" why ")")
    if (!(line in left_out)) order[++left_count] = line
    left_out[line] = 1
}

function end_test(result) {
    if (test == "") return
    if (test in was_skipped) result = "Skipped"
    if (!counted) {
        passed = result == "Passed"
        skipped = result == "Skipped"
        failed = !passed && !skipped
    } else if (result == "Failed" && failed == 0) failed = 1
    if (failed) bad[++bad_count] = test
    if (skipped) add_skipped()
    all_passed += passed
    all_failed += failed
    all_skipped += skipped
    test = ""
}

FILENAME ~ /ctest\.log$/ {
    if (FNR == 1) split("", was_skipped)
    if (/Test +#[0-9]+: .*\*\*\*(Skipped|Not Run \(Disabled\))/) {
        sub(/^.*Test +#[0-9]+: /, "")
        was_skipped[$1] = 1
    }
    next
}
/^[0-9]+\/[0-9]+ Testing: / { begin_test($3) }
/^(MISSING: |SKIPPED: |of the skipped, )/ { why = $0 }
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
    for (i = 1; i <= left_count; i++) print "skipped: " order[i]
    for (i = 1; i <= bad_count; i++) print "failed: " bad[i]
    if (trouble != "" && all_failed == 0) all_failed = 1
    if (all_passed + all_failed == 0) all_failed = 1
    printf "%d passed, %d failed, %d skipped\n", all_passed, all_failed, all_skipped
    exit all_failed > 0
}
