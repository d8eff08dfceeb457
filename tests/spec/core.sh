# core.sh - the core suite: every command on binaries passes.
set -eu
suite=$NACRE_VECTORS/wasm3-core
if [ ! -d "$suite" ]; then
    echo "MISSING: $suite; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
exec "$NACRE" spec "$suite"/*/*.json
