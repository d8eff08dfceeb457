/* lower_pairs.c - the last things that happen to a function's code. A branch that leads to another
 * one with the same condition leads to where that one does. Where two ops that have a handler
 * together follow each other, the first gets that one's number. Nothing moves, and the second
 * stays an op that branches may lead to. */
#include "exec/interp/lower.h"

/* The op that is `first` and goes on to `second`; IOP_COUNT: there is none. */
static uint32_t pair_of(uint32_t first, uint32_t second) {
#define KEY(first, second) ((uint32_t)(first) << 16 | (uint32_t)(second))
    switch (KEY(first, second)) {
#define IOP_PAIR(first, second) \
    case KEY(IOP_##first, IOP_##second): return IOP_##first##__##second;
#include "exec/interp/iops.def"
    default: return IOP_COUNT;
    }
}

static bool is_start(const struct lower *l, uint32_t at) {
    return at / 64 < l->start_capacity && l->starts[at / 64] >> (at % 64) & 1;
}

/* Code that can be unwound (asyncify) asks the same global again and again. Both ask at once:
 * there is nothing between a branch and its target. Backwards, so that the second one already
 * leads to the end of its chain. */
void thread_branches(struct lower *l, uint32_t end) {
    enum { TARGET = 1, CONDITION = 3, CONDITION_UNITS = 4 };
    for (uint32_t at = end; at-- > 0;) {
        uint16_t *op = l->units + at;
        if (!is_start(l, at) || (*op != IOP_BR_GLOBAL_EQ && *op != IOP_BR_GLOBAL_NE)) continue;
        int32_t there = (int32_t)load_u32(op + TARGET);
        const uint16_t *next = op + there;
        if (there <= 0 || *next != *op ||
            memcmp(next + CONDITION, op + CONDITION, CONDITION_UNITS * sizeof *op) != 0)
            continue;
        store_u32(op + TARGET, (uint32_t)there + load_u32(next + TARGET));
    }
}

void join_pairs(struct lower *l, uint32_t end) {
    uint32_t second = IOP_COUNT, joined = IOP_COUNT; /* the op behind, as it was and as it is */
    for (uint32_t at = end; at-- > 0;) {
        if (!is_start(l, at)) continue;
        uint32_t first = l->units[at];
        uint32_t pair = pair_of(first, joined);
        if (pair == IOP_COUNT) pair = pair_of(first, second);
        second = first;
        joined = pair == IOP_COUNT ? first : pair;
        l->units[at] = (uint16_t)joined;
    }
}
