/* interp_pairs.c - handlers of pairs: the first op's body, then on to the second's handler. The
 * processor foresees a jump to one place always, and one to anywhere often enough not. */
#include "exec/interp/interp_bodies.h"

#define IOP_PAIR(first, second)      \
    HANDLER(first##__##second) {     \
        STEP(first);                 \
        JUMP(op_##second);           \
    }
#define IOP_BRANCH_PAIR(first, second)    \
    HANDLER(first##__##second) {          \
        if (TAKES_##first) GO(pc + 1);    \
        pc += UNITS_##first;              \
        JUMP(op_##second);                \
    }
#include "exec/interp/iops.def"
