# reproducible.sh - the same sources make the same enclave, in another folder too: whoever builds
# one gets the MRENCLAVE that others expect.
set -eu
ours=$NACRE_BUILD/nacre-enclave.elf
[ -f "$ours" ] || { echo "SKIPPED: no enclave on this machine"; exit 77; }
[ -z "$NACRE_SANITIZE" ] || { echo "SKIPPED: once is enough"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for part in CMakeLists.txt cmake include src tee tools cli; do
    ln -s "$NACRE_SOURCE/$part" "$work/link"
    cp -RL "$work/link" "$work/$part"
    rm "$work/link"
done
# Other flags, which an enclave must not take over.
cmake -S "$work" -B "$work/elsewhere" -G Ninja -DCMAKE_C_COMPILER="$NACRE_CC" \
    -DCMAKE_ASM_COMPILER="$NACRE_CC" -DCMAKE_CXX_COMPILER="${NACRE_CC%clang*}clang++-22" \
    -DCMAKE_BUILD_TYPE=Debug -DNACRE_TESTS=OFF -DNACRE_COMPILER=OFF > "$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
cmake --build "$work/elsewhere" --target nacre_enclave > "$work/log" 2>&1 ||
    { tail -20 "$work/log"; exit 1; }
# Debugging information is not loaded, and names the folder.
strip() { llvm-objcopy-22 --strip-debug "$1" "$2"; }
strip "$work/elsewhere/nacre-enclave.elf" "$work/theirs"
strip "$ours" "$work/ours"
cmp "$work/theirs" "$work/ours" || { echo "another enclave than $ours"; exit 1; }
