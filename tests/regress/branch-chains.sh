#!/bin/sh
# Branches that ask a global the same lead past each other (lower_pairs.c): every one has to be
# there for who comes to it otherwise, and a global that changes in between is asked again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/m.wat" <<'WAT'
(module
  (global $g (mut i32) (i32.const 0))
  (global $h (mut i32) (i32.const 2))
  (global $seen (mut i32) (i32.const 0))
  (func $see (param i32)
    (global.set $seen (i32.or (global.get $seen) (local.get 0))))
  (func (export "f") (param $state i32) (param $resets i32) (result i32)
    (global.set $g (local.get $state))
    (if (i32.eq (global.get $g) (i32.const 2)) (then (call $see (i32.const 1))))
    (if (i32.eq (global.get $g) (i32.const 2)) (then (call $see (i32.const 2))))
    (if (i32.eq (global.get $g) (i32.const 2)) (then
      (call $see (i32.const 4))
      (if (local.get $resets) (then (global.set $g (i32.const 0))))))
    (if (i32.eq (global.get $g) (i32.const 2)) (then (call $see (i32.const 8))))
    (if (i32.eqz (global.get $g)) (then (call $see (i32.const 16))))
    (block (br_if 0 (i32.eq (global.get $g) (i32.const 2))) (call $see (i32.const 32)))
    (block (br_if 0 (i32.eq (global.get $g) (i32.const 2))) (call $see (i32.const 64)))
    (block (br_if 0 (i32.eq (global.get $h) (i32.const 2))) (call $see (i32.const 128)))
    (global.get $seen)))
WAT
wat2wasm "$work/m.wat" -o "$work/m.wasm"
while read -r state resets seen; do
    for flags in '' '--fuel 1000'; do
        # shellcheck disable=SC2086
        got=$("$NACRE" run $flags --invoke f "$work/m.wasm" "$state" "$resets")
        [ "$got" = "$seen" ] || { echo "f($state, $resets) $flags: $got, not $seen"; exit 1; }
    done
done <<'END'
0 0 112
0 1 112
1 0 96
2 0 15
2 1 119
END
