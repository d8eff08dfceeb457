# core.sh - the core suite. Scripts that need features still missing are listed by name in
# expected-failures.txt; one of them that passes fails the test.
set -eu
suite=$NACRE_VECTORS/wasm3-core
if [ ! -d "$suite" ]; then
    echo "MISSING: $suite; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
exec "$NACRE" spec --expect-fail "$NACRE_SOURCE/tests/spec/expected-failures.txt" "$suite"/*/*.json
