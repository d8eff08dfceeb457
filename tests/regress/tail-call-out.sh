#!/bin/sh
# A tail call out of an instance moved its arguments before it had the callee's code: when that
# could not be had (a frame too large), the failure was told of a frame that was gone.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/a.wat" <<'WAT'
(module
  (func (export "big") (param i64 i64) (result i64)
    (local LOCALS)
    (local.get 1)))
WAT
i=0
locals=
while [ $i -lt 40000 ]; do
    echo v128
    i=$((i + 1))
done | tr '\n' ' ' > "$work/locals"
{ sed '/LOCALS/,$d' "$work/a.wat"; printf '(local '; cat "$work/locals"; printf ')'
  sed '1,/LOCALS/d' "$work/a.wat"; } > "$work/big.wat"
cat > "$work/b.wat" <<'WAT'
(module
  (import "a" "big" (func $big (param i64 i64) (result i64)))
  (func $out (param i64) (result i64)
    (return_call $big (i64.const 0x4141414141414141) (i64.const 0x4242424242424242)))
  (func (export "f") (result i64) (call $out (i64.const 1))))
WAT
wat2wasm "$work/big.wat" -o "$work/a.wasm"
wat2wasm --enable-tail-call "$work/b.wat" -o "$work/b.wasm"
status=0
"$NACRE" run --preload a="$work/a.wasm" --invoke f "$work/b.wasm" 2> "$work/errors" || status=$?
[ $status -eq 1 ] || { echo "status $status"; cat "$work/errors"; exit 1; }
grep -q "a function's frame is too large" "$work/errors" || { cat "$work/errors"; exit 1; }
