#!/bin/sh
# escape.sh - a guest that has broken out of the engine, here by a core with a deliberate hole,
# can reach nothing: the system ends its process at the first thing that it tries, and the host
# goes on.
set -u
core=$NACRE_BUILD/nacre-core-hole
[ -x "$core" ] || { echo "SKIPPED: no nacre-core-hole, as system calls are not taken"; exit 77; }
. "$(dirname "$0")/attempt"
export NACRE_CORE="$core"
try() { attempt "$1" "$NACRE" run --tee local; }
was_ended() {
    [ $status -eq 1 ] &&
        grep -q 'ended by signal 31 .*: it called what it may not' "$work/output"
}

for n in 0 1; do # what a core needs goes on working, so the hole is one
    try $n
    check "attempt $n" [ $status -eq 1 ]
done
try 2
check "clone3" [ $status -eq 255 ]
n=3
try $n
while [ $status -ne 99 ]; do
    check "attempt $n" was_ended
    n=$((n + 1))
    [ $n -lt 100 ] || { echo "the list of attempts has no end"; exit 1; }
    try $n
done
# One that stays is ended some seconds after its deadline.
attempt 1000 timeout 60 "$NACRE" run --tee local --timeout 100ms
check "a deadline" [ $status -eq 1 ]
check "a deadline's text" grep -q 'did not end when its time was over' "$work/output"
[ $n -gt 40 ] || { echo "only $n attempts"; failed=$((failed + 1)); }
conclude
