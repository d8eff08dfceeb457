# compiled.sh - the core suite by compiled code: with guard pages, and with checks in the code and
# no address space behind a memory where an access could go unnoticed.
#
#   sh compiled.sh [FLAG...]          of `nacre spec`
#   NACRE_SPEC_FLAGS='-O 0 --fuel'    more of them
set -eu
suite=$NACRE_VECTORS/wasm3-core
if [ ! -d "$suite" ]; then
    echo "MISSING: $suite; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
NACRE_COMPILER=${NACRE_HOST_COMPILER:-$NACRE_BUILD/nacre-compiler}
if [ ! -x "$NACRE_COMPILER" ] || [ -n "$NACRE_SANITIZE" ]; then
    echo "SKIPPED: needs $NACRE_COMPILER, and takes too long under sanitizers"
    exit 77
fi
NACRE_CACHE=$NACRE_BUILD/spec-cache # with nothing else in it: other tests prune theirs
export NACRE_CACHE NACRE_COMPILER

# An emulator gets a script a process: what it keeps for each memory's address space adds up. Guard
# pages cost it most: it gets the scripts about memories and the stack with them, and all with
# explicit bounds, which is less optimised, as the code of the others is the same.
batch=32 options='' guarded=.
case $NACRE in
*-emulated)
    batch=1 options='-O 1'
    guarded='address|align|call|fac|memory|endian|linking|imports|stack|traps'
    ;;
esac
flags="$* ${NACRE_SPEC_FLAGS-}"
log=$NACRE_BUILD/spec-compiled-$(basename "$NACRE")${1:+-tee}.log
runs=0
# run PATTERN [FLAG...] - the scripts with such names; counts how many processes that takes.
run() {
    pattern=$1
    shift
    printf '%s\n' "$suite"/*/*.json | grep -E "/[^/]*($pattern)[^/]*\$" > "$log.scripts"
    runs=$((runs + ($(wc -l < "$log.scripts") + batch - 1) / batch))
    xargs -P 2 -n "$batch" "$NACRE" spec --compiled "$@" < "$log.scripts" >> "$log" 2>&1 || true
}
: > "$log"
# Lists of flags.
# shellcheck disable=SC2086
case "$flags" in *"--tee sgx"*) ;; *) run "$guarded" $flags ;; esac # no guard pages there
# shellcheck disable=SC2086
run . --explicit --reserve 64M $options $flags
awk -v runs="$runs" '
    / passed, / { runs--; passed += $1; failed += $3; skipped += $5; next }
    !/^of the skipped/
    END { if (runs) print "a run ended before its sum"
          printf "%d passed, %d failed, %d skipped\n", passed, failed + (runs != 0), skipped
          exit failed > 0 || runs || passed == 0 }' "$log"
