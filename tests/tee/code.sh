#!/bin/sh
# code.sh - whose compiled code an enclave runs is for its signer to say, not for its host:
# nobody's beside what was baked in, that of a key's images, or any.
set -u
[ -f "$NACRE_BUILD/nacre-enclave.elf" ] || { echo "SKIPPED: no enclave"; exit 77; }
[ -x "$NACRE_BUILD/nacre-compiler" ] || { echo "SKIPPED: no nacre-compiler"; exit 77; }
. "$(dirname "$0")/common"
cd "$work" || exit 1
export NACRE_CACHE="$work/cache" XDG_STATE_HOME="$work/state"
# enclave FILE FLAG... - signs one.
enclave() {
    file=$1
    shift
    "$NACRE" tee sign "$NACRE_BUILD/nacre-enclave.elf" --key key.pem --heap 8M -o "$file" "$@"
}
# run ENCLAVE FLAG... - the program.
run() {
    file=$1
    shift
    NACRE_ENCLAVE="$work/$file" "$NACRE" run --tee sgx-sim "$@" --invoke steps app.wasm 3 \
        > result 2> errors
}
gives() { "$@" && [ "$(cat result)" = 239686977 ]; }
refuses() { # TEXT COMMAND...
    text=$1
    shift
    if "$@"; then return 1; fi
    grep -q "$text" errors || { cat errors; return 1; }
}
says() { # TEXT FILE
    "$NACRE" inspect "$2" | grep -qxF "$1"
}

cat > app.c <<'END_C'
__attribute__((export_name("steps"))) unsigned steps(unsigned x) {
    for (int i = 0; i < 1000; i++) x = (x ^ x << 13) * 2654435761u;
    return x >> 1;
}
__attribute__((noinline, export_name("deep"))) unsigned deep(unsigned x) {
    return deep(x + 1) * x + 1;
}
END_C
"$NACRE_CC" --target=wasm32 -nostdlib -Wl,--no-entry -O1 app.c -o app.wasm
compile() { "$NACRE" compile --bounds explicit app.wasm "$@"; }
check "a key of an enclave" "$NACRE" tee keygen key.pem
for name in vendor other; do check "a key of images" "$NACRE" compile --keygen $name; done
check "an image" compile -o plain.nimg
check "one of the vendor's" compile --sign vendor -o vendor.nimg
check "one of somebody else's" compile --sign other -o other.nimg
check "an enclave by default" enclave default.enclave
check "one with only what is baked in" enclave baked.enclave --code baked
check "one for the vendor's" enclave vendor.enclave --code vendor.pub
check "one for any" enclave any.enclave --code any

check "nothing else is what the default says" cmp default.enclave baked.enclave
check "what it says (baked)" says "compiled code beside them: baked" default.enclave
check "what it says (signed)" says "compiled code beside them: signed" vendor.enclave
check "by whom" says "signed by: $(cat vendor.pub)" vendor.enclave
check "what it says (any)" says "compiled code beside them: any" any.enclave
[ "$(for e in default vendor any; do "$NACRE" inspect $e.enclave | grep mrenclave; done |
    sort -u | wc -l)" = 3 ]
check "it is measured" [ $? = 0 ]

for e in default vendor any; do check "interpreted ($e)" gives run $e.enclave --interpret; done
check "any takes any" gives run any.enclave --image plain.nimg
check "any takes a signed one" gives run any.enclave --image other.nimg
check "any with a key" gives run any.enclave --image vendor.nimg --require-signature vendor.pub
for image in plain vendor other; do
    check "baked takes none ($image)" refuses "no compiled code but its own" \
        run default.enclave --image $image.nimg
done
check "the vendor's" gives run vendor.enclave --image vendor.nimg
check "the vendor's, as wanted" gives run vendor.enclave --image vendor.nimg \
    --require-signature vendor.pub
check "not signed" refuses "not signed" run vendor.enclave --image plain.nimg
check "somebody else's" refuses "not that of the key" run vendor.enclave --image other.nimg
check "somebody else's, as wanted" refuses "another signer only" \
    run vendor.enclave --image other.nimg --require-signature other.pub

# Recursion without end is a trap of the guest's. A frame that there is no room for, below a stack
# that is used up, can't be compiled.
deep() {
    NACRE_ENCLAVE="$work/any.enclave" "$NACRE" run --tee sgx-sim "$@" --invoke deep app.wasm 3 \
        > result 2> errors
}
exhausts() { refuses "trap at .*: call stack exhausted" deep "$@"; }
check "recursion" exhausts --image plain.nimg
check "recursion, interpreted" exhausts --interpret
awk 'BEGIN {
    print "(module (func $f (import \"m\" \"f\")) (memory 5) (func (export \"g\") (result v128)"
    for (i = 0; i < 17000; i++) printf "(v128.load (i32.const " 16 * i ")) "
    print "(call $f)"
    for (i = 1; i < 17000; i++) printf "v128.xor "
    print "))"
}' > wide.wat
wat2wasm wide.wat -o wide.wasm
wide() { "$NACRE" compile -O0 "$@" wide.wasm -o wide.nimg 2> errors; }
check "a wide frame" wide
check "without guard pages" refuses "bytes of the stack; with explicit bounds" \
    wide --bounds explicit

# What is in the cache is not insisted on.
check "compiled" refuses "no compiled code but its own" run default.enclave --compiled
check "by the cache, which the enclave does not take" gives run default.enclave

# --- Signing ---

cp app.wasm no.pub
for wrong in no.pub missing.pub; do
    if enclave wrong.enclave --code $wrong 2> errors; then false; fi
    check "no key: $wrong" [ $? = 0 ]
    check "nothing is left of $wrong" [ ! -e wrong.enclave ]
done
conclude
