/* prologue.c - see native.h; for x86-64. */
#include "exec/native.h"

enum { PUSH_RBP = 0x55, CALL = 0xE8, CALL_INDIRECT = 0xFF, REX = 0x40, REX_MASK = 0xF0 };

uintptr_t native_link(const struct port_fault *fault) {
    uintptr_t top;
    if (*fault->pc != PUSH_RBP) return 0;
    memcpy(&top, (const void *)fault->sp, sizeof top);
    return top;
}

/* Code begins by pushing the caller's frame pointer: when that push faults, the return address is
 * on top of the stack still. Behind it only calls push what belongs to the function itself. */
enum native_place native_place_of(const uint8_t *pc, const uint8_t *start) {
    (void)start;
    if (pc[0] == PUSH_RBP) return NATIVE_BEFORE_FRAME;
    if ((pc[0] & REX_MASK) == REX) pc++;
    bool is_indirect = pc[0] == CALL_INDIRECT && (pc[1] >> 3 & 7) == 2;
    return pc[0] == CALL || is_indirect ? NATIVE_IN_BODY : NATIVE_IN_PROLOGUE;
}
