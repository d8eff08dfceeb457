#!/bin/sh
# sign.sh - enclaves that nacre tee signed, looked at by a program that shares no code with Nacre:
# it measures the file itself, and checks the signature with OpenSSL and whole numbers (Node.js).
set -u
command -v node > /dev/null || { echo "MISSING: no node (package nodejs)"; exit 77; }
[ -x "$NACRE_BUILD/tee_enclave" ] || { echo "SKIPPED: no tee_enclave"; exit 77; }
other=$NACRE_SOURCE/tests/tee/enclave.mjs
. "$(dirname "$0")/common"
cd "$work" || exit 1
nacre() { "$NACRE" "$@"; }

# Both say the same of the file $1.
same() {
    node "$other" "$1" > theirs || return 1
    nacre inspect --json "$1" > ours || return 1
    sed -n 's/^\([a-z]*\): \(.*\)/\1 \2/p' theirs | while read -r field value; do
        grep -q "^  \"$field\": \"*$value\"*,\$" ours || { cat theirs ours; exit 1; }
    done
}
refused() { # WHAT COMMAND...: it fails, and its message has WHAT
    what=$1
    shift
    if "$@" > message 2>&1; then return 1; fi
    grep -q "$what" message || { cat message; return 1; }
}

export SOURCE_DATE_EPOCH=1769860800 # 31 January 2026
check "the test's enclave" "$NACRE_BUILD/tee_enclave" small.elf
check "keygen" nacre tee keygen key.pem
for kind in pkcs1 pkcs8 short exponent ec password; do
    check "a key: $kind" node "$other" --key $kind $kind.pem
done

sign_and_compare() { # ENCLAVE KEY [FLAG...]
    enclave=$1
    key=$2
    shift 2
    nacre tee sign "$enclave" --key "$key" -o signed.elf "$@" && same signed.elf
}
compare_all() { # ENCLAVE
    for key in key pkcs1 pkcs8; do check "$1, $key" sign_and_compare "$1" $key.pem; done
    check "$1, other sizes" sign_and_compare "$1" key.pem --threads 3 --stack 16K --heap 1M \
        --heap-max 1M --product-id 513 --svn 258
    check "$1, debug" sign_and_compare "$1" key.pem --debug --threads 64 --heap-max 1G
}
compare_all small.elf
if [ -f "$NACRE_BUILD/nacre-enclave.elf" ]; then
    cp "$NACRE_BUILD/nacre-enclave.elf" real.elf
    compare_all real.elf
fi

check "the date" grep -q '"date": 20260131' ours

# What people read.
cat > wanted <<'END'
file: signed.elf
size: 18336 bytes
mrenclave: X
mrsigner: X
attributes: 0x6 (debug: nothing is protected), xfrm 0x7
product: 65535, security version 9
signed: 2026-01-31
threads: 3, 16 KiB of stack each
heap: 1024 KiB, at most 2048 KiB
address range: 4096 KiB
images: 0
compiled code beside them: baked
END
text() {
    nacre tee sign small.elf --key key.pem -o signed.elf --threads 3 --stack 16K --heap 1M \
        --heap-max 2M --product-id 65535 --svn 9 --debug &&
        nacre inspect signed.elf | sed 's/: [0-9a-f]\{64\}$/: X/' | diff wanted -
}
check "inspect" text
check "not signed" refused "no signature" nacre inspect small.elf
change() { printf x | dd of=signed.elf bs=1 seek=5000 conv=notrunc; } # in its code
check "a change" change
check "changed after it was signed" refused "changed after it was signed" nacre inspect signed.elf
twice() {
    nacre tee sign small.elf --key key.pem -o one.elf &&
        nacre tee sign small.elf --key key.pem -o two.elf && cmp one.elf two.elf
}
check "the same file twice" twice
for kind in short exponent ec; do
    check "no key for that: $kind" refused "3072 bits and the exponent 3" \
        nacre tee sign small.elf --key $kind.pem -o no.elf
done
check "no password is asked for" refused "with a password" \
    nacre tee sign small.elf --key password.pem -o no.elf
check "nothing is left of what failed" refused "No such file" ls no.elf

# Programs in an enclave, if there is a compiler to make them.
if [ -x "$NACRE_BUILD/nacre-compiler" ]; then
    echo '(module (memory 1) (func (export "_start")))' > app.wat
    wat2wasm app.wat -o app.wasm || exit 1
    check "explicit bounds" nacre compile --target x86-64 --bounds explicit app.wasm -o app.nimg
    check "guard pages" nacre compile --target x86-64 app.wasm -o guard.nimg
    check "bake" nacre tee bake app.nimg app.nimg --enclave small.elf --key key.pem -o baked.elf
    check "a baked enclave" same baked.elf
    check "it has both" grep -q '"images": 2' ours
    check "guard pages are refused" refused "compile with --bounds explicit" \
        nacre tee bake app.nimg guard.nimg --enclave small.elf --key key.pem -o no.elf
fi
conclude
