#!/bin/sh
# baked.sh - programs that are part of an enclave, the whole way: compiled, baked in, signed,
# inspected, run by the simulated loader. That one runs compiled, the core says (is_compiled.c);
# what may be written and executed, the system, of the process meanwhile.
set -u
[ -f "$NACRE_BUILD/nacre-enclave.elf" ] || { echo "SKIPPED: no enclave"; exit 77; }
[ -z "$NACRE_SANITIZE" ] || { echo "SKIPPED: enclaves have no sanitizers"; exit 77; }
[ -x "$NACRE_BUILD/nacre-compiler" ] || { echo "SKIPPED: no nacre-compiler"; exit 77; }
. "$(dirname "$0")/common"
cd "$work" || exit 1
export NACRE_CACHE="$work/cache" XDG_STATE_HOME="$work/state" SOURCE_DATE_EPOCH=1769860800
# guest NAME - makes NAME.wasm of the C program on standard input, and its image.
guest() {
    cat > "$1.c"
    "$NACRE_CC" --target=wasm32-wasi -Wno-deprecated --sysroot=/usr \
        -isystem /usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -O2 "$1.c" -o "$1.wasm" &&
        "$NACRE" compile --target x86-64 --bounds explicit "$1.wasm" -o "$1.nimg"
}
bake() { # OUTPUT IMAGE...
    output=$1
    shift
    "$NACRE" tee bake "$@" --enclave "$NACRE_BUILD/nacre-enclave.elf" --key key.pem -o "$output"
}
run() { # ENCLAVE ARGUMENT...: by nothing but what is in the enclave
    enclave=$1
    shift
    NACRE_ENCLAVE="$work/$enclave" "$NACRE" run --tee sgx-sim --interpret "$@"
}

# Steps that no compiler sees through, the sum of what a file says, arguments, a line of input.
check "a program" guest app <<'END_C'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    unsigned state = 1, sum = 0;
    char line[80] = "";
    printf("%d arguments, %s\n", argc, getenv("WORD") ? getenv("WORD") : "no word");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) line[0] = 0;
    FILE *file = fopen("/data/numbers", "r");
    for (unsigned n; file && fscanf(file, "%u", &n) == 1;) sum += n;
    for (long i = atol(argv[1]); i > 0; i--) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        sum += state;
    }
    printf("%s%u\n", line, sum);
    return (int)(sum % 100);
}
END_C
check "another program" guest other <<'END_C'
#include <stdio.h>
int main(void) { return puts("other") < 0; }
END_C
mkdir data
seq 1000 > data/numbers
check "a key" "$NACRE" tee keygen key.pem
check "sign, with no programs, for any" "$NACRE" tee sign "$NACRE_BUILD/nacre-enclave.elf" \
    --key key.pem --code any -o none.elf
check "bake one" bake app.elf app.nimg
check "bake it again" bake again.elf app.nimg
check "bake another" bake other.elf other.nimg
check "bake both" bake both.elf app.nimg other.nimg

# --- What each is ---

measurement() { "$NACRE" inspect "$1" | sed -n 's/^mrenclave: //p'; }
for kind in none app again other both; do measurement $kind.elf; done > measurements
all_there() { [ "$(grep -c '^[0-9a-f]\{64\}$' measurements)" = 5 ]; }
four_kinds() { [ "$(sort -u measurements | wc -l)" = 4 ]; }
check "five measurements" all_there
check "another one for each set of programs" four_kinds
check "the same program gives the same enclave" cmp app.elf again.elf
images() { "$NACRE" inspect "$1" | grep -x "images: $2"; }
check "none inside" images none.elf 0
check "one inside" images app.elf 1
check "two inside" images both.elf 2

# --- What it does ---

outside() { # MODULE ARGUMENT...: without an enclave
    echo "a line" | "$NACRE" run --interpret --dir data::/data --env WORD=word "$@"
}
inside() { # ENCLAVE MODULE ARGUMENT...
    enclave=$1
    shift
    echo "a line" | run "$enclave" --dir data::/data --env WORD=word "$@"
}
same() { # ENCLAVE MODULE ARGUMENT...
    enclave=$1
    shift
    outside "$@" > theirs
    theirs=$?
    inside "$enclave" "$@" > ours
    [ $? = $theirs ] && [ -s ours ] && diff theirs ours
}
for kind in app both none; do
    check "app in $kind.elf" same $kind.elf app.wasm 1000 more
    check "other in $kind.elf" same $kind.elf other.wasm
done

runs() { # WORD ENCLAVE MODULE
    [ "$(NACRE_ENCLAVE="$work/$2" "$NACRE_BUILD/tee_is_compiled" "$3")" = "$1" ]
}
check "it runs compiled" runs compiled app.elf app.wasm
check "as one of two" runs compiled both.elf app.wasm
check "and the other" runs compiled both.elf other.wasm
check "what is not in it is interpreted" runs interpreted other.elf app.wasm
check "as where there is nothing" runs interpreted none.elf app.wasm

# --- What may be written and executed ---

# Mappings of a process while its program waits for input. Those of the enclave have no name.
maps() { # ENCLAVE FLAG...
    enclave=$1
    shift
    rm -f input started
    mkfifo input || return 1
    NACRE_ENCLAVE="$work/$enclave" "$NACRE" run --tee sgx-sim "$@" app.wasm 1 \
        < input > started &
    host=$!
    exec 3> input
    tries=0
    until [ -s started ] || [ $tries -ge 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    cat "/proc/$host/maps" > maps
    (echo >&3) # if it still waits
    exec 3>&-
    wait $host
    [ "$(wc -l < started)" = 3 ] && [ -s maps ]
}
# CODE: so many mappings of the enclave's are code; and nothing in the process is code that can be
# written.
is_strict() {
    code=$(awk 'NF == 5 && $2 ~ /^..x/' maps | wc -l)
    cat maps
    [ "$code" = "$1" ] && ! awk '$2 ~ /^.wx/' maps | grep .
}
check "a run without compiled code" maps none.elf --interpret
check "its own code is all" is_strict 1
check "a run of a baked program" maps app.elf --interpret
check "its own code, and the program's" is_strict 2
check "a run of two baked programs" maps both.elf --interpret
check "its own code, and theirs" is_strict 3
check "a run of a program that is brought in" maps none.elf --image app.nimg
check "its own code, and what was brought" is_strict 2

# --- What was changed ---

refused() { # the run of changed.elf, before anything of it
    if inside changed.elf other.wasm > started 2> message; then
        echo "it runs"
        return 1
    fi
    [ ! -s started ] && grep 'changed after it was signed\|the enclave.s file' message
}
# The file changed.elf: app.elf with another byte at an offset.
change() {
    cp app.elf changed.elf
    byte=$(od -An -tu1 -j "$1" -N 1 app.elf)
    # shellcheck disable=SC2059
    printf "\\$(printf %o $((byte ^ 1)))" | dd of=changed.elf bs=1 seek="$1" conv=notrunc
}
end=$(wc -c < app.elf)
begin=$(($(wc -c < none.elf) + 4095))
begin=$((begin / 4096 * 4096))
code=$(readelf -SW app.nimg |
    awk '{ for (i = 1; i < NF; i++) if ($i == ".text") print $(i + 3) }')
check "where its code is" [ -n "$code" ]
code=$((begin + 0x$code))
for at in $begin $code $((code + 64)) $(((begin + end) / 2)) $((end - 1)); do
    check "a byte at $at of $end" change "$at"
    check "its change is noticed" refused
done
cut() { head -c $((end - 4096)) app.elf > changed.elf; }
check "a page less" cut
check "that is noticed" refused
exchange() { # the other's program behind this one's notes
    { head -c $begin app.elf && tail -c +$((begin + 1)) other.elf; } | head -c "$end" > changed.elf
    truncate -s "$end" changed.elf
}
check "another program in its place" exchange
check "that is noticed, too" refused
conclude
