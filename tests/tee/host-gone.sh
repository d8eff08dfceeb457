#!/bin/sh
# host-gone.sh - a core does not outlive its host, whatever ended that.
set -u
[ -x "$NACRE_BUILD/nacre-core" ] || { echo "SKIPPED: no nacre-core"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/spin.wat" <<'WAT'
(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))
WAT
wat2wasm "$work/spin.wat" -o "$work/spin.wasm" || exit 1
"$NACRE" run --interpret --tee local "$work/spin.wasm" &
host=$!

# state PID: R, S, Z and so on; nothing when it is gone.
state() { sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2> /dev/null; }

# wait_for CONDITION...: 10 seconds at most.
wait_for() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || return 1
        sleep 0.1
    done
}
find_core() {
    core=
    for child in $(cat "/proc/$host"/task/*/children 2> /dev/null); do
        [ "$(cat "/proc/$child/comm" 2> /dev/null)" != nacre-core ] || core=$child
    done
    [ -n "$core" ]
}
has_ended() { case $(state "$core") in '' | Z | X) ;; *) return 1 ;; esac; }

wait_for find_core || { echo "no core was started"; kill -9 $host; exit 1; }
! has_ended || { echo "the core ended by itself"; exit 1; }
kill -9 $host
wait $host 2> /dev/null
wait_for has_ended || { echo "the core $core outlives its host"; kill -9 "$core"; exit 1; }
