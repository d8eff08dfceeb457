#!/bin/sh
# size.sh - how large is the trusted core, by part, as it is linked for a TEE?
#
#   tools/size.sh page LLD LIST...     prints docs/size.md
#   tools/size.sh table LLD LIST...    prints its table
#   tools/size.sh check LLD LIST...    prints it, and fails when a core is larger than
#                                      tools/size-budget.txt allows, when CHANGELOG.md names no
#                                      such budget, or when docs/size.md is of another core
#
# Each LIST is a build's freestanding-MACHINE.txt: the objects of one machine, one a line. What
# neither session_run needs nor a TEE's port, of port/calls, is left out. The rest of the port, and
# crypto, are no part of it: what is asked of them stays undefined.
set -eu
LC_ALL=C
export LC_ALL
[ $# -ge 3 ] || { sed -n '4,8s/^# *//p' "$0" >&2; exit 2; }
what=$1
lld=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port='-u calls_files -u calls_port_clock_now -u calls_port_clock_step -u calls_port_caught'

# link CORE MACHINE LIST - adds the rows `CORE MACHINE part bytes` to $work/sizes.
link() {
    case $1 in full) without=exec/no_interp ;; compiled) without=exec/interp ;; esac
    case $2 in x86_64) emulation=elf_x86_64 ;; aarch64) emulation=aarch64elf ;; esac
    grep -v "/$without/[^/]*\$" "$3" > "$work/objects"
    # The paths hold no spaces. No debug information or symbols: they are not loaded.
    # shellcheck disable=SC2046,SC2086
    "$lld" -m "$emulation" -e session_run $port --gc-sections --unresolved-symbols=ignore-all \
        --no-rosegment -z norelro --Map="$work/map" -o "$work/core" $(cat "$work/objects")
    awk -v core="$1" -v machine="$2" -v make=sizes -f "$here/size.awk" "$work/map" >> "$work/sizes"
}

for list; do
    [ -s "$list" ] || { echo "size: $list is empty: build the target freestanding" >&2; exit 1; }
    machine=$(basename "$list" .txt)
    for core in full compiled; do link "$core" "${machine#freestanding-}" "$list"; done
done
awk -v make=table -f "$here/size.awk" "$work/sizes" > "$work/table"
case $what in
table) cat "$work/table" ;;
page) cat "$here/size-intro.md" "$work/table" ;;
check)
    cat "$work/table"
    awk -v make=check -f "$here/size.awk" "$work/sizes" "$here/size-budget.txt" CHANGELOG.md \
        docs/size.md
    ;;
esac
