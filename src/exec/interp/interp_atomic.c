/* interp_atomic.c - atomic accesses, waiting and notifying (the threads proposal). All accesses
 * are sequentially consistent; a slot holds a value of any width zero-extended. */
#include "exec/bulk.h"
#include "exec/interp/interp.h"
#include "exec/run.h"

/* The address of an access of `size` bytes whose parts are at pc + at, pc + at + ...; it must be
 * a multiple of the size. */
#define ADDRESS(index, offset, size)                                     \
    uint64_t ea = address32(fp[pc[index]], pc + (offset));               \
    if (!IN_BOUNDS(ea, size)) OUT_OF_BOUNDS();                           \
    if (UNLIKELY(ea & ((size) - 1))) TRAP(UNALIGNED_ATOMIC)

#define ATOMIC_LOAD(width, type)                                         \
    HANDLER(ATOMIC_LOAD_##width) {                                       \
        ADDRESS(2, 3, sizeof(type));                                     \
        fp[pc[1]] = __atomic_load_n((type *)(void *)(mem + ea), __ATOMIC_SEQ_CST); \
        NEXT(5);                                                         \
    }
#define ATOMIC_STORE(width, type)                                        \
    HANDLER(ATOMIC_STORE_##width) {                                      \
        ADDRESS(1, 3, sizeof(type));                                     \
        __atomic_store_n((type *)(void *)(mem + ea), (type)fp[pc[2]], __ATOMIC_SEQ_CST); \
        NEXT(5);                                                         \
    }
#define ATOMIC_RMW(name, builtin, width, type)                           \
    HANDLER(ATOMIC_##name##_##width) {                                   \
        ADDRESS(2, 4, sizeof(type));                                     \
        fp[pc[1]] = builtin((type *)(void *)(mem + ea), (type)fp[pc[3]], __ATOMIC_SEQ_CST); \
        NEXT(6);                                                         \
    }
/* What is expected is wrapped to the width, too. */
#define ATOMIC_CMPXCHG(width, type)                                      \
    HANDLER(ATOMIC_CMPXCHG_##width) {                                    \
        ADDRESS(2, 5, sizeof(type));                                     \
        type *at = (type *)(void *)(mem + ea), found = (type)fp[pc[3]];  \
        __atomic_compare_exchange_n(at, &found, (type)fp[pc[4]], false, __ATOMIC_SEQ_CST, \
                                    __ATOMIC_SEQ_CST);                   \
        fp[pc[1]] = found;                                               \
        NEXT(7);                                                         \
    }

#define ATOMICS(width, type)                                             \
    ATOMIC_LOAD(width, type)                                             \
    ATOMIC_STORE(width, type)                                            \
    ATOMIC_RMW(ADD, __atomic_fetch_add, width, type)                     \
    ATOMIC_RMW(SUB, __atomic_fetch_sub, width, type)                     \
    ATOMIC_RMW(AND, __atomic_fetch_and, width, type)                     \
    ATOMIC_RMW(OR, __atomic_fetch_or, width, type)                       \
    ATOMIC_RMW(XOR, __atomic_fetch_xor, width, type)                     \
    ATOMIC_RMW(XCHG, __atomic_exchange_n, width, type)                   \
    ATOMIC_CMPXCHG(width, type)
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

HANDLER(ATOMIC_FENCE) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    NEXT(1);
}

HANDLER(ATOMIC_NOTIFY) {
    ADDRESS(2, 4, sizeof(uint32_t));
    fp[pc[1]] = group_notify(th->store->group, mem + ea, (uint32_t)fp[pc[3]]);
    NEXT(6);
}

#define ATOMIC_WAIT(width, type)                                         \
    HANDLER(ATOMIC_WAIT_##width) {                                       \
        ADDRESS(2, 5, sizeof(type));                                     \
        enum group_wait end =                                            \
            bulk_wait_for(th, mem + ea, sizeof(type), fp[pc[3]], (int64_t)fp[pc[4]]); \
        if (end == GROUP_ENDED && thread_must_end(th)) JUMP(op_stop);    \
        if (end == GROUP_TIMED_OUT && thread_is_late(th)) TRAP(DEADLINE); \
        fp[pc[1]] = end;                                                 \
        NEXT(7);                                                         \
    }                                                                    \
    HANDLER(ATOMIC_WAIT_##width##_UNSHARED) {                            \
        ADDRESS(2, 5, sizeof(type));                                     \
        TRAP(EXPECTED_SHARED);                                           \
    }
ATOMIC_WAIT(32, uint32_t)
ATOMIC_WAIT(64, uint64_t)
