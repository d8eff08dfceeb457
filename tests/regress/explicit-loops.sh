#!/bin/sh
# Loops whose accesses stay in bounds were checked in each round with explicit bounds, because
# passes had left them in another form than the one that is looked at.
set -u
compiler=${NACRE_HOST_COMPILER:-$NACRE_BUILD/nacre-compiler}
[ -x "$compiler" ] || { echo "SKIPPED: no nacre-compiler"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/sum.wat" <<'WAT'
(module (memory (export "memory") 1)
  (func (export "sum") (result f64) (local $i i32) (local $sum f64)
    (loop $next
      (local.set $sum (f64.add (local.get $sum)
        (f64.mul (f64.load (local.get $i)) (f64.load offset=16384 (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (i32.ne (local.get $i) (i32.const 8192))))
    (local.get $sum)))
WAT
wat2wasm "$work/sum.wat" -o "$work/sum.wasm" || exit 1
for target in x86-64 aarch64; do
    "$compiler" --explicit --target=$target --jobs=1 -O2 --dump="$work" - - \
        < "$work/sum.wasm" > "$work/image" || exit 1
    checks() { cat "$work"/*."$1".ll | grep -c '!nacre.check'; }
    if [ "$(checks 0)" = 0 ] || [ "$(checks 1)" != 0 ]; then
        echo "$target: $(checks 0) checks before the passes, $(checks 1) after"
        exit 1
    fi
    rm "$work"/*.ll
done
