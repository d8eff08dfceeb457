#!/bin/sh
# The cache of images: nacre run fills and uses it, whatever other processes, damage, crashes and
# folders that can't be written do.
. "$(dirname "$0")/common"
. "$(dirname "$0")/compiling"
[ -x "$NACRE" ] || fail "there is no nacre command at $NACRE"
cd "$work" || exit 1

# Works for as many milliseconds as it is told.
guest work << 'END_C'
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}
int main(int argc, char **argv) {
    long long until = now_ms() + (argc > 1 ? atoi(argv[1]) : 0);
    volatile unsigned x = 1;
    do for (int i = 0; i < 100; i++) x = x * 1103515245 + 12345;
    while (now_ms() < until);
    puts("worked");
    return 0;
}
END_C

# The compiler, which leaves a mark for each time that it is started.
fake_compiler counting << END_SH
echo started >> "$work/started"
exec "$compiler" "\$@"
END_SH
export NACRE_COMPILER="$work/counting"

# expect_started N [MOST] - how many compilations were started since the last time.
expect_started() {
    count=0
    [ ! -e started ] || count=$(wc -l < started)
    rm -f started
    [ "$count" -ge "$1" ] && [ "$count" -le "${2:-$1}" ] ||
        fail "$count compilations instead of $1"
}

# eventually COMMAND... - it succeeds soon.
eventually() {
    for _ in $(seq 200); do
        "$@" && return
        sleep 0.1
    done
    fail "not in time: $*"
}
have_images() { [ "$(images)" -eq "$1" ]; }
run() { "$NACRE" run "$@" > out && [ "$(cat out)" = worked ] || fail "run $* fails"; }

# --- Without anybody thinking of it ---

run work.wasm
have_images 0 || fail "a short run was compiled for"
expect_started 0
run work.wasm 600
eventually have_images 1
expect_started 1 2 # its loop may have got a continuation
run work.wasm 600
run --compiled work.wasm
expect_started 0
"$NACRE" cache ls > listed || fail "cache ls fails"
grep -q '  O2 guard$' listed || fail "not listed: $(cat listed)"
[ "$(stat -c %a "$NACRE_CACHE")" = 700 ] || fail "others may look into the cache"
run --interpret work.wasm 400
run --profile work.wasm 400 2> profile
expect_started 0

# --- What runs goes on compiled: a program that calls nothing for seconds ---

guest stuck << 'END_C'
#include <stdio.h>
#define N 256
static double a[N][N], b[N][N], c[N][N];
int main(void) {
    for (int i = 0; i < N * N; i++) a[i / N][i % N] = b[i % N][i / N] = i % 7;
    for (int i = 0; i < 64 * N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) c[i % N][j] += a[i % N][k] * b[k][j];
    printf("%g\n", c[3][4]);
    return 0;
}
END_C
if [ -z "$NACRE_SANITIZE$NACRE_HOST_COMPILER" ]; then
    "$NACRE_BUILD/bench_measure" 1 "$NACRE" run --interpret stuck.wasm > figures || fail "stuck"
    read -r first end resident interpreted < figures
    "$NACRE_BUILD/bench_measure" 1 "$NACRE" run stuck.wasm > figures || fail "stuck"
    read -r first end resident switched < figures
    echo "interpreted: $interpreted ms; switched, with compilations: $switched ms"
    awk -v a="$interpreted" -v b="$switched" 'BEGIN { exit !(b < a * 0.7) }' ||
        fail "it does not go on compiled: $switched ms instead of $interpreted"
    "$NACRE" run --interpret stuck.wasm > expected
    "$NACRE" cache prune --all > pruned
    "$NACRE" run stuck.wasm > out || fail "stuck.wasm fails"
    cmp expected out || fail "it gives something else when it goes on compiled"
    "$NACRE" cache prune --all > pruned
    run --compiled work.wasm
    rm -f started
fi

# --- Eight at once compile once; other options are another image ---

"$NACRE" cache prune --all > pruned || fail "cache prune fails"
grep -q '^removed 1 images' pruned || fail "not pruned: $(cat pruned)"
[ -z "$(ls "$NACRE_CACHE")" ] || fail "something is left: $(ls "$NACRE_CACHE")"
for i in 1 2 3 4 5 6 7 8; do
    "$NACRE" run --compiled work.wasm > "out$i" 2>&1 &
done
wait
for i in 1 2 3 4 5 6 7 8; do
    [ "$(cat "out$i")" = worked ] || fail "the ${i}th of eight: $(cat "out$i")"
done
expect_started 1
run --compiled --timeout 1h work.wasm
run --compiled --deterministic work.wasm
expect_started 2
have_images 3 || fail "$(images) images instead of 3"

# --- Damage ---

for damage in 'head -c 3000' 'tr A B' 'head -c 0'; do
    for image in "$NACRE_CACHE"/*.nimg; do
        $damage < "$image" > damaged
        cat damaged > "$image"
    done
    run work.wasm
    run --compiled work.wasm
    expect_started 1
done
"$NACRE" cache ls | grep -q damaged || fail "damage is not listed"
"$NACRE" cache prune --all > pruned

# --- A compiler that is killed, fails or takes long is in nobody's way ---

fake_compiler slow << END_SH
echo started >> "$work/started"
echo \$\$ > "$work/pid"
sleep 60
END_SH
NACRE_COMPILER=$work/slow run work.wasm 600 # ends, though the compiler does not
eventually [ -s pid ]
NACRE_COMPILER=$work/slow run work.wasm 600
expect_started 1
kill -0 "$(cat pid)" || fail "the compilation ended with who started it"
kill -KILL "$(cat pid)"
NACRE_COMPILER=$work/slow run work.wasm 600
expect_started 0 # it was tried
printf 'echo started >> %s; exit 7' "$work/started" | fake_compiler failing
NACRE_COMPILER=$work/failing run work.wasm 600
NACRE_COMPILER=$work/failing run work.wasm 600
expect_started 1
fails 'unsupported' env NACRE_COMPILER="$work/failing" "$NACRE" run --compiled work.wasm
fails 'no nacre-compiler' env NACRE_COMPILER="$work/none" "$NACRE" run --compiled work.wasm
NACRE_COMPILER=$work/none run work.wasm 300
expect_started 1
run --compiled work.wasm
expect_started 1

# --- Folders ---

# without_cache TEXT FOLDER - it runs, but not if it must be compiled.
without_cache() {
    NACRE_CACHE=$2 run work.wasm 300
    fails "$1" env NACRE_CACHE="$2" "$NACRE" run --compiled work.wasm
}
mkdir -m 777 open
without_cache 'others may write' "$work/open"
ln -s "$NACRE_CACHE" link
without_cache 'link' "$work/link"
without_cache 'Not a directory' "$work/out/below"
without_cache 'NACRE_CACHE is empty' ''
without_cache '/proc/self' /proc/self # ours, and nobody can write to it
expect_started 0
if [ "$(id -u)" -ne 0 ]; then
    chmod 500 "$NACRE_CACHE"
    run --compiled work.wasm # what is there can be used
    chmod 700 "$NACRE_CACHE"
    expect_started 0
fi
(
    unset NACRE_CACHE
    export XDG_CACHE_HOME="$work/xdg"
    run --compiled work.wasm
    [ -d xdg/nacre ] || fail "XDG_CACHE_HOME is not used"
    unset XDG_CACHE_HOME
    HOME=$work/home run --compiled work.wasm
    [ -d home/.cache/nacre ] || fail "HOME is not used"
) || exit 1
expect_started 2

# --- The bound ---

"$NACRE" cache prune --all > pruned
run --compiled work.wasm
size=$(($(cat "$NACRE_CACHE"/*.nimg | wc -c) * 5 / 2)) # for two of them
first=$(ls "$NACRE_CACHE"/*.nimg)
export NACRE_CACHE_SIZE=$size
touch -d '2 hours ago' "$first"
run --compiled --timeout 1h work.wasm
touch -d '1 hour ago' "$NACRE_CACHE"/*.nimg
touch -d '2 hours ago' "$first"
run --compiled work.wasm # is used last now
run --compiled --deterministic work.wasm
[ "$(cat "$NACRE_CACHE"/*.nimg | wc -c)" -le "$size" ] || fail "the cache exceeds its bound"
[ -e "$first" ] || fail "what was used last went first"
"$NACRE" cache prune --max-size 1K > pruned
have_images 0 || fail "$(images) images in 1 KiB"
fails 'no size' env NACRE_CACHE_SIZE=much "$NACRE" cache ls

# --- Files that were seen before ---

# Two programs of one size.
for name in first again; do printf 'int puts(const char *); int main(void) { puts("%s"); }' $name |
    guest $name; done
[ "$(wc -c < first.wasm)" -eq "$(wc -c < again.wasm)" ] || fail "two sizes"
export NACRE_CACHE="$work/known"
known() { find "$NACRE_CACHE" -name '*.known'; }
says() { [ "$("$NACRE" run --compiled "$2")" = "$1" ] || fail "$2 does not say $1"; }
begin=$(date +%s)
cp first.wasm file.wasm
says first file.wasm
[ "$(date +%s)" -gt $((begin + 1)) ] || [ -z "$(known)" ] ||
    fail "a file is remembered that may change within the same moment"
sleep 3
says first file.wasm
[ "$(known | wc -l)" -eq 1 ] || fail "the file is not remembered: $(known)"
says first file.wasm

# Another module in the same file, with the same size and time of modification.
touch -r file.wasm time
cat again.wasm > file.wasm
touch -r time file.wasm
says again file.wasm

# What is remembered is damaged, or somebody else's.
sleep 3
says again file.wasm
for file in $(known); do head -c 31 "$file" > short && cat short > "$file"; done
says again file.wasm
for file in $(known); do rm "$file" && ln -s "$work/short" "$file"; done
says again file.wasm
rm -f $(known)
says again file.wasm
chmod go+w $(known)
says again file.wasm
