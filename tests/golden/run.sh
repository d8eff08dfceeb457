#!/bin/sh
# run.sh - what the nacre command prints and how it ends, word for word.
#
#   tests/golden/run.sh [-u] [NACRE [CASE...]]    NACRE: the command (default: $NACRE)
#
# A case is one file in this folder, *.txt. It may be a module in the text format too: then
# wat2wasm makes module.wasm of it. Each runs in an empty folder of its own.
#
#   ;;; WHERE: [ -e "$beside/nacre-enclave" ]   the case is skipped where that command fails;
#                                               $beside is the folder that the command is in
#   ;;; SETUP: printf '\000asm' > cut.wasm      a shell command to run before (several: in order)
#   ;;; WAT: lib.wat                            assembles that file of this folder to lib.wasm
#   ;;; ARGS: run cut.wasm                      the command line, as a shell takes it
#   ;;; STATUS: 1                               how it ends (default 0)
#   (;; STDOUT ;;;                              what it prints (default: nothing)
#   ...
#   ;;; STDOUT ;;)
#   (;; STDERR ;;;                              the same for standard error
#   ...
#   ;;; STDERR ;;)
#
# -u writes what it got into the cases instead of comparing; read the difference before you
# believe it.
set -u
LC_ALL=C
export LC_ALL
update=
if [ "${1:-}" = -u ]; then
    update=yes
    shift
fi
nacre=${1:-${NACRE:-}}
[ $# -gt 0 ] && shift
[ -x "$nacre" ] || { echo "golden: no nacre command at '$nacre'" >&2; exit 2; }
beside=$(cd "$(dirname "$nacre")" && pwd)
nacre=$beside/$(basename "$nacre")
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here"/*.txt
command -v wat2wasm > /dev/null || { echo "MISSING: no wat2wasm (package wabt)"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The values of a directive, a line each; the block of a stream.
values() { sed -n "s/^;;; $1:[ ]*//p" "$2"; }
block() { sed -n "/^(;; $1 ;;;\$/,/^;;; $1 ;;)\$/p" "$2" | sed '1d;$d'; }

# Runs a case in the folder $1; leaves out, err and the status.
run_case() {
    mkdir "$1"
    (
        cd "$1" || exit 99
        if grep -q '^(module' "$case"; then
            wat2wasm --enable-memory64 --debug-names -o module.wasm "$case" || exit 99
        fi
        for wat in $(values WAT "$case"); do
            wat2wasm --enable-memory64 --debug-names -o "${wat%.wat}.wasm" "$here/$wat" || exit 99
        done
        eval "$(values SETUP "$case")" || exit 99
        eval "\"\$nacre\" $(values ARGS "$case")" > "$1.out" 2> "$1.err" < /dev/null
    )
    status=$?
}

print_block() {
    [ -s "$2" ] || return 0
    echo "(;; $1 ;;;"
    cat "$2"
    echo ";;; $1 ;;)"
}

# The case with what it really does.
update_case() {
    sed -e '/^(;; STDOUT ;;;$/,/^;;; STDOUT ;;)$/d' -e '/^(;; STDERR ;;;$/,/^;;; STDERR ;;)$/d' \
        -e '/^;;; STATUS:/d' -e "/^;;; ARGS:/a\\
;;; STATUS: $status" "$case" > "$work/new"
    print_block STDOUT "$work/$name.out" >> "$work/new"
    print_block STDERR "$work/$name.err" >> "$work/new"
    cmp -s "$work/new" "$case" || cp "$work/new" "$case"
}

passed=0
failed=0
skipped=0
for case in "$@"; do
    name=$(basename "$case" .txt)
    case=$(cd "$(dirname "$case")" && pwd)/$name.txt
    if ! eval "$(values WHERE "$case")"; then
        skipped=$((skipped + 1))
        continue
    fi
    run_case "$work/$name"
    if [ "$status" = 99 ]; then
        echo "golden: $name: can't be set up"
        failed=$((failed + 1))
        continue
    fi
    if [ -n "$update" ]; then
        update_case
        continue
    fi
    wanted=$(values STATUS "$case")
    block STDOUT "$case" > "$work/$name.want-out"
    block STDERR "$case" > "$work/$name.want-err"
    bad=
    [ "$status" = "${wanted:-0}" ] || bad="status $status instead of ${wanted:-0}"
    cmp -s "$work/$name.want-out" "$work/$name.out" || bad="$bad; standard output"
    cmp -s "$work/$name.want-err" "$work/$name.err" || bad="$bad; standard error"
    if [ -z "$bad" ]; then
        passed=$((passed + 1))
        continue
    fi
    failed=$((failed + 1))
    echo "golden: $name: ${bad#; }"
    diff -u "$work/$name.want-out" "$work/$name.out" | sed '1,2d'
    diff -u "$work/$name.want-err" "$work/$name.err" | sed '1,2d'
done
[ -n "$update" ] || echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
