# gc-stress.sh - the core suite with a collection before every object that is made.
set -eu
suite=$NACRE_VECTORS/wasm3-core
if [ ! -d "$suite" ]; then
    echo "MISSING: $suite; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
exec "$NACRE" spec --gc-stress "$suite"/*/*.json
