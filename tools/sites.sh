#!/bin/sh
# sites.sh OBJDUMP READELF ENCLAVE LIST - the instructions of an enclave that are not for enclaves.
#
# Disassembles the linked file and refuses what the Intel SDM says an enclave may not execute
# (volume 3D, "Instructions illegal inside an enclave"), and ENCLU, unless LIST names the function
# and the instruction. The places of CPUID are written into the file's config (struct
# enclave_config of sgx/image.h: how many at byte 60, which from byte 64 on): there, and nowhere
# else, the enclave answers for it.
set -eu
LC_ALL=C
export LC_ALL
[ $# -eq 4 ] || { echo "usage: sites.sh OBJDUMP READELF ENCLAVE LIST" >&2; exit 2; }
objdump=$1
readelf=$2
file=$3
list=$4
sites_max=16
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$objdump" -d --no-show-raw-insn "$file" > "$work/code"
# FUNCTION INSTRUCTION OFFSET, of those that are watched.
awk '
    /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); next }
    { op = $2 }
    op ~ /^(rep|repne|repe|lock|data16)$/ { op = $3 }
    op ~ /^(cpuid|getsec|rdpmc|rdtscp?|vmcall|vmfunc|vmmcall|hlt|int|into|int1|encl[suv])$/ ||
    op ~ /^(syscall|sysenter|sysexit[lq]?|sysret[lq]?|iret[qdl]?|l(call|jmp|ret)[qdl]?)$/ ||
    op ~ /^(s[gil]dt[qlw]?|str[qlw]?|smsw[qlw]?|l[gil]dt[qw]?|ltrw?|lmsww?|swapgs|wrmsr|rdmsr)$/ ||
    op ~ /^(in|out)[bwl]?$/ || op ~ /^(ins|outs)[bwld]$/ ||
    op ~ /^(xsetbv|invlpg|wbinvd|monitor|mwait)$/ {
        sub(/:$/, "", $1)
        print name, op, $1
    }
    op ~ /^(mov|pop)/ && $NF ~ /^%[defgs]s$/ || op ~ /^l[fgs]s[wlq]?$/ {
        sub(/:$/, "", $1)
        print name, "load-of-segment", $1
    }
    # Data in the code, or what the disassembler does not know: INT1.
    op == "<unknown>" { sub(/:$/, "", $1); print name, "unknown", $1 }
' "$work/code" > "$work/found"
[ -s "$work/code" ] && grep -q ' enclu ' "$work/found" ||
    { echo "sites.sh: $file has no ENCLU: is it an enclave?" >&2; exit 1; }
sed 's/[[:space:]]*#.*//; /^$/d' "$list" | sort -u > "$work/allowed"
awk '{ print $1, $2 }' "$work/found" | sort -u | comm -23 - "$work/allowed" > "$work/refused"
if [ -s "$work/refused" ]; then
    echo "sites.sh: no enclave may execute these, and $(basename "$list") does not name them:" >&2
    sed 's/^/    /' "$work/refused" >&2
    exit 1
fi

# hex as so many bytes, lowest first, for printf.
bytes() {
    awk -v hex="$1" -v count="$2" 'BEGIN {
        while (length(hex) < 2 * count) hex = "0" hex
        for (i = length(hex) - 1; i > 0; i -= 2) {
            high = index("0123456789abcdef", substr(hex, i, 1)) - 1
            low = index("0123456789abcdef", substr(hex, i + 1, 1)) - 1
            printf "\\%03o", high * 16 + low
        }
    }'
}
offset=$("$readelf" -SW "$file" |
    awk '{ for (i = 1; i < NF; i++) if ($i == ".note.nacre.config") print $(i + 3) }')
[ -n "$offset" ] || { echo "sites.sh: $file has no .note.nacre.config" >&2; exit 1; }
count=0
: > "$work/sites"
for place in $(awk '$2 == "cpuid" { print $3 }' "$work/found"); do
    count=$((count + 1))
    # shellcheck disable=SC2059
    printf "$(bytes "$place" 8)" >> "$work/sites"
done
[ "$count" -le "$sites_max" ] || { echo "sites.sh: $count places of CPUID" >&2; exit 1; }
# Behind 24 bytes of note.
config=$((0x$offset + 24))
# shellcheck disable=SC2059
printf "$(bytes "$(printf %x "$count")" 4)" |
    dd of="$file" bs=1 seek=$((config + 60)) conv=notrunc 2> /dev/null
dd if="$work/sites" of="$file" bs=1 seek=$((config + 64)) conv=notrunc 2> /dev/null
