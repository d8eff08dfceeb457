# Internal code takes at most 3 bytes for a byte of WebAssembly, over whole programs.
. "$NACRE_SOURCE/tests/e2e/common"
need sqlite.wasm qjs.wasm ruby.wasm
"$NACRE_BUILD/e2e_code_size" "$NACRE_GUESTS/sqlite.wasm" "$NACRE_GUESTS/qjs.wasm" \
    "$NACRE_GUESTS/ruby.wasm" || fail "more than 3 bytes a byte, or a module that does not load"
