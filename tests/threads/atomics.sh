# atomics.sh - every atomic read-modify-write at every width, on a memory of 0x11 bytes: what it
# gives, and what is in memory then, against atomics.expected. And what traps.
set -u
command -v wat2wasm > /dev/null || { echo "MISSING: wat2wasm (package wabt)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$NACRE_SOURCE/tests/threads

# instruction TYPE WIDTH NAME: how the text format calls it
instruction() {
    case $1$2 in
    i3232 | i6464) echo "$1.atomic.rmw.$3" ;;
    *) echo "$1.atomic.rmw$2.$3_u" ;;
    esac
}

# rmw INSTRUCTION TYPE OPERANDS: a call at address 8, then the eight bytes there
rmw() {
    echo "  (func (export \"$1 $3\") (result $2 i64)"
    echo "    (i64.store (i32.const 8) (i64.const 0x1111111111111111))"
    operands=
    for operand in $3; do operands="$operands ($2.const $operand)"; done
    echo "    ($1 (i32.const 8) $operands) (i64.atomic.load (i32.const 8)))"
}

{
    echo '(module (memory 1 1 shared)'
    for type in i32 i64; do
        for width in 8 16 32 64; do
            [ $type$width != i3264 ] || continue
            for name in add sub and or xor xchg; do
                rmw "$(instruction $type $width $name)" $type 0xFFCDEF13
            done
            rmw "$(instruction $type $width cmpxchg)" $type "0x11111111 0xCAFE5AFE"
            rmw "$(instruction $type $width cmpxchg)" $type "0x11 0xCAFE5AFE"
        done
    done
    echo '  (func (export "unaligned") (result i32) (i32.atomic.load (i32.const 2)))'
    echo '  (func (export "bounds") (result i32) (i32.atomic.load (i32.const 65536)))'
    echo '  (func (export "offset") (result i64) (i64.atomic.load offset=4 (i32.const 0)))'
    echo ')'
} > "$work/a.wat"
cat > "$work/b.wat" << 'WAT'
(module (memory 1)
  (func (export "wait") (result i32)
    (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))
  (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1)))
  (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 4) (i32.const 5))))
WAT
wat2wasm --enable-threads "$work/a.wat" -o "$work/a.wasm" || exit 1
wat2wasm --enable-threads "$work/b.wat" -o "$work/b.wasm" || exit 1

# invoke FILE NAME: the results in one line, or the trap
invoke() {
    result=$("$NACRE" run --invoke "$2" "$work/$1.wasm" 2>&1 | grep -v '^hint\|^  at' |
        sed 's/.* trap at 0x[0-9a-f]*: //' | tr '\n' ' ')
    echo "$2 = $result"
}
{
    sed -n 's/.*(export "\([^"]*\)").*/\1/p' "$work/a.wat" | while read -r name; do
        invoke a "$name"
    done
    for name in wait notify add; do invoke b "$name"; done
} > "$work/found"
if diff "$here/atomics.expected" "$work/found"; then
    echo "$(wc -l < "$work/found") passed, 0 failed, 0 skipped"
else
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
