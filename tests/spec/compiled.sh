# compiled.sh - the core suite by compiled code: with guard pages, and with checks in the code.
set -eu
suite=$NACRE_VECTORS/wasm3-core
if [ ! -d "$suite" ]; then
    echo "MISSING: $suite; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
if [ ! -x "$NACRE_BUILD/nacre-compiler" ] || [ -n "$NACRE_SANITIZE" ]; then
    echo "SKIPPED: needs nacre-compiler, and takes too long under sanitizers"
    exit 77
fi
NACRE_CACHE=$NACRE_BUILD/spec-cache # with nothing else in it: other tests prune theirs
export NACRE_CACHE
log=$NACRE_BUILD/spec-compiled.log
run() {
    "$NACRE" spec --compiled "$@" "$suite"/*/*.json > "$log${1-}" 2>&1 || true
}
run &
run --explicit
wait
awk '/ passed, / { runs++; passed += $1; failed += $3; skipped += $5; next }
    !/^of the skipped/
    END { if (runs != 2) print "a run ended before its sum"
          printf "%d passed, %d failed, %d skipped\n", passed, failed + (runs != 2), skipped
          exit failed > 0 || runs != 2 || passed == 0 }' \
    "$log" "$log--explicit"
