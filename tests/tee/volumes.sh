#!/bin/sh
# Volumes of protected files in cores of TEEs: by a key in one that can't seal, and sealed in
# enclaves, for a module or for whoever signed it.
set -u
[ -z "$NACRE_SANITIZE" ] || { echo "SKIPPED: enclaves have no sanitizers"; exit 77; }
. "$(dirname "$0")/common"
cd "$work" || exit 1
status=

# A program that counts how often it ran, in a file; and another, by another name.
for name in one two; do
    cat > $name.c << END_C
#include <stdio.h>
int main(void) {
    char byte = 0;
    FILE *file = fopen("/d/count", "rb");
    if (file && fread(&byte, 1, 1, file) != 1) return 1;
    if (file) fclose(file);
    file = fopen("/d/count", "wb");
    byte++;
    if (!file || fwrite(&byte, 1, 1, file) != 1 || fclose(file)) return 2;
    printf("$name %d\n", byte);
    return 0;
}
END_C
    "$NACRE_CC" --target=wasm32-wasi -Wno-deprecated --sysroot=/usr \
        -isystem /usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -O1 $name.c -o $name.wasm ||
        exit 1
done

# gives LINE COMMAND... - what it prints.
gives() {
    wanted=$1
    shift
    "$@" > output 2> errors || { cat errors; return 1; }
    [ "$(cat output)" = "$wanted" ]
}
refuses() {
    text=$1
    shift
    if "$@" > output 2> errors; then return 1; fi
    grep -q -- "$text" errors || { cat errors; return 1; }
}
in_tee() {
    kind=$1
    volume=$2
    shift 2
    "$NACRE" run --tee "$kind" --protected --dir "$volume::/d" "$@"
}

# --- A process: by a key ---

mkdir local
check "a key" "$NACRE" pfs create --new-key key local
check "local" gives 'one 1' in_tee local local --key key one.wasm
check "local again" gives 'one 2' in_tee local local --key key one.wasm
check "without a TEE" gives 'one 3' \
    "$NACRE" run --protected --key key --dir local::/d one.wasm
check "no key" refuses 'what opens the volume' in_tee local local one.wasm
mkdir fresh
check "no volume" refuses 'not found' in_tee local fresh --key key one.wasm
check "a new one" gives 'one 1' in_tee local fresh --key key --new-volumes module one.wasm
check "its key" gives count "$NACRE" pfs ls --key key fresh

# What an export wrote is there when it has returned: a core may be ended then.
cat > export.c << 'END_C'
#include <stdio.h>
__attribute__((export_name("keep"))) int keep(int value) {
    FILE *file = fopen("/d/kept", "wb");
    if (!file || fprintf(file, "%d", value) < 0 || fclose(file)) return -1;
    return value;
}
END_C
"$NACRE_CC" --target=wasm32-wasi -Wno-deprecated --sysroot=/usr -isystem /usr/include/wasm32-wasi \
    -L/usr/lib/wasm32-wasi -mexec-model=reactor -O1 export.c -o export.wasm || exit 1
for tee in '--tee local' ''; do
    # shellcheck disable=SC2086
    check "an export ($tee)" gives 57 "$NACRE" run $tee --protected --key key --dir local::/d \
        --invoke keep export.wasm 57
    check "what it kept ($tee)" gives 57 "$NACRE" pfs cat --key key local::kept
    echo 0 | "$NACRE" pfs put --key key local::kept
done

# --- An enclave: sealed ---

if [ -f "$NACRE_BUILD/nacre-enclave.elf" ]; then
    mkdir sealed
    check "none yet" refuses 'not found' in_tee sgx-sim sealed one.wasm
    check "sealed" gives 'one 1' in_tee sgx-sim sealed --new-volumes module one.wasm
    check "what its counter is worth is said" grep -q 'note: .*sealed.* turn it back' errors
    check "sealed again" gives 'one 2' in_tee sgx-sim sealed one.wasm
    check "another module" refuses 'does not open it' in_tee sgx-sim sealed two.wasm
    check "another module beside it" refuses 'does not open it' \
        in_tee sgx-sim sealed --preload two=two.wasm one.wasm
    check "keys from the host" refuses 'takes no keys' in_tee sgx-sim sealed --key key one.wasm
    check "outside" refuses 'does not open it' "$NACRE" pfs ls --key key sealed
    check "a process" refuses 'does not open it' in_tee local sealed --key key one.wasm
    cp sealed/nacre.pfs old
    check "sealed once more" gives 'one 3' in_tee sgx-sim sealed one.wasm
    cp old sealed/nacre.pfs
    check "rolled back" refuses 'rolled back' in_tee sgx-sim sealed one.wasm

    # A later core of the same signer opens it, and none of another's.
    "$NACRE" tee keygen signer.pem && "$NACRE" tee keygen stranger.pem || exit 1
    for who in signer stranger; do
        "$NACRE" tee sign "$NACRE_BUILD/nacre-enclave.elf" --key $who.pem --code any \
            -o $who.elf || exit 1
    done
    "$NACRE" tee sign "$NACRE_BUILD/nacre-enclave.elf" --key signer.pem --code any --heap 32M \
        --svn 1 -o later.elf || exit 1
    mkdir kept
    by() { NACRE_ENCLAVE="$work/$1.elf" in_tee sgx-sim kept "$2" "$3" one.wasm; }
    check "by a signer's" gives 'one 1' by signer --new-volumes module
    check "by a later one" gives 'one 2' by later --interpret --interpret
    check "by a stranger's" refuses 'does not open it' by stranger --interpret --interpret
    check "by an older one, which knew it" gives 'one 3' by signer --interpret --interpret
fi

# --- For all that somebody signed ---

if [ -f "$NACRE_BUILD/nacre-enclave.elf" ] && [ -x "$NACRE_BUILD/nacre-compiler" ]; then
    "$NACRE" compile --keygen vendor && "$NACRE" compile --keygen crook || exit 1
    for name in one two; do
        "$NACRE" compile -O1 --bounds explicit --sign vendor $name.wasm -o $name.nimg || exit 1
    done
    "$NACRE" compile -O1 --bounds explicit --sign crook two.wasm -o crook.nimg || exit 1
    mkdir shared
    signed() {
        in_tee sgx-sim shared --require-signature "$1.pub" --image "$2.nimg" --new-volumes signer \
            "$3.wasm"
    }
    check "a signer's" gives 'one 1' signed vendor one one
    check "the same signer's" gives 'two 2' signed vendor two two
    check "another signer's" refuses 'does not open it' signed crook crook two
    # What nobody has signed may say to be one.wasm's.
    "$NACRE" compile -O1 --bounds explicit one.wasm -o nobody.nimg || exit 1
    check "nobody's code" refuses 'interpreted, baked in or signed' \
        in_tee sgx-sim sealed --image nobody.nimg one.wasm
    # Nor does it become one.wasm by a signature that the host asks for.
    "$NACRE" compile -O1 --bounds explicit --sign crook one.wasm -o crook-one.nimg || exit 1
    check "a crook's code" refuses 'does not open it' in_tee sgx-sim sealed \
        --require-signature crook.pub --image crook-one.nimg one.wasm
    check "nobody's" refuses 'does not open it\|identity\|signed' \
        in_tee sgx-sim shared --new-volumes signer --interpret one.wasm
fi
conclude
