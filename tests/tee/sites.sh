#!/bin/sh
# sites.sh - tools/sites.sh, by which an enclave is linked: each instruction that no enclave may
# execute is found in code that has no other fault, and code without any is taken.
set -u
[ -n "${NACRE_OBJDUMP:-}" ] || { echo "SKIPPED: enclaves are of x86-64"; exit 77; }
. "$(dirname "$0")/common"
cd "$work" || exit 1

cat > list <<'END_LIST'
# As instructions.txt has them.
leave enclu
asks cpuid
END_LIST
# link INSTRUCTIONS [ENTRY [NOTE]] - makes e.elf: a way out, a function `plain` of instructions,
# and room for the places of CPUID, of which there are two in `asks`.
link() {
    {
        printf '%s\n' '.text' "leave: ${2-enclu}" 'ret' 'asks: cpuid' 'nop' 'cpuid' 'ret' \
            'plain:'
        printf '%s\n' "$1" | tr ';' '\n'
        printf '%s\n' 'ret' ".section ${3-.note.nacre.config}, \"a\", @note" '.fill 24, 1, 0xAA' \
            '.fill 60, 1, 0xBB' '.long 0' '.fill 128, 1, 0' '.long 0xCCCCCCCC'
    } > e.S
    "$NACRE_CC" --target=x86_64-linux-gnu -nostdlib -static-pie -fuse-ld=lld \
        -Wno-unused-command-line-argument -Wl,-e,0 e.S -o e.elf
}
sites() { sh "$NACRE_SOURCE/tools/sites.sh" "$NACRE_OBJDUMP" "$NACRE_READELF" e.elf list; }

# --- What is taken ---

config() { # where it is in the file, behind the note's head
    offset=$("$NACRE_READELF" -SW e.elf |
        awk '{ for (i = 1; i < NF; i++) if ($i == ".note.nacre.config") print $(i + 3) }')
    echo $((0x$offset + 24))
}
number() { # OFFSET BYTES: in the config
    od -An -tu"$2" -j $(($(config) + $1)) -N "$2" e.elf | tr -d ' '
}
address() { # the N-th CPUID of e.elf
    "$NACRE_OBJDUMP" -d e.elf | awk '/cpuid/ { sub(/:/, "", $1); print $1 }' | sed -n "$1p"
}
clean() {
    link 'xgetbv; rdrand %rax; rdfsbase %rax; pause; ud2; push %fs; movl %fs, %eax' && sites
}
places() {
    [ "$(number 60 4)" = 2 ] && [ "$(number 64 8)" = $((0x$(address 1))) ] &&
        [ "$(number 72 8)" = $((0x$(address 2))) ] && [ "$(number 80 8)" = 0 ] &&
        [ "$(number 56 4)" = $((0xBBBBBBBB)) ] && [ "$(number 192 4)" = $((0xCCCCCCCC)) ]
}
check "clean code" clean
check "the places of CPUID, and no other bytes" places

# --- What is refused ---

refused() { # WHAT: sites.sh says that of e.elf, and leaves it as it is
    cp e.elf before.elf
    if sites 2> message; then
        echo "it was taken"
        return 1
    fi
    cat message
    cmp e.elf before.elf && grep -q "^    $1\$\|^sites.sh: .*$1" message
}
# What is said, and code: the Intel SDM, volume 3D, "Instructions illegal inside an enclave", those
# that a system reserves for itself, and the ways in which they are written.
cat > rows <<'END_ROWS'
cpuid|cpuid
cpuid|.byte 0x66; cpuid
enclu|enclu
encls|encls
enclv|enclv
getsec|getsec
rdpmc|rdpmc
rdtsc|rdtsc
rdtsc|.byte 0xf2; rdtsc
rdtscp|rdtscp
vmcall|vmcall
vmmcall|vmmcall
vmfunc|vmfunc
syscall|syscall
syscall|.byte 0x48; syscall
syscall|.byte 0x2e; syscall
sysenter|sysenter
sysexitl|sysexit
sysexitq|sysexitq
sysretl|sysret
sysretq|sysretq
int|int $0x80
int|.byte 0xf0; int $0x80
int|int $4
unknown|.byte 0xf1
iretl|iret
iretq|iretq
lcalll|lcall *(%rax)
lcallq|lcallq *(%rax)
ljmpl|ljmp *(%rax)
lretl|lret
lretq|lretq $8
hlt|hlt
inb|inb %dx, %al
inl|inl $5, %eax
insb|rep insb
insw|insw
insl|insl
outb|outb %al, %dx
outw|outw %ax, %dx
outsb|rep outsb
outsl|outsl
sgdtq|sgdt (%rax)
sidtq|sidt (%rax)
lgdtq|lgdt (%rax)
lidtq|lidt (%rax)
sldtw|sldt %ax
sldtl|sldt %eax
lldtw|lldt %ax
strw|str %ax
strq|str %rax
ltrw|ltr %ax
smsww|smsw %ax
smswq|smsw %rax
lmsww|lmsw %ax
swapgs|swapgs
rdmsr|rdmsr
wrmsr|wrmsr
xsetbv|xsetbv
invlpg|invlpg (%rax)
wbinvd|wbinvd
monitor|monitor
mwait|mwait
load-of-segment|mov %eax, %ds
load-of-segment|mov (%rax), %es
load-of-segment|mov %ax, %ss
load-of-segment|mov %rax, %fs
load-of-segment|pop %fs
load-of-segment|popw %gs
load-of-segment|lfs (%rax), %ecx
load-of-segment|lgsq (%rax), %rcx
load-of-segment|lssw (%rax), %cx
END_ROWS
# Each in a function of its own, which is named.
all_rows() {
    link "ret; $(awk -F '|' '{ print "row_" NR ": " $2 "; ret;" }' rows)"
    sites 2> message
    [ $? = 1 ] && cat message
}
check "instructions that are refused" all_rows
number=0
while IFS='|' read -r name code; do
    number=$((number + 1))
    check "$code" grep -qxF "    row_$number $name" message
done < rows

# Each alone is found among many that are allowed, and not only the first of a function.
both() { link 'nop; rdtsc; nop; syscall' && refused 'plain rdtsc' && refused 'plain syscall'; }
check "two in a function" both
no_way_out() { link nop nop && refused "has no ENCLU"; }
check "no ENCLU" no_way_out
no_note() { link nop enclu .note.other && refused "has no .note.nacre.config"; }
check "no place for the places" no_note
# A function on the list has no more than there is room for.
crowded() {
    link "ret; other: $(yes 'cpuid;' | head -n "$1" | tr -d '\n') nop" &&
        echo 'other cpuid' >> list
}
check "16 places" crowded 14
check "are taken" sites
all_16() {
    [ "$(number 60 4)" = 16 ] && [ "$(number 184 8)" = $((0x$(address 16))) ] &&
        [ "$(number 192 4)" = $((0xCCCCCCCC)) ]
}
check "all 16 of them" all_16
check "17 places" crowded 15
check "are too many" refused "17 places of CPUID"
conclude
