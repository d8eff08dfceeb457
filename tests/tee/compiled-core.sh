#!/bin/sh
# compiled-core.sh - a core without an interpreter refuses what is not compiled, says what to do,
# and runs the same program when it is; a module without functions needs no image.
set -u
core=$NACRE_BUILD/nacre-core-compiled
[ -x "$core" ] || { echo "SKIPPED: no nacre-core-compiled"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NACRE_CACHE="$work/cache" NACRE_CORE="$core"
passed=0
failed=0
cat > "$work/seven.wat" <<'WAT'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $seven i32 (i32.add (i32.const 3) (i32.const 4)))
  (func (export "_start") (call $exit (global.get $seven))))
WAT
echo '(module (memory (export "memory") 1))' > "$work/empty.wat"
for name in seven empty; do
    wat2wasm --enable-all "$work/$name.wat" -o "$work/$name.wasm" || exit 1
done

# check NAME STATUS TEXT: what the last run gave.
check() {
    if [ "$status" -eq "$2" ] && grep -q "$3" "$work/output"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $1: status $status, not $2 with '$3'"
        cat "$work/output"
        failed=$((failed + 1))
    fi
}
run() {
    "$NACRE" run --tee local "$@" > "$work/output" 2>&1 < /dev/null
    status=$?
    echo "(the end)" >> "$work/output"
}

run --interpret "$work/seven.wasm"
check "without an image" 1 'this core runs compiled code only.*nacre compile'
run --interpret "$work/empty.wasm"
check "a module without functions" 1 '_start'
skipped=1
if [ -x "$NACRE_BUILD/nacre-compiler" ]; then
    run --compiled "$work/seven.wasm"
    check "with its image" 7 'the end'
    skipped=0
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
