#!/bin/sh
# Stores of a loop that was shown to be in bounds were lost to the optimiser when a later loop
# wrote to the same bytes, though an access between them trapped: what memory held was wrong.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -z "${NACRE_HOST_COMPILER-}" ] || export NACRE_COMPILER="$NACRE_HOST_COMPILER"
[ -x "$NACRE_BUILD/nacre-compiler" ] || [ -n "${NACRE_COMPILER-}" ] || exit 77
export NACRE_CACHE="$work/cache"
cat > "$work/stores.wast" <<'WAT'
(module
  (memory 1)
  (memory $other 1)
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "fill") (param $p i32) (local $i i32)
    (loop $a
      (i32.store8 (local.get $i) (i32.const 1))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))
    (i32.store offset=128 (local.get $p) (i32.const 7))
    (local.set $i (i32.const 0))
    (loop $b
      (i32.store8 (local.get $i) (i32.const 2))
      (br_if $b (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64)))))
  (func (export "unrolled") (param $p i32) (param $v i32) (local $i i32)
    (local.set $i (i32.const 256))
    (loop $a
      (i32.store (local.get $i) (i32.add (local.get $v) (local.get $i)))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4)))
                          (i32.const 272))))
    (drop (i32.load offset=512 (local.get $p)))
    (local.set $i (i32.const 256))
    (loop $b
      (i32.store (local.get $i) (i32.mul (local.get $v) (local.get $i)))
      (br_if $b (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4)))
                          (i32.const 272)))))
  (func (export "outer") (param $n i32) (local $i i32) (local $k i32)
    (loop $o
      (local.set $i (i32.const 512))
      (loop $a
        (i32.store (local.get $i) (local.get $k))
        (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4)))
                            (i32.const 528))))
      (if (i32.eq (local.get $k) (i32.const 5))
        (then (i32.store offset=0x20000 (i32.const 0) (i32.const 9))))
      (br_if $o (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1)))
                          (local.get $n)))))
  (func (export "asked") (param $q i32) (param $p i32) (local $i i32)
    (local.set $i (local.get $q))
    (loop $a
      (i32.store8 (local.get $i) (i32.const 1))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                          (i32.add (local.get $q) (i32.const 64)))))
    (i32.store (local.get $p) (i32.const 7))
    (local.set $i (local.get $q))
    (loop $b
      (i32.store8 (local.get $i) (i32.const 2))
      (br_if $b (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                          (i32.add (local.get $q) (i32.const 64))))))
  (func (export "two") (param $p i32) (param $v i32) (local $i i32)
    (local.set $i (i32.const 1024))
    (loop $a
      (i32.store (local.get $i) (i32.const 0x11))
      (i32.store $other (local.get $p) (local.get $i))
      (i32.store (local.get $i) (local.get $v))
      (local.set $p (i32.add (local.get $p) (i32.const 4096)))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4)))
                          (i32.const 1424))))))
(assert_trap (invoke "fill" (i32.const -16)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 0)) (i32.const 1))
(assert_return (invoke "byte" (i32.const 63)) (i32.const 1))
(assert_trap (invoke "unrolled" (i32.const -16) (i32.const 3)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 256)) (i32.const 3))
(assert_return (invoke "byte" (i32.const 268)) (i32.const 15))
(assert_trap (invoke "outer" (i32.const 10)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 512)) (i32.const 5))
(assert_return (invoke "byte" (i32.const 524)) (i32.const 5))
(assert_trap (invoke "asked" (i32.const 4096) (i32.const -2)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 4096)) (i32.const 1))
(assert_trap (invoke "two" (i32.const 61440) (i32.const 3)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 1024)) (i32.const 3))
(assert_return (invoke "byte" (i32.const 1028)) (i32.const 0x11))
(assert_return (invoke "byte" (i32.const 1032)) (i32.const 0))
WAT
wast2json --enable-multi-memory "$work/stores.wast" -o "$work/stores.json"
for flags in '-O 0' '-O 1' '-O 2' '-O 3' '-O 2 --explicit' '-O 2 --fuel'; do
    # Words.
    # shellcheck disable=SC2086
    "$NACRE" spec -v --compiled $flags "$work/stores.json" || exit 1
done
