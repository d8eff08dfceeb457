#!/bin/sh
# Ruby with its standard library: 30 MB of module, linked with a small program that drives it
# and with stand-ins for the JavaScript host that it imports.
. "$(dirname "$0")/common"
need ruby.wasm ruby-main.wasm ruby-host.wasm ruby-handles.wasm
mkdir "$work/scratch"
"$NACRE" run --dir "$here/guests::/s:ro" --dir "$work/scratch::/scratch" \
    --preload "rb-js-abi-host=$NACRE_GUESTS/ruby-host.wasm" \
    --preload "canonical_abi=$NACRE_GUESTS/ruby-handles.wasm" \
    --preload "ruby=$NACRE_GUESTS/ruby.wasm" \
    "$NACRE_GUESTS/ruby-main.wasm" /s/script.rb /scratch > "$work/out" 2> "$work/err"
status=$?
[ "$status" -eq 7 ] || cat "$work/err" >&2
expect_status 7
same ruby.txt
[ "$(cat "$work/err")" = 'to stderr' ] || fail "standard error: $(cat "$work/err")"
[ -z "$(ls -A "$work/scratch")" ] || fail "files are left in the granted folder"
