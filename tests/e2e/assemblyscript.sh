#!/bin/sh
# A program in AssemblyScript, its WASI imports declared by hand.
. "$(dirname "$0")/common"
need life.wasm
"$NACRE" run "$NACRE_GUESTS/life.wasm" x y > "$work/out"
status=$?
expect_status 3
same assemblyscript.txt
