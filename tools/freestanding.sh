#!/bin/sh
# freestanding.sh NM SYMBOLS LIST... - what does the trusted core need from outside?
#
# Each LIST names the objects of one machine, one a line. Every symbol that is undefined in them
# and not defined among them must be in the file SYMBOLS, and every symbol there must be needed
# by some machine. Objects may not have data that changes: .data and .bss stay empty.
set -eu
LC_ALL=C
export LC_ALL
[ $# -ge 3 ] || { echo "usage: freestanding.sh NM SYMBOLS LIST..." >&2; exit 2; }
nm=$1
symbols=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

sed 's/[[:space:]]*#.*//; /^$/d' "$symbols" | sort -u > "$work/allowed"
: > "$work/needed"
for list; do
    [ -s "$list" ] || { echo "freestanding: $list is empty" >&2; exit 1; }
    # The paths hold no spaces.
    xargs "$nm" --format=posix < "$list" > "$work/nm"
    awk 'NF >= 2 && $2 != "U" && $2 != "w" { print $1 }' "$work/nm" | sort -u > "$work/defined"
    awk '$2 == "U" || $2 == "w" { print $1 }' "$work/nm" | sort -u > "$work/undefined"
    comm -23 "$work/undefined" "$work/defined" > "$work/wanted"
    comm -23 "$work/wanted" "$work/allowed" > "$work/extra"
    cat "$work/wanted" >> "$work/needed"
    if [ -s "$work/extra" ]; then
        echo "$(basename "$list"): needs symbols that are not in $(basename "$symbols"):" >&2
        sed 's/^/    /' "$work/extra" >&2
        failed=1
    fi
    awk '$2 ~ /^[DdBbC]$/ { print $1 }' "$work/nm" > "$work/mutable"
    if [ -s "$work/mutable" ]; then
        echo "$(basename "$list"): holds data that changes:" >&2
        sed 's/^/    /' "$work/mutable" >&2
        failed=1
    fi
done
sort -u "$work/needed" | comm -13 - "$work/allowed" > "$work/unused"
if [ -s "$work/unused" ]; then
    echo "$(basename "$symbols"): listed, and not needed by any machine:" >&2
    sed 's/^/    /' "$work/unused" >&2
    failed=1
fi
[ "$failed" -eq 0 ] && echo "freestanding: $(wc -l < "$work/allowed") symbols from outside"
exit "$failed"
