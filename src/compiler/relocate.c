/* relocate.c - see relocate.h; numbers and names are those of the processor supplements of the
 * System V ABI (x86-64 psABI 4.4; ELF for the Arm 64-bit Architecture 5.7). */
#include "compiler/relocate.h"

enum {
    R_X86_64_NONE = 0,
    R_X86_64_PC32 = 2,
    R_X86_64_PLT32 = 4,
    R_X86_64_GOTPCREL = 9,
    R_X86_64_PC64 = 24,
    R_X86_64_GOTPCRELX = 41,
    R_X86_64_REX_GOTPCRELX = 42
};
enum {
    R_AARCH64_NONE = 256,
    R_AARCH64_PREL64 = 260,
    R_AARCH64_PREL32 = 261,
    R_AARCH64_LD_PREL_LO19 = 273,
    R_AARCH64_ADR_PREL_LO21 = 274,
    R_AARCH64_ADR_PREL_PG_HI21 = 275,
    R_AARCH64_ADD_ABS_LO12_NC = 277,
    R_AARCH64_LDST8_ABS_LO12_NC = 278,
    R_AARCH64_TSTBR14 = 279,
    R_AARCH64_CONDBR19 = 280,
    R_AARCH64_JUMP26 = 282,
    R_AARCH64_CALL26 = 283,
    R_AARCH64_LDST16_ABS_LO12_NC = 284,
    R_AARCH64_LDST32_ABS_LO12_NC = 285,
    R_AARCH64_LDST64_ABS_LO12_NC = 286,
    R_AARCH64_LDST128_ABS_LO12_NC = 299,
    R_AARCH64_ADR_GOT_PAGE = 311,
    R_AARCH64_LD64_GOT_LO12_NC = 312,
    R_AARCH64_PLT32 = 314
};

static bool fits(int64_t value, unsigned bits) {
    return value >= -(INT64_C(1) << (bits - 1)) && value < INT64_C(1) << (bits - 1);
}

static bool has(const struct relocation *r, uint64_t bytes) {
    return range_inside(r->offset, bytes, r->size);
}

static nacre_status put_distance(const struct relocation *r, unsigned bytes) {
    int64_t distance = r->symbol + r->addend - r->position;
    if (!has(r, bytes)) return NACRE_UNSUPPORTED;
    if (bytes == 8) {
        store_u64(r->section + r->offset, (uint64_t)distance);
        return NACRE_OK;
    }
    if (!fits(distance, 32)) return NACRE_LIMIT;
    store_u32(r->section + r->offset, (uint32_t)distance);
    return NACRE_OK;
}

/*
 * There is no table of addresses (GOT): an instruction that would load one from there becomes one
 * that computes it, as the psABI's appendix on linker optimization says:
 *
 *     mov foo@GOTPCREL(%rip), %reg     lea foo(%rip), %reg
 *     call *foo@GOTPCREL(%rip)         addr32 call foo
 *     jmp *foo@GOTPCREL(%rip)          jmp foo; nop
 *
 * GOTPCREL may stand in any instruction: of that, only a mov with its REX prefix is taken.
 */
static nacre_status relax_got(const struct relocation *r) {
    if (!has(r, 4) || r->offset < 2 || r->addend != -4) return NACRE_UNSUPPORTED;
    uint8_t *at = r->section + r->offset;
    bool has_rex = r->offset >= 3 && (at[-3] & 0xFB) == 0x48; /* REX.W, with R or not */
    struct relocation direct = *r;
    if (at[-2] == 0x8B && (at[-1] & 0xC7) == 0x05 &&
        (has_rex || r->type != R_X86_64_GOTPCREL)) {
        at[-2] = 0x8D;
    } else if (r->type == R_X86_64_GOTPCRELX && at[-2] == 0xFF && at[-1] == 0x15) {
        at[-2] = 0x67;
        at[-1] = 0xE8;
    } else if (r->type == R_X86_64_GOTPCRELX && at[-2] == 0xFF && at[-1] == 0x25) {
        at[-2] = 0xE9;
        at[3] = 0x90;
        direct.offset--;
        direct.position--;
    } else {
        return NACRE_UNSUPPORTED;
    }
    return put_distance(&direct, 4);
}

static nacre_status relocate_x86_64(const struct relocation *r) {
    switch (r->type) {
    case R_X86_64_NONE: return NACRE_OK;
    case R_X86_64_PC32:
    case R_X86_64_PLT32: return put_distance(r, 4);
    case R_X86_64_PC64: return put_distance(r, 8);
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX: return relax_got(r);
    default: return NACRE_UNSUPPORTED;
    }
}

/* Puts the distance, without `scale` low bits that are zero, into an instruction's field. */
static nacre_status put_field(const struct relocation *r, unsigned scale, unsigned bits,
                              unsigned shift) {
    int64_t distance = r->symbol + r->addend - r->position;
    if (distance & ((INT64_C(1) << scale) - 1)) return NACRE_LIMIT;
    if (!fits(distance, bits + scale)) return NACRE_LIMIT;
    uint32_t mask = ((UINT32_C(1) << bits) - 1) << shift;
    uint32_t field = (uint32_t)(uint64_t)(distance >> scale) << shift;
    uint8_t *at = r->section + r->offset;
    store_u32(at, (load_u32(at) & ~mask) | (field & mask));
    return NACRE_OK;
}

/* ADR and ADRP have the two low bits of their 21 apart. */
static nacre_status put_adr(const struct relocation *r, int64_t value) {
    if (!fits(value, 21)) return NACRE_LIMIT;
    uint32_t bits = (uint32_t)(uint64_t)value;
    uint8_t *at = r->section + r->offset;
    store_u32(at, (load_u32(at) & 0x9F00001Fu) | (bits & 3) << 29 | (bits >> 2 & 0x7FFFF) << 5);
    return NACRE_OK;
}

/* The distance between 4 KiB pages is the same wherever the image is mapped, as .text begins a
 * page. */
static int64_t page_distance(const struct relocation *r) {
    return ((r->symbol + r->addend) >> 12) - (r->position >> 12);
}

/* The offset in the page, in units of the access. */
static nacre_status put_low12(const struct relocation *r, unsigned scale) {
    uint32_t low = (uint32_t)(uint64_t)(r->symbol + r->addend) & 0xFFF;
    if (low & ((1u << scale) - 1)) return NACRE_LIMIT;
    uint8_t *at = r->section + r->offset;
    store_u32(at, (load_u32(at) & ~0x003FFC00u) | low >> scale << 10);
    return NACRE_OK;
}

/* `ldr x, [x', :got_lo12:foo]`, whose adrp already has foo's own page: becomes an add. */
static nacre_status relax_got_load(const struct relocation *r) {
    uint8_t *at = r->section + r->offset;
    uint32_t load = load_u32(at);
    if ((load & 0xFFC00000u) != 0xF9400000u) return NACRE_UNSUPPORTED;
    store_u32(at, 0x91000000u | (load & 0x3FF));
    return put_low12(r, 0);
}

static nacre_status relocate_aarch64(const struct relocation *r) {
    if (r->type == R_AARCH64_NONE || r->type == 0) return NACRE_OK;
    if (r->type == R_AARCH64_PREL64) return put_distance(r, 8);
    if (r->type == R_AARCH64_PREL32 || r->type == R_AARCH64_PLT32) return put_distance(r, 4);
    if (!has(r, 4)) return NACRE_UNSUPPORTED;
    switch (r->type) {
    case R_AARCH64_CALL26:
    case R_AARCH64_JUMP26: return put_field(r, 2, 26, 0);
    case R_AARCH64_CONDBR19:
    case R_AARCH64_LD_PREL_LO19: return put_field(r, 2, 19, 5);
    case R_AARCH64_TSTBR14: return put_field(r, 2, 14, 5);
    case R_AARCH64_ADR_PREL_LO21: return put_adr(r, r->symbol + r->addend - r->position);
    case R_AARCH64_ADR_PREL_PG_HI21:
    case R_AARCH64_ADR_GOT_PAGE: return put_adr(r, page_distance(r));
    case R_AARCH64_LD64_GOT_LO12_NC: return relax_got_load(r);
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC: return put_low12(r, 0);
    case R_AARCH64_LDST16_ABS_LO12_NC: return put_low12(r, 1);
    case R_AARCH64_LDST32_ABS_LO12_NC: return put_low12(r, 2);
    case R_AARCH64_LDST64_ABS_LO12_NC: return put_low12(r, 3);
    case R_AARCH64_LDST128_ABS_LO12_NC: return put_low12(r, 4);
    default: return NACRE_UNSUPPORTED;
    }
}

nacre_status relocate(const struct relocation *r, uint32_t machine) {
    return machine == IMAGE_X86_64 ? relocate_x86_64(r) : relocate_aarch64(r);
}
