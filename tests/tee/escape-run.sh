#!/bin/sh
# escape-run.sh - a guest that has broken out of the engine in the process of `nacre run`, here by
# a command with a deliberate hole, is ended at the first thing that it tries and no run needs.
# With --no-sandbox it could: so this is what stops it.
set -u
hole=$NACRE_BUILD/nacre-hole
[ -x "$hole" ] || { echo "SKIPPED: no nacre-hole, as system calls are not taken"; exit 77; }
. "$(dirname "$0")/attempt"
export NACRE_CACHE="$work/cache"
# With nothing left to compile, and with a module that may be compiled later, whose image could
# then be mapped: each way has a list of its own.
sealed() { attempt "$1" "$hole" run --interpret; }
open() { attempt "$1" "$hole" run; }
bare() { attempt "$1" "$hole" run --no-sandbox; }
was_ended() { [ $status -eq $((128 + 31)) ]; } # by SIGSYS

for way in sealed open bare; do
    for n in 0 1; do # what a run needs goes on working, so the hole is one
        $way $n
        check "attempt $n, $way" [ $status -eq 1 ]
    done
    for n in 3 4 5 6 7; do # files, by name too: docs/trust.md says so
        $way $n
        check "attempt $n, $way" [ $status -eq 0 ]
    done
done
for n in 8 9 10 11 12 13 14 15 16; do
    bare $n
    check "attempt $n, without a sandbox" [ $status -eq 0 ]
done
for way in sealed open; do
    $way 2
    check "clone3, $way" [ $status -eq 255 ]
    n=8
    $way $n
    while [ $status -ne 99 ]; do
        check "attempt $n, $way" was_ended
        n=$((n + 1))
        [ $n -lt 100 ] || { echo "the list of attempts has no end"; exit 1; }
        $way $n
    done
    [ $n -gt 40 ] || { echo "only $n attempts"; failed=$((failed + 1)); }
done
conclude
