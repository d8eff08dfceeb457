/*
 * slot.h - a call across the boundary, as it lies in memory that both sides can write.
 *
 * The core fills in call, number, words and data, and has the host look at it. The host fills in
 * the reply: answered, error, words and data. Each side copies the words before it looks at them,
 * and reads nothing twice: the other may change them at any moment.
 *
 *   0   state | call | number | answered | error | core sleeps | host sleeps | 0, 32 bits each
 *   32  12 words of 64 bits: arguments in the order of tee/calls.def, then results
 *   128 data: texts, records and bytes, each aligned to 8
 */
#ifndef PROTO_SLOT_H
#define PROTO_SLOT_H

#include "base/base.h"
#include "calls_list.h"

enum {
    CALLS_WORDS = 12,
    CALLS_DATA = 1 << 17,   /* bytes */
    CALLS_SLOTS_MAX = 64,
    CALLS_FILES_MAX = 4096,
    CALLS_GRANT_MAX = 4096, /* bytes of a path or address that was granted */
};

/* Of a slot, for those who pass it on (see the transports). */
enum calls_state { CALLS_IDLE, CALLS_ASKED, CALLS_ANSWERED, CALLS_STOPPED, CALLS_TAKEN };

struct calls_slot {
    uint32_t state;    /* enum calls_state */
    uint32_t call;     /* enum calls_call */
    uint32_t number;   /* of this call: no other in any slot has it (of 2^32) */
    uint32_t answered; /* the number that the reply is for */
    uint32_t error;    /* the reply: an enum port_errno */
    uint32_t core_sleeps, host_sleeps; /* until the state changes: somebody has to wake it */
    uint32_t unused;
    uint64_t words[CALLS_WORDS];
    uint8_t data[CALLS_DATA];
};
_Static_assert(offsetof(struct calls_slot, words) == 32 &&
                   offsetof(struct calls_slot, data) == 128,
               "the layout above");

/* Hands an error on. Only where nothing has to be released. */
#define TRY_CALL(call)                                  \
    do {                                                \
        enum port_errno try_errno_ = (call);            \
        if (try_errno_ != PORT_OK) return try_errno_;   \
    } while (0)

/* Behind a copy of what the other side can write: no compiler may look at the original again. */
static inline void calls_copied(void) { __asm__ volatile("" ::: "memory"); }

/* Where the next item of a message's data begins. */
static inline uint32_t calls_align(uint32_t at) { return (at + 7) & ~7u; }

/* A component of a path: `name` in tee/calls.def. No NUL is needed. */
static inline bool calls_is_component(const char *name, size_t size) {
    if (size == 0 || size > PORT_NAME_MAX) return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] == '/' || name[i] == 0) return false;
    return size > 2 || name[0] != '.' || name[size - 1] != '.';
}

#endif
