# suite.sh - the official tests of WASI 0.1, from the folder of test data.
set -eu
if [ ! -d "$NACRE_VECTORS/wasi-p1" ]; then
    echo "MISSING: $NACRE_VECTORS/wasi-p1; set NACRE_VECTORS to the folder of conformance suites"
    exit 77
fi
exec "$NACRE_BUILD/wasi_run_suite" "$NACRE" "$NACRE_VECTORS/wasi-p1"
