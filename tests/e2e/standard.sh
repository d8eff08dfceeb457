#!/bin/sh
# The standard's own examples, unchanged, against wasm.h as it is today: they check what they see
# themselves. standard-2019/wasm.h is between, for they are from that year.
. "$NACRE_SOURCE/tests/e2e/common"
need standard/hello.c
passed=0

cd "$NACRE_GUESTS/standard" || exit 1
for program in callback finalize global hello hostref memory reflect serialize start table \
    threads trap; do
    "$NACRE_CC" -w ${NACRE_SANITIZE:+"-fsanitize=$NACRE_SANITIZE"} -I "$here/standard-2019" \
        -I "$NACRE_SOURCE/include" "$program.c" "$NACRE_BUILD/libnacre.a" \
        -lmbedcrypto -lsodium -pthread -lm -o "$work/$program" ||
        fail "$program.c does not compile"
    "$work/$program" > "$work/out" 2>&1 || {
        tail -n 20 "$work/out"
        fail "$program fails"
    }
    passed=$((passed + 1))
done
echo "of the skipped, multi.c expects four results of a callback that gives one"
echo "$passed passed, 0 failed, 1 skipped"
