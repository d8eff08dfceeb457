/* relocate.h - resolving one relocation in place. */
#ifndef COMPILER_RELOCATE_H
#define COMPILER_RELOCATE_H

#include "image/image.h"

/* Positions count from .text's first byte; what is before it is negative. .text begins a page. */
struct relocation {
    uint32_t type;
    uint8_t *section; /* contents */
    uint64_t size, offset;
    int64_t position; /* of what is at the offset */
    int64_t symbol;   /* position */
    int64_t addend;
};

/* NACRE_UNSUPPORTED: not a relocation that is known, or not of such an instruction; NACRE_LIMIT:
 * too far, or not aligned as the instruction needs. */
nacre_status relocate(const struct relocation *r, uint32_t machine);

#endif
