#!/bin/sh
# nacre compile, and what runs by its images: the same results as interpreted; what an image must
# be for; signatures; and a compiler that crashes, swells, or does not end.
. "$(dirname "$0")/common"
. "$(dirname "$0")/compiling"
need sqlite.wasm
cd "$work" || exit 1

guest work << 'END_C'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv) {
    static int numbers[4096];
    unsigned state = 1, sum = 0;
    double real = 0;
    for (int i = 0; i < 4096; i++) numbers[i] = (int)((state = state * 1103515245 + 12345) >> 8);
    qsort(numbers, 4096, sizeof *numbers, compare);
    for (int i = 0; i < 4096; i++) sum = sum * 31 + (unsigned)numbers[i];
    for (int i = 1; i < 2000; i++) real += sin(i) / sqrt(i);
    printf("%u %.17g %s\n", sum, real, argc > 1 ? argv[1] : "");
    return argc;
}
END_C

# --- Tools find functions by symbols, and sources with -g ---

cat > lines.c << 'END_C'
#include <stdlib.h>
__attribute__((noinline)) int twice(int x) {
    volatile int y = x;
    y += 3;
    return y * 2;
}
int main(int argc, char **argv) {
    (void)argv;
    return twice(argc) - 8;
}
END_C
"$NACRE_CC" -g --target=wasm32-wasi -Wno-deprecated --sysroot=/usr \
    -isystem /usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -O1 lines.c -o lines.wasm ||
    fail "lines.c does not compile"
"$NACRE" compile lines.wasm || fail "lines.wasm does not compile"
"$NACRE" compile -g lines.wasm -o lines-g.nimg || fail "lines.wasm does not compile with -g"
for image in lines lines-g; do
    "$NACRE" run --image $image.nimg lines.wasm || fail "$image does not run"
    nm $image.nimg | grep -q ' t twice$' || fail "no symbol in $image: $(nm $image.nimg)"
done
begin=$(nm lines-g.nimg | awk '$3 == "twice" { print $1 }')
size=$(nm -S lines-g.nimg | awk '$4 == "twice" { print $2 }')
addr2line -e lines-g.nimg -f -s "$begin" > place
[ "$(tr '\n' ' ' < place)" = "twice lines.c:2 " ] || fail "addr2line says $(cat place)"
for at in $(seq 0 $(($(printf '%d' "0x$size") - 1))); do
    addr2line -e lines-g.nimg -s "$(printf '0x%x' $((0x$begin + at)))"
done | sort -u > places
[ "$(tr '\n' ' ' < places)" = "lines.c:2 lines.c:3 lines.c:4 lines.c:5 " ] ||
    fail "lines of twice: $(cat places)"
addr2line -e lines.nimg "$begin" | grep -q '^??:' || fail "lines without -g"
# Debug information that is cut off, or is none, is none.
size=$(wc -c < lines.wasm)
for cut in 100 1000 3000; do
    head -c $((size - cut)) lines.wasm > cut.wasm
    "$NACRE" compile -g cut.wasm -o cut.nimg 2> refused ||
        grep -q 'length out of bounds' refused ||
        fail "cut by $cut: $(cat refused)"
done
sed 's/\.debug_abbrev/.debug_abbrex/' lines.wasm > none.wasm
"$NACRE" compile -g none.wasm -o none.nimg || fail "no abbreviations are a failure"
"$NACRE" run --image none.nimg none.wasm || fail "none does not run"
rm -f ./*.nimg

# --- Results are those of the interpreter, however it was compiled ---

"$NACRE" run --interpret work.wasm x > expected
for options in '' '-O0' '-O1' '-O3' '--bounds explicit' '--jobs 1' '--deterministic'; do
    # shellcheck disable=SC2086
    "$NACRE" compile $options work.wasm || fail "compile $options fails"
    run=
    [ "$options" != --deterministic ] || run=$options
    # shellcheck disable=SC2086
    "$NACRE" run $run --image work.nimg work.wasm x > out
    status=$?
    expect_status 2
    cmp -s expected out || fail "compiled with '$options': $(cat out)"
done
"$NACRE" compile --fuel work.wasm -o fuel.nimg || fail "compile --fuel fails"
"$NACRE" run --fuel 100000000 --image fuel.nimg work.wasm x | cmp -s expected - ||
    fail "another result with --fuel"
for way in --interpret '--image fuel.nimg'; do
    # shellcheck disable=SC2086
    "$NACRE" run --fuel 100000 $way work.wasm > fuel.out 2>&1
    status=$?
    expect_status 134
    head -n 1 fuel.out | grep -q 'all fuel consumed' || fail "$way: $(cat fuel.out)"
done

# --- A real program ---

# With sanitizers it takes minutes, and work.wasm has much of a C library in it.
compare_sqlite() {
    "$NACRE" compile -O1 "$NACRE_GUESTS/sqlite.wasm" -o sqlite.nimg ||
        fail "SQLite can't be compiled"
    for way in interpreted compiled; do
        how='--image sqlite.nimg'
        [ $way = compiled ] || how=--interpret
        for script in fill query; do
            # shellcheck disable=SC2086
            "$NACRE" run $how --dir "$work::/data" "$NACRE_GUESTS/sqlite.wasm" -batch \
                /data/$way.db < "$here/guests/$script.sql" || fail "SQLite fails, $way"
        done > $way
    done
    diff interpreted compiled || fail "SQLite computes something else when it is compiled"
    cmp interpreted.db compiled.db || fail "SQLite writes something else when it is compiled"
}
[ -n "$NACRE_SANITIZE" ] || compare_sqlite

# --- What an image is for ---

"$NACRE" compile work.wasm || fail "compile fails"
"$NACRE" inspect work.nimg > inspected || fail "inspect fails"
"$NACRE" inspect work.wasm | grep '^sha256: ' | sed 's/^sha256/module/' > digest
grep -qxF "$(cat digest)" inspected || fail "another module: $(cat inspected)"
grep -qx 'options: O2 guard' inspected || fail "other options: $(cat inspected)"
fails 'compiled without metering' "$NACRE" run --fuel 1000000 --image work.nimg work.wasm
fails 'compiled with metering' "$NACRE" run --image fuel.nimg work.wasm
printf 'int main(void) { return 0; }' | guest other
fails 'made for another module' "$NACRE" run --image work.nimg other.wasm
other=aarch64
[ "$(uname -m)" != aarch64 ] || other=x86-64
"$NACRE" compile --target "$other" work.wasm -o other.nimg || fail "no target $other"
fails 'made for another machine' "$NACRE" run --image other.nimg work.wasm
head -c 5000 work.nimg > cut.nimg
fails 'image' "$NACRE" run --image cut.nimg work.wasm
fails 'image' "$NACRE" inspect cut.nimg
fails 'no such target' "$NACRE" compile --target z80 work.wasm -o none.nimg
[ ! -e none.nimg ] || fail "an image was made for no target"
fails 'No such file' "$NACRE" compile work.wasm -o nowhere/work.nimg

# A memory without guard pages, as of an embedder with little address space.
printf '\0asm\1\0\0\0\5\3\1\0\1' > memory.wasm
echo '{"commands":[{"type":"module","line":1,"filename":"memory.wasm"}]}' > memory.json
"$NACRE" spec --compiled memory.json > out || fail "not compiled: $(cat out)"
"$NACRE" spec --compiled --explicit --reserve 1M memory.json > out || fail "not used: $(cat out)"
"$NACRE" spec --compiled --reserve 1M memory.json > out && fail "an image that does not fit"
grep -q 'its image was not used' out || fail "another reason: $(cat out)"

# --- Signatures ---

"$NACRE" compile --keygen key && "$NACRE" compile --keygen other.key || fail "no keys"
[ "$(stat -c %a key)" = 600 ] || fail "others can read the secret key"
fails 'File exists' "$NACRE" compile --keygen key
fails 'not signed' "$NACRE" run --require-signature key.pub --image work.nimg work.wasm
fails 'not signed' "$NACRE" run --tee local --require-signature key.pub --image work.nimg work.wasm
"$NACRE" compile --sign key work.wasm -o signed.nimg || fail "signing fails"
"$NACRE" inspect signed.nimg | grep -qxF "signer: $(cat key.pub)" || fail "another signer"
"$NACRE" run --require-signature key.pub --image signed.nimg work.wasm x | cmp -s expected - ||
    fail "a signed image does not run"
"$NACRE" run --tee local --require-signature key.pub --image signed.nimg work.wasm x |
    cmp -s expected - || fail "another result of a signed image in a core"
fails 'not that of the key' "$NACRE" run --require-signature other.key.pub --image signed.nimg \
    work.wasm
fails 'not a key' "$NACRE" run --require-signature work.wasm --image signed.nimg work.wasm

# --- A compiler that does not do its work costs nothing but that ---

before=$(cksum work.nimg)
if [ -z "$NACRE_SANITIZE" ]; then # which wants all memory that there is
    fails 'more than the 8 MiB of memory' "$NACRE" compile --max-memory 8M -o work.nimg \
        "$NACRE_GUESTS/sqlite.wasm"
fi
fails 'more than the 1 s of processor time' "$NACRE" compile --timeout 1s -o work.nimg \
    "$NACRE_GUESTS/sqlite.wasm"
[ "$(cksum work.nimg)" = "$before" ] || fail "a failure changed an image"

printf 'kill -SEGV $$' | fake_compiler crash
fails 'ended by signal 11' env NACRE_COMPILER="$work/crash" "$NACRE" compile work.wasm
printf 'echo half; echo "nacre-compiler: 0x1f: too odd" >&2; exit 7' | fake_compiler refuse
fails 'at 0x1f: too odd' env NACRE_COMPILER="$work/refuse" "$NACRE" compile work.wasm
echo 'exit 0' | fake_compiler nothing
fails 'made nothing' env NACRE_COMPILER="$work/nothing" "$NACRE" compile work.wasm
echo 'exit 99' | fake_compiler odd
fails 'status 99' env NACRE_COMPILER="$work/odd" "$NACRE" compile work.wasm
fails 'no nacre-compiler at' env NACRE_COMPILER="$work/none" "$NACRE" compile work.wasm
[ "$(cksum work.nimg)" = "$before" ] || fail "a failure changed an image"

# It gets the module, three files, limits, and little of our environment.
fake_compiler look << 'END_SH'
cmp - work.wasm || exit 17
{
    echo "$SECRET"
    ulimit -c
    ulimit -t
    ls /proc/self/fd | tr '\n' ' '
    grep NoNew /proc/self/status
} > seen
exit 17
END_SH
fails 'compilation failed' env SECRET=hidden NACRE_COMPILER="$work/look" "$NACRE" compile \
    --timeout 7s work.wasm 5< work.c
printf '\n0\n7\n0 1 2 3 NoNewPrivs:\t1\n' > wanted # 3: ls itself
diff -u wanted seen || fail "the compiler sees too much"

# Who gives up takes the compiler along.
printf 'echo $$ > pid; sleep 100' | fake_compiler slow
NACRE_COMPILER="$work/slow" "$NACRE" compile work.wasm -o late.nimg &
client=$!
while [ ! -s pid ]; do sleep 0.05; done
kill "$client"
wait "$client"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$(cat pid)" 2> /dev/null || break
    sleep 0.2
done
! kill -0 "$(cat pid)" 2> /dev/null || fail "the compiler outlives who asked for it"
! ls ./*.tmp > /dev/null 2>&1 || fail "something is left: $(ls ./*.tmp)"
