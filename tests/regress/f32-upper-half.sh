#!/bin/sh
# An f32 that was returned, or put in a global, from the accumulator brought the upper half of an
# older f64 with it; i64.extend_i32_u of its bits showed that.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/m.wat" <<'WAT'
(module
  (global $g (mut f32) (f32.const 0))
  (func $half (param f64 f32) (result f32)
    (drop (f64.add (local.get 0) (f64.const 1e300)))
    (f32.add (local.get 1) (f32.const 1)))
  (func (export "returned") (result i64)
    (i64.extend_i32_u (i32.reinterpret_f32 (call $half (f64.const 1e300) (f32.const 1)))))
  (func (export "global") (result i64)
    (drop (f64.add (f64.const 1e300) (f64.convert_i32_s (i32.const 7))))
    (global.set $g (f32.add (f32.convert_i32_s (i32.const 1)) (f32.const 1)))
    (i64.extend_i32_u (i32.reinterpret_f32 (global.get $g)))))
WAT
wat2wasm "$work/m.wat" -o "$work/m.wasm"
for name in returned global; do
    got=$("$NACRE" run --invoke $name "$work/m.wasm")
    [ "$got" = 1073741824 ] || { echo "$name: $got instead of 1073741824"; exit 1; }
done
