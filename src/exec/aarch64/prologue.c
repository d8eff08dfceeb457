/* prologue.c - see native.h; for aarch64. */
#include "exec/native.h"

uintptr_t native_link(const struct port_fault *fault) { return fault->link; }

/* A function has its frame once x29 was set from sp. Calls push nothing: whatever faults behind
 * that for lack of stack touches the function's own frame for the first time. */
enum native_place native_place_of(const uint8_t *pc, const uint8_t *start) {
    const uint32_t add_x29_sp = 0x910003FD, mask = 0xFFC003FF; /* the constant is left out */
    for (; start < pc; start += sizeof(uint32_t))
        if ((load_u32(start) & mask) == add_x29_sp) return NATIVE_IN_PROLOGUE;
    return NATIVE_BEFORE_FRAME;
}
