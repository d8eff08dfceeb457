#!/bin/sh
# sandbox.sh - when `nacre run` gives up system calls, and what it does where it can't.
set -u
no_seccomp=$NACRE_BUILD/tee_no_seccomp
if [ -n "$NACRE_SANITIZE" ]; then
    echo "SKIPPED: with sanitizers, system calls are not taken"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NACRE_CACHE="$work/cache"
fail() {
    echo "sandbox.sh: $*" >&2
    exit 1
}
cat > "$work/wait.wat" <<'WAT'
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func (export "_start")
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))
WAT
wat2wasm "$work/wait.wat" -o "$work/wait.wasm" || exit 1

# mode FLAG... - what Linux says of a run while it waits for input: 2 is a filter.
mkfifo "$work/input"
mode() {
    "$NACRE" run "$@" "$work/wait.wasm" < "$work/input" &
    run=$!
    exec 9> "$work/input"
    for _ in $(seq 200); do # the last thing before the guest waits
        mode=$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$run/status")
        [ "$mode" = "$expected" ] && grep -qs read "/proc/$run/wchan" && break
        sleep 0.05
    done
    threads=$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$run"/task/*/status | sort -u)
    exec 9>&-
    wait "$run" || fail "a run with '$*' fails"
    [ "$threads" = "$expected" ] || fail "a run with '$*' has mode $threads, not $expected"
}
expected=2
mode --interpret
mode # with the thread that has it compiled
mode --require-sandbox
expected=0
mode --no-sandbox

# Nobody waits for the helper, and nothing is left of it.
export NACRE_CACHE="$work/other"
"$NACRE" run "$work/wait.wasm" < /dev/null | cat || fail "a run into a pipe fails"
for _ in $(seq 100); do
    grep -l "$work/wait[.]wasm" /proc/[0-9]*/cmdline > "$work/left" 2> /dev/null || break
    sleep 0.1
done
[ ! -s "$work/left" ] || fail "helpers are left: $(cat "$work/left")"

"$no_seccomp" "$NACRE" run "$work/wait.wasm" < /dev/null > "$work/out" 2>&1 ||
    fail "without seccomp, a run fails: $(cat "$work/out")"
[ ! -s "$work/out" ] || fail "without seccomp, a run says something: $(cat "$work/out")"
"$no_seccomp" "$NACRE" run --require-sandbox "$work/wait.wasm" < /dev/null > "$work/out" 2>&1 &&
    fail "without seccomp, --require-sandbox runs"
grep -q 'this system does not let a process give up system calls' "$work/out" ||
    fail "it is not said why: $(cat "$work/out")"
