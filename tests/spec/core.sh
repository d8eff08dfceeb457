#!/bin/sh
# The official core suite of WebAssembly: every command of every script. The scripts that wait
# for features are in expected-failures.txt; one of them that passes is a failure too.
set -u
if [ ! -d "$NACRE_VECTORS/wasm3-core" ]; then
    echo "core: no suite at $NACRE_VECTORS/wasm3-core; see NACRE_VECTORS in ./check"
    exit 77
fi
exec "$NACRE" spec --expect-fail "$NACRE_SOURCE/tests/spec/expected-failures.txt" \
    "$NACRE_VECTORS"/wasm3-core/*/*.json
