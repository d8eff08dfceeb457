/* lower_pairs.c - the last thing that happens to a function's code: where two ops that have a
 * handler together follow each other, the first gets that one's number. Nothing moves, and the
 * second stays an op that branches may lead to. */
#include "exec/lower.h"

/* The op that is `first` and goes on to `second`; IOP_COUNT: there is none. */
static uint32_t pair_of(uint32_t first, uint32_t second) {
#define KEY(first, second) ((uint32_t)(first) << 16 | (uint32_t)(second))
    switch (KEY(first, second)) {
#define IOP_PAIR(first, second) \
    case KEY(IOP_##first, IOP_##second): return IOP_##first##__##second;
#include "exec/iops.def"
    default: return IOP_COUNT;
    }
}

static bool is_start(const struct lower *l, uint32_t at) {
    return at / 64 < l->start_capacity && l->starts[at / 64] >> (at % 64) & 1;
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
