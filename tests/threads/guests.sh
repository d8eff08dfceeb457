# guests.sh - programs with threads (wasi-threads): each is compiled and run with NAME.flags, and
# what it prints compared with NAME.expected, with @ for hexadecimal numbers, and "status N" at the
# end unless that is 0.
set -u
guests=$NACRE_SOURCE/tests/threads/guests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME EXPECTED FLAG...
check() {
    name=$1
    expected=$2
    shift 2
    (cd "$work" && "$NACRE" run "$@" "$name.wasm") < /dev/null > "$work/output" 2>&1
    status=$?
    [ "$status" = 0 ] || echo "status $status" >> "$work/output"
    sed 's/0x[0-9a-f]*/0x@/g' "$work/output" > "$work/found"
    if diff "$expected" "$work/found" > "$work/diff"; then
        passed=$((passed + 1))
    else
        echo "FAILED $name $*:"
        cat "$work/diff"
        failed=$((failed + 1))
    fi
}

for source in "$guests"/*.c; do
    name=$(basename "$source" .c)
    "$NACRE_CC" --target=wasm32 -nostdlib -matomics -mbulk-memory -O1 -fno-builtin -I"$guests" \
        -Wl,--shared-memory,--import-memory,--export-memory,--max-memory=1048576,--no-entry \
        "$source" -o "$work/$name.wasm" || exit 1
    [ -f "$guests/$name.expected" ] || continue
    # The flags are words.
    # shellcheck disable=SC2046
    check "$name" "$guests/$name.expected" $(cat "$guests/$name.flags" 2>/dev/null)
done

yes 'the quick brown fox jumps over the lazy dog' | head -n 800 > "$work/lines"
check lines "$work/lines"

# Whichever thread it hits first tells of it.
for flag in "--timeout 200ms" "--fuel 5000000"; do
    # shellcheck disable=SC2086
    "$NACRE" run $flag "$work/spin.wasm" 2> "$work/output"
    status=$?
    text="deadline passed"
    [ "$flag" = "--timeout 200ms" ] || text="all fuel consumed"
    if [ $status -eq 134 ] && grep -q "$text" "$work/output"; then
        passed=$((passed + 1))
    else
        echo "FAILED spin $flag: status $status"
        cat "$work/output"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
