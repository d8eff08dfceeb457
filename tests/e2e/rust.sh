#!/bin/sh
# A program in Rust and its standard library.
. "$(dirname "$0")/common"
need inventory.wasm
mkdir "$work/scratch"
"$NACRE" run --dir "$work/scratch::/scratch" --env INVENTORY=ok \
    "$NACRE_GUESTS/inventory.wasm" /scratch > "$work/out" 2> "$work/err"
status=$?
expect_status 41
same rust.txt
[ "$(cat "$work/err")" = 'to stderr' ] || fail "standard error: $(cat "$work/err")"
[ -z "$(ls -A "$work/scratch")" ] || fail "files are left in the granted folder"
