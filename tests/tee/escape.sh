#!/bin/sh
# escape.sh - a guest that has broken out of the engine, here by a core with a deliberate hole,
# can reach nothing: the system ends its process at the first thing that it tries, and the host
# goes on.
set -u
core=$NACRE_BUILD/nacre-core-hole
[ -x "$core" ] || { echo "SKIPPED: no nacre-core-hole, as system calls are not taken"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# attempt N: the program's exit status is what hole.try gave.
attempt() {
    cat > "$work/try.wat" <<WAT
(module
  (import "hole" "try" (func \$try (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call \$exit (i32.and (call \$try (i32.const $1)) (i32.const 255)))))
WAT
    wat2wasm "$work/try.wat" -o "$work/try.wasm" || exit 1
    NACRE_CORE=$core "$NACRE" run --tee local "$work/try.wasm" > "$work/output" 2>&1 < /dev/null
    status=$?
}

# check NAME CONDITION...
check() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $name: status $status"
        cat "$work/output"
        failed=$((failed + 1))
    fi
}
was_ended() {
    [ $status -eq 1 ] &&
        grep -q 'ended by signal 31 .*: it called what it may not' "$work/output"
}

for n in 0 1; do # what a core needs goes on working, so the hole is one
    attempt $n
    check "attempt $n" [ $status -eq 1 ]
done
attempt 2
check "clone3" [ $status -eq 255 ]
n=3
attempt $n
while [ $status -ne 99 ]; do
    check "attempt $n" was_ended
    n=$((n + 1))
    [ $n -lt 100 ] || { echo "the list of attempts has no end"; exit 1; }
    attempt $n
done
[ $n -gt 20 ] || { echo "only $n attempts"; failed=$((failed + 1)); }
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
