#!/bin/sh
# crowd.sh - more threads wait in calls of a core than there are slots: those that have none sleep,
# and each gets one in the end. They are 17, for 16 slots; what they take is processor time.
set -u
[ -x "$NACRE_BUILD/nacre-core" ] || { echo "SKIPPED: no nacre-core"; exit 77; }
[ -z "$NACRE_SANITIZE" ] || { echo "SKIPPED: not measured under sanitizers"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guests=$NACRE_SOURCE/tests/threads/guests
"$NACRE_CC" --target=wasm32 -nostdlib -matomics -mbulk-memory -O1 -fno-builtin -I"$guests" \
    -Wl,--shared-memory,--import-memory,--export-memory,--max-memory=1048576,--no-entry \
    "$guests/readers.c" -o "$work/readers.wasm" || exit 1
sleep 3 | "$NACRE" run --interpret --tee local "$work/readers.wasm" || { echo "it fails"; exit 1; }
times > "$work/times" # of this shell, and below of all that it started
awk 'NR == 2 {
    for (i = 1; i <= 2; i++) { split($i, part, /[ms]/); cpu += part[1] * 60 + part[2] }
    print cpu " seconds of processor time in 3"
    exit !(cpu < 1)
}' "$work/times" || { echo "threads that wait for a slot use the processor"; exit 1; }
