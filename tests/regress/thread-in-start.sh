#!/bin/sh
# A start function that starts a thread: the thread's instance has that start function too, which
# started a thread, and so on, each on top of the other on one native stack.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/a.wat" <<'WAT'
(module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func $start
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (call $spawn (i32.const 0))))
  (start $start)
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "starts") (result i32) (i32.atomic.load (i32.const 0))))
WAT
wat2wasm --enable-threads "$work/a.wat" -o "$work/a.wasm"
starts=$("$NACRE" run --threads 1000000 --invoke starts "$work/a.wasm")
[ "$starts" = 2 ] || { echo "$starts starts"; exit 1; }
