#!/bin/sh
# lies.sh - a host that lies to nacre-core: the run ends with what it was caught at, whatever the
# guest made of the failed call.
set -u
liar=$NACRE_BUILD/nacre-liar
[ -x "$liar" ] || { echo "SKIPPED: no nacre-liar"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
cat > "$work/hello.wat" <<'WAT'
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\0a")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
WAT
wat2wasm "$work/hello.wat" -o "$work/hello.wasm" || exit 1

# lie N TEXT: the run ends so. Without a lie it ends well, so that the lie is what ends it.
lie() {
    LIE=$1 timeout 60 "$liar" run --interpret --tee local "$work/hello.wasm" \
        > "$work/output" 2>&1 < /dev/null
    status=$?
    if [ $status -eq 1 ] && grep -qF "$2" "$work/output"; then
        passed=$((passed + 1))
    else
        echo "FAILED: lie $1: status $status instead of '$2'"
        cat "$work/output"
        failed=$((failed + 1))
    fi
}
"$liar" run --interpret --tee local "$work/hello.wasm" > "$work/output" 2>&1 < /dev/null
[ "$(cat "$work/output")" = hello ] || { echo "it fails without a lie"; exit 1; }
lie 0 'a reply to another call'
lie 1 'a reply with an unknown error'
lie 2 'write: more than was asked for'
lie 3 'standard: the number of a file that is open, or none'
lie 4 'a reply to another call'
lie 5 'next: command is none of ORDER_COMMANDS'
lie 6 'next: size is more than ORDER_SIZE_MAX'
lie 7 'fetch: more than was asked for'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
