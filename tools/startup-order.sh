#!/bin/sh
# startup-order.sh - makes cli/startup.order, the functions that a start calls.
#
#   tools/startup-order.sh BUILD     BUILD/nacre and BUILD/nacre-compiler, static, on x86-64
#
# A hello with its image in the cache is run an instruction at a time. The list serves aarch64 too:
# a name that there is none of is passed over, a function that is missing costs a page fault.
set -eu
LC_ALL=C
export LC_ALL
build=${1:?which build?}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NACRE_CACHE="$work/cache"

"${CC:-clang-22}" -O2 -o "$work/steps" tools/steps.c
clang-22 --target=wasm32-wasi -Wno-deprecated --sysroot=/usr -isystem /usr/include/wasm32-wasi \
    -L/usr/lib/wasm32-wasi -O2 tests/wasi/hello.c -o "$work/hello.wasm"
sleep 3 # a file that was just written may change unnoticed, and is not remembered
"$build/nacre" run --compiled "$work/hello.wasm" > "$work/output"
"$build/nacre" run "$work/hello.wasm" > "$work/output"
"$work/steps" "$build/nacre" run "$work/hello.wasm" > "$work/output" 2> "$work/steps.txt"

llvm-nm-22 -n "$build/nacre" | awk 'tolower($2) ~ /^[tiw]$/ { print $1, $3 }' > "$work/symbols"
{
    sed -n '/^#/p' cli/startup.order
    echo nacre_start
    awk '
        function hex(text,   i, value) {
            for (i = 1; i <= length(text); i++)
                value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
            return value
        }
        NR == FNR {
            at[++count] = hex($1)
            name[count] = $2
            if ($2 == "nacre_start") base = at[count]
            next
        }
        {
            low = 1; high = count + 1
            while (high - low > 1) {
                middle = int((low + high) / 2)
                if (at[middle] <= base + $1) low = middle; else high = middle
            }
            # One of them is the name of the section: all are named.
            for (i = low; i > 0 && at[i] == at[low]; i--)
                if (base + $1 < at[count] + 65536 && !seen[name[i]]++) print name[i]
        }' "$work/symbols" "$work/steps.txt" | grep -v -x -e nacre_start -e read_int
    # Other processors have others of these called. (Of read_int, a part of printf, there are more,
    # in large parts of the C library that read.)
    for unit in avx avx2 evex avx512; do
        for name in memmove memset; do echo "__${name}_${unit}_unaligned_erms"; done
        for name in strlen strcmp strncmp strrchr strchrnul strnlen; do
            echo "__${name}_$unit"
        done
        echo "__memcmp_${unit}_movbe"
    done
    echo nacre_started
} > "$work/order"
cp "$work/order" cli/startup.order
