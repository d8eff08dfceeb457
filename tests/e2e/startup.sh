#!/bin/sh
# What starting may cost: hello at most 3 ms as a whole process, from the cache by a static nacre
# 1.7 ms and 1.5 MiB, Ruby's 30 MB module its first line in under 1 s, and resident memory under 4
# times a module's size. Times are on a processor:
# they are the same as by the clock on a machine that has nothing else to do. The limits are for
# one on which a native hello takes at most 0.9 ms; where it takes longer (a virtual machine whose
# host has other guests was seen to go from 0.75 ms to 2.8 ms), they are that much higher.
. "$(dirname "$0")/common"
if [ -n "$NACRE_SANITIZE" ]; then
    echo "SKIPPED: not measured under sanitizers"
    exit 77
fi
need ruby.wasm ruby-main.wasm ruby-host.wasm ruby-handles.wasm
measure=$NACRE_BUILD/bench_measure

# under WHAT FIGURE LIMIT - compares numbers with fractions.
under() {
    echo "$1: $2, at most $3"
    awk -v figure="$2" -v limit="$3" 'BEGIN { exit !(figure < limit) }' ||
        fail "$1 took $2, more than $3"
}

"$NACRE_CC" --target=wasm32-wasi -Wno-deprecated --sysroot=/usr \
    -isystem /usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -O2 \
    "$NACRE_SOURCE/tests/wasi/hello.c" -o "$work/hello.wasm" || fail "hello.c does not compile"
"$NACRE_CC" -O2 -static "$NACRE_SOURCE/tests/wasi/hello.c" -o "$work/hello" ||
    fail "hello.c does not compile for this machine"
"$measure" 30 "$work/hello" > "$work/figures" || fail "the native hello does not run"
read -r first end resident native < "$work/figures"
slow=$(awk -v native="$native" 'BEGIN { print (native > 0.9 ? native / 0.9 : 1) }')
echo "native hello: $native ms; limits times $slow"
limit() { awk -v limit="$1" -v slow="$slow" 'BEGIN { print limit * slow }'; }

"$measure" 30 "$NACRE" run --interpret "$work/hello.wasm" > "$work/figures" ||
    fail "hello does not run"
read -r first end resident cpu < "$work/figures"
echo "hello: $first ms to its output, $end ms in all"
under "hello, whole process (ms)" "$cpu" "$(limit 3)"

"$measure" 5 "$NACRE" run --interpret --dir "$here/guests::/s:ro" \
    --preload "rb-js-abi-host=$NACRE_GUESTS/ruby-host.wasm" \
    --preload "canonical_abi=$NACRE_GUESTS/ruby-handles.wasm" \
    --preload "ruby=$NACRE_GUESTS/ruby.wasm" \
    "$NACRE_GUESTS/ruby-main.wasm" /s/first.rb > "$work/figures" || fail "Ruby does not run"
read -r first end resident cpu < "$work/figures"
echo "Ruby: $first ms to its output, $end ms in all"
under "Ruby, first line (ms)" "$cpu" "$(limit 1000)"
size=$(wc -c < "$NACRE_GUESTS/ruby.wasm")
under "Ruby, resident size (KiB)" "$resident" $((size / 1024 * 4))

ldd "$NACRE" 2>&1 | grep -q static && [ -x "$NACRE_BUILD/nacre-compiler" ] || exit 0
export NACRE_CACHE="$work/cache"
"$NACRE" run --compiled "$work/hello.wasm" > "$work/out" || fail "hello is not compiled"
"$measure" 100 "$NACRE" run "$work/hello.wasm" > "$work/figures" || fail "hello does not run"
read -r first end resident cpu < "$work/figures"
echo "hello from the cache: $first ms to its output, $end ms in all"
under "hello from the cache, whole process (ms)" "$cpu" "$(limit 1.7)"
under "hello from the cache, resident size (KiB)" "$resident" 1536
