#!/bin/sh
# What ends the start function in a new thread's instance ends the program. It was an EAGAIN of
# thread-spawn, so that a program whose fuel was used up while it started a thread trapped by
# itself.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check ENDING STATUS TEXT FLAG...
check() {
    sed "s/ENDING/$1/" > "$work/a.wat" <<'WAT'
(module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func $start
    (if (i32.atomic.rmw.add (i32.const 0) (i32.const 1)) (then (ENDING))))
  (start $start)
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "_start")
    (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then (call $exit (i32.const 3))))))
WAT
    expected=$2
    text=$3
    shift 3
    wat2wasm --enable-threads "$work/a.wat" -o "$work/a.wasm"
    status=0
    "$NACRE" run --threads 2 "$@" "$work/a.wasm" 2> "$work/output" || status=$?
    case $status$(cat "$work/output") in
    "$expected"*"$text"*) return ;;
    esac
    echo "status $status, expected $expected and '$text'"
    cat "$work/output"
    exit 1
}

check 'unreachable' 134 'unreachable'
check 'loop (br 0)' 134 'all fuel consumed' --fuel 100000
check 'loop (br 0)' 134 'deadline passed' --timeout 100ms
check 'call $exit (i32.const 7)' 7 ''
