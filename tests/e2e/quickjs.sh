#!/bin/sh
# QuickJS, an interpreter within the interpreter.
. "$(dirname "$0")/common"
need qjs.wasm
"$NACRE" run --dir "$here/guests::/s:ro" "$NACRE_GUESTS/qjs.wasm" /s/script.js a b > "$work/out"
status=$?
expect_status 0
same quickjs.txt
