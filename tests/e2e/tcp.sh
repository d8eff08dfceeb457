#!/bin/sh
# A guest that accepts, receives, sends and shuts down on a socket from --tcplisten.
. "$(dirname "$0")/common"
"$NACRE_CC" --target=wasm32-wasi -Wno-deprecated --sysroot=/usr \
    -isystem /usr/include/wasm32-wasi -L/usr/lib/wasm32-wasi -O2 \
    "$here/guests/echo.c" -o "$work/echo.wasm" || fail "echo.c does not compile"
"$NACRE_BUILD/e2e_tcp" "$NACRE" "$work/echo.wasm" > "$work/out" || fail "see above"
[ "$(cat "$work/out")" = 'served 2' ] || fail "the guest printed '$(cat "$work/out")'"
