#!/bin/sh
# CTest's log calls a test that was skipped passed, and so did the sum of ./check. It says why
# tests were skipped, too, and its last line keeps its form.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/ctest.log" <<'END'
1/4 Test #1: a/plain ........   Passed    0.01 sec
2/4 Test #2: a/counts .......   Passed    0.01 sec
3/4 Test #3: a/missing ......***Skipped   0.01 sec
4/4 Test #4: a/bad ..........***Failed    0.01 sec
END
cat > "$work/LastTest.log" <<'END'
1/4 Testing: a/plain
Test Passed.
"a/plain" end time: now
2/4 Testing: a/counts
of the skipped, 3 hold text
20 passed, 0 failed, 3 skipped
Test Passed.
"a/counts" end time: now
3/4 Testing: a/missing
MISSING: no data
Test Passed.
"a/missing" end time: now
4/4 Testing: a/bad
Test Failed.
"a/bad" end time: now
END
cat > "$work/expected" <<'END'
skipped: 3 of a/counts (of the skipped, 3 hold text)
skipped: a/missing (MISSING: no data)
failed: a/bad
21 passed, 1 failed, 4 skipped
END
if awk -f "$NACRE_SOURCE/tools/sum-tests.awk" "$work/ctest.log" "$work/LastTest.log" \
    > "$work/sum"; then
    echo "a failed test did not fail the sum"
    exit 1
fi
diff "$work/expected" "$work/sum"
