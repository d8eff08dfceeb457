#!/bin/sh
# functions.sh - single functions in a core: results, what is printed where something fails, and
# how it ends, are those of a run in this process.
set -u
[ -x "$NACRE_BUILD/nacre-core" ] || { echo "SKIPPED: no nacre-core"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
cat > "$work/lib.wat" <<'WAT'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 1))
  (func (export "_initialize") (global.set $count (i32.const 40)))
  (func (export "add") (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
  (func (export "all") (param i32 i64 f32 f64 v128 externref funcref)
    (result i32 i64 f32 f64 v128 externref funcref)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
    (local.get 6))
  (func (export "leave") (param i32) (call $exit (local.get 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "fail") unreachable))
WAT
cat > "$work/use.wat" <<'WAT'
(module
  (import "lib" "add" (func $add (param i32 i64) (result i64)))
  (import "lib" "count" (global $count (mut i32)))
  (func (export "more") (param i64) (result i64)
    (call $add (global.get $count) (local.get 0)))
  (func (export "_start")
    (if (i64.ne (call $add (global.get $count) (i64.const 2)) (i64.const 42))
      (then unreachable))))
WAT
cat > "$work/start.wat" <<'WAT'
(module (func $f unreachable) (start $f))
WAT
for module in lib use start; do
    wat2wasm "$work/$module.wat" -o "$work/$module.wasm" || exit 1
done
printf 'no module' > "$work/bad.wasm"
cd "$work" || exit 1

# alike STATUS ARGUMENT... - here and there it ends with this status, and prints the same.
alike() {
    expected=$1
    shift
    "$NACRE" run $how "$@" > here 2>&1 < /dev/null
    here=$?
    "$NACRE" run $how --tee local "$@" > there 2>&1 < /dev/null
    there=$?
    if [ $here -eq "$expected" ] && [ $there -eq "$expected" ] && cmp -s here there; then
        passed=$((passed + 1))
    else
        echo "FAILED: $how $*: status $there instead of $expected"
        diff here there
        failed=$((failed + 1))
    fi
}

all() {
    alike 0 --invoke add lib.wasm 3 -4
    alike 0 --invoke all lib.wasm -1 0xffffffffffffffff nan 1.5 0x0123456789abcdef0011 7 null
    alike 0 --preload lib=lib.wasm --invoke more use.wasm 2
    alike 0 --preload lib=lib.wasm use.wasm
    alike 0 --preload a=lib.wasm --preload lib=lib.wasm use.wasm
    alike 3 --invoke leave lib.wasm 3
    alike 134 --invoke fail lib.wasm
    alike 134 --invoke deep lib.wasm
    alike 134 start.wasm
    alike 1 --invoke ad lib.wasm
    alike 1 --invoke memory lib.wasm
    alike 2 --invoke add lib.wasm 3
    alike 2 --invoke add lib.wasm 3 x
    alike 2 --preload lib --invoke more use.wasm 2
    alike 1 use.wasm
}
how=--interpret
all
alike 1 bad.wasm
if [ -x "$NACRE_BUILD/nacre-compiler" ] && [ -z "$NACRE_SANITIZE" ]; then
    how=--compiled
    all
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
