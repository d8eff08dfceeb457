#!/bin/sh
# surroundings.sh - a core where the system or its starter has things missing, and what is there
# by accident: it runs, and takes nothing that was not meant for it.
set -u
[ -x "$NACRE_BUILD/nacre-core" ] || { echo "SKIPPED: no nacre-core"; exit 77; }
. "$(dirname "$0")/common"
cat > "$work/cut.wat" <<'WAT'
(module
  (import "wasi_snapshot_preview1" "fd_filestat_set_size"
    (func $cut (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $make (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "made")
  (func (export "_start") ;; 0 only if all was refused
    (call $exit (i32.or
      (i32.eqz (call $make (i32.const 0) (i32.const 0) (i32.const 4)))
      (i32.or (i32.eqz (call $cut (i32.const 0) (i64.const 0)))
              (i32.eqz (call $cut (i32.const 1) (i64.const 0))))))))
WAT
wat2wasm "$work/cut.wat" -o "$work/cut.wasm" || exit 1
run() { "$NACRE" run --interpret --tee local "$work/cut.wasm"; }

# The first file that the host opens then has the number of the stream.
without_input() { run <&-; }
without_output() { run >&-; }
without_any() { run <&- >&- 2>&-; }
check "no standard input" without_input
check "no standard output" without_output
check "no streams" without_any

# A directory as a stream grants nothing.
mkdir "$work/dir"
from_directory() { run < "$work/dir" && [ ! -e "$work/dir/made" ]; }
check "a directory as standard input" from_directory

# Where a privileged process may have no user namespace, its files stay where they are.
if unshare -Urm true 2> /dev/null; then
    privileged() {
        unshare -Urm sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && "$0" run --interpret \
            --tee local "$1" && ls / > /dev/null && [ -e "$1" ]' "$NACRE" "$work/cut.wasm"
    }
    check "no user namespaces" privileged
fi
conclude
