#!/bin/sh
# run.sh - runs a fuzzer for a while. What it finds is left in build/fuzz-findings.
#
#   sh tests/fuzz/run.sh module [SECONDS]         any bytes are decoded, validated, run
#   sh tests/fuzz/run.sh execute [SECONDS]        valid modules, made of the bytes, are run
#   sh tests/fuzz/run.sh image [SECONDS]          images, forged, are opened and asked
#   sh tests/fuzz/run.sh calls [SECONDS]          a host lies to a core, a core to its host
#   sh tests/fuzz/run.sh enclave [SECONDS]        files of enclaves, forged, are opened
#   sh tests/fuzz/run.sh orders [SECONDS]         orders and answers, forged
#   sh tests/fuzz/run.sh sgx_gate [SECONDS]       a host enters an enclave as it likes
#   sh tests/fuzz/run.sh pfs_header [SECONDS]     headers of protected files, forged, are opened
#   sh tests/fuzz/run.sh pfs_volume [SECONDS]     volumes of who has the key are used
#   sh tests/fuzz/run.sh differential [SECONDS]   valid modules are run here and by V8
#   sh tests/fuzz/run.sh compiled [SECONDS]       they are interpreted, compiled, and run by V8
#
# Builds the preset `fuzz` first. SECONDS: 60. The corpora of all but the last two stay in
# build/fuzz-corpus, and grow from run to run.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tools/setup.sh disable=SC1091
. tools/setup.sh

name=${1:-}
seconds=${2:-60}
findings=build/fuzz-findings
case $name in
module | execute | image | calls | enclave | orders | sgx_gate | pfs_header | pfs_volume)
    target=fuzz_$name
    ;;
differential) target='fuzz_outcome fuzz_generate' ;;
compiled) target='fuzz_outcome fuzz_generate fuzz_compiled' ;;
*) die "which fuzzer? module, execute, image, calls, enclave, orders, sgx_gate, pfs_header," \
    "pfs_volume, differential, compiled" ;;
esac
# shellcheck disable=SC2086
for program in $target; do build_preset fuzz "$program" > /dev/null; done
[ "$name" != compiled ] || build_preset dev fuzz_compiled > /dev/null
mkdir -p "$findings"

# Seeds: what is committed, and for modules those of the official suite if they are unpacked.
seed_corpus() {
    for file in tests/fuzz/corpus/"$name"/*.hex; do
        [ ! -e "$file" ] || xxd -r -p "$file" "$corpus/$(basename "$file" .hex)"
    done
    [ "$name" = module ] && [ -d build/vectors ] || return 0
    find build/vectors -name '*.wasm' -size -64k | while read -r file; do
        cp "$file" "$corpus/$(cksum < "$file" | tr ' ' -)"
    done
}

if [ "$name" != differential ] && [ "$name" != compiled ]; then
    corpus=build/fuzz-corpus/$name
    if [ ! -d "$corpus" ]; then
        mkdir -p "$corpus"
        seed_corpus
    fi
    exec "build/fuzz/$target" -max_total_time="$seconds" -timeout=120 -rss_limit_mb=4096 \
        -print_final_stats=1 -artifact_prefix="$findings/$name-" "$corpus"
fi

# --- differential, compiled ---

sh tools/fuzzers.sh
tools=build/fuzz-tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
batch=100
modules=0
found=0
late='0 0 0 0'

# Wasm 3.0, half of it with threads, without what the two may do differently: NaNs are made
# canonical, no relaxed vectors.
smith() {
    ending=
    threads=false
    [ $(($1 % 2)) -eq 0 ] || ending='--ensure-termination --fuel 300'
    [ $(($1 % 4)) -ge 2 ] || threads=true
    # shellcheck disable=SC2086
    "$tools/wasm-tools" smith $ending --canonicalize-nans true --exceptions-enabled true \
        --gc-enabled true --tail-call-enabled true --memory64-enabled true \
        --extended-const-enabled true --relaxed-simd-enabled false --threads-enabled $threads \
        --custom-page-sizes-enabled false --wide-arithmetic-enabled false \
        --shared-everything-threads-enabled false --min-funcs 3 --max-imports 2 \
        --export-everything true --max-memories 3 --max-memory32-bytes 1048576 \
        --max-memory64-bytes 1048576 --memory-max-size-required true \
        --table-max-size-required true --max-table-elements 1000 "$work/seed" -o "$2"
}

ttf() {
    simd=
    threads=
    [ $(($1 % 2)) -eq 0 ] || simd=--enable-simd
    [ $(($1 % 4)) -ge 2 ] || threads=--enable-threads
    # shellcheck disable=SC2086
    "$tools/wasm-opt" -ttf $simd $threads --enable-mutable-globals --enable-sign-ext \
        --enable-nontrapping-float-to-int --enable-bulk-memory --enable-bulk-memory-opt \
        --enable-multivalue --enable-reference-types --enable-gc --enable-exception-handling \
        --enable-tail-call --enable-extended-const --enable-multimemory --enable-memory64 \
        --denan --emit-exnref "$work/seed" -o "$2"
}

# Transcripts of modules: here, then there.
compare() {
    build/fuzz/fuzz_outcome "$@" > "$work/here" || return 1
    timeout 100 "$tools/node" tests/fuzz/differential/outcome.mjs < "$work/here" \
        > "$work/there" || return 1
    cmp -s "$work/here" "$work/there"
}

keep() {
    kept=$findings/differential-$(cksum < "$1" | tr ' ' -)
    cp "$1" "$kept.wasm"
    diff "$work/here" "$work/there" > "$kept.diff" || true
    found=$((found + 1))
    echo "finding: $kept.wasm"
}

# One of a hundred modules: a third each from the three generators, or for compiled code fewer of
# the others' and more of ours with loops. Those with .free. are not for V8.
make_module() {
    head -c $((500 + ($1 % 17) * 500)) /dev/urandom > "$work/seed"
    case $name-$(($1 % 12)) in
    compiled-[2-5]) mv "$work/seed" "$work/$1.loops.seed" ;;
    compiled-[67]) mv "$work/seed" "$work/$1.free.loops.seed" ;;
    compiled-[89]) mv "$work/seed" "$work/$1.free.seed" ;;
    *-0 | *-3 | *-6 | *-9) smith "$1" "$work/$1.wasm" ;;
    *-1 | *-4 | *-7) ttf "$1" "$work/$1.wasm" ;;
    *) mv "$work/seed" "$work/$1.seed" ;;
    esac 2> /dev/null || rm -f "$work/$1.wasm"
}

# Adds what a report says of late images to $late: runs, inside, compiled, in a loop.
add_late() {
    late=$(awk -v sums="$late" '
        BEGIN { split(sums, sum) }
        /runs with a late image/ {
            gsub(/[^0-9 ]/, "")
            for (i = 1; i <= NF; i++) sum[i] += $i
        }
        END { print sum[1], sum[2], sum[3], sum[4] }' "$1")
}

# Each module in two of the ways to compile. Sanitizers make that take more than twice as long, and
# look at every fourth batch.
run_compiled() {
    preset=dev
    [ $((modules % (4 * batch))) -ne 0 ] || preset=fuzz
    ASAN_OPTIONS=max_malloc_fill_size=0:malloc_context_size=0:quarantine_size_mb=16 \
        "build/$preset/fuzz_compiled" -s "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')" -n 2 \
        -f "$findings" "$work"/*.wasm > "$work/report" 2> "$work/errors" && status=0 || status=1
    add_late "$work/report"
    sed '/passed/d; /runs with a late image/d' "$work/report"
    [ $status -eq 0 ] || cat "$work/errors"
    found=$((found + $(grep -c '^finding' "$work/report" || true)))
}

end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt "$end" ]; do
    rm -f "$work"/*
    i=0
    while [ $i -lt $batch ]; do
        make_module $i
        i=$((i + 1))
    done
    build/fuzz/fuzz_generate "$work"/*.seed
    modules=$((modules + batch))
    [ "$name" != compiled ] || run_compiled
    rm -f "$work"/*.free.*
    compare "$work"/*.wasm && continue
    for module in "$work"/*.wasm; do compare "$module" || keep "$module"; done
done
# shellcheck disable=SC2086
[ "$name" != compiled ] || printf \
    '%s runs with a late image, %s inside a function: %s went on compiled, %s in a loop\n' $late
echo "$modules modules, $found findings"
[ $found -eq 0 ]
