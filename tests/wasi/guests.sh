# guests.sh - our own C programs for WASI: each is compiled, run on a fresh copy of what it wants,
# and what it prints compared with NAME.expected.
set -u
guests=$NACRE_SOURCE/tests/wasi/guests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
for source in "$guests"/*.c; do
    name=$(basename "$source" .c)
    dir=$work/$name
    mkdir -p "$dir"
    if ! "$NACRE_CC" --target=wasm32-wasi -Wno-deprecated --sysroot=/usr \
        -isystem /usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -O2 \
        "$source" -o "$work/$name.wasm"; then
        echo "FAILED $name: does not compile"
        failed=$((failed + 1))
        continue
    fi
    [ ! -f "$guests/$name.setup" ] || (cd "$dir" && sh "$guests/$name.setup")
    flags=$(cat "$guests/$name.flags" 2>/dev/null || echo "--dir $dir::/")
    input=$guests/$name.stdin
    [ -f "$input" ] || input=/dev/null
    # The flags are words.
    # shellcheck disable=SC2046,SC2086
    (cd "$dir" && "$NACRE" run $(echo "$flags" | sed "s|@DIR@|$dir|g") "$work/$name.wasm") \
        < "$input" > "$work/output" 2>&1
    expected=$guests/$name.expected
    # In volumes (see protected.sh) there are no hard links.
    [ -z "${NACRE_PLAIN-}" ] || [ ! -f "$guests/$name.in-volumes" ] ||
        expected=$guests/$name.in-volumes
    if diff "$expected" "$work/output" > "$work/diff"; then
        passed=$((passed + 1))
    else
        echo "FAILED $name:"
        cat "$work/diff"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
