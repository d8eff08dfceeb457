# core.sh - the core suite: every command on binaries passes. An emulator gets a script a process,
# and memories that reserve little: what it keeps for each page of their address space adds up.
#
#   sh core.sh [FLAG...]    of `nacre spec`
set -eu
suite=$NACRE_VECTORS/wasm3-core
if [ ! -d "$suite" ]; then
    echo "MISSING: $suite; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
case $NACRE in
*-emulated)
    for script in "$suite"/*/*.json; do
        "$NACRE" spec --reserve 64M "$@" "$script" || true
    done | awk '/ passed, / { passed += $1; failed += $3; skipped += $5; next } !/^of the skipped/
        END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
              exit failed > 0 || passed == 0 }'
    ;;
*) exec "$NACRE" spec "$@" "$suite"/*/*.json ;;
esac
