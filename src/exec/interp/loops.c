/* loops.c - see exec/loops.h */
#include "exec/interp/lower.h"

#include "base/sort.h"

/* --- Finding --- */

void loops_note(struct code_loops *loops, const struct allocator *allocator,
                const struct code_loop *loop) {
    if (loop->top > IMAGE_STATE_SLOTS_MAX) return;
    if (!alloc_reserve(allocator, (void **)&loops->list, &loops->capacity, loops->count + 1,
                       sizeof *loops->list))
        return;
    loops->list[loops->count++] = *loop;
}

static bool is_before(const void *context, uint32_t a, uint32_t b) {
    const struct code_loop *list = context;
    return list[a].at < list[b].at;
}

static bool put_in_order(struct code_loops *loops, const struct allocator *allocator) {
    loops->order = ALLOC_ARRAY(allocator, uint32_t, loops->count);
    if (!loops->order) return false;
    for (uint32_t i = 0; i < loops->count; i++) loops->order[i] = i;
    sort_indices(loops->order, loops->count, is_before, loops->list);
    return true;
}

/* Whoever is at the op meanwhile does the one or the other. */
static void put_op(const struct code_loop *loop, uint16_t op) {
    __atomic_store_n((uint16_t *)(uintptr_t)loop->at, op, __ATOMIC_RELAXED);
}

static void put_looks(struct code_loops *loops) {
    for (uint32_t i = 0; i < loops->count; i++) {
        __atomic_store_n(&loops->list[i].visits, 0, __ATOMIC_RELAXED);
        put_op(&loops->list[i], IOP_LOOK);
    }
}

void loops_watch(struct code_module *module) {
    struct code_loops *loops = &module->loops;
    for (uint32_t i = 0; i < module->wasm.func_count; i++)
        if (code_units(&module->codes[i]) && lower_for_loops(module, i) != NACRE_OK) return;
    if (!put_in_order(loops, &module->engine->allocator)) return;
    for (uint32_t i = 0; i < loops->count; i++) loops->list[i].op = *loops->list[i].at;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    put_looks(loops);
}

struct code_loop *loops_find(struct code_module *module, const uint16_t *at) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    const struct code_loops *loops = &module->loops;
    uint32_t low = 0, high = loops->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (loops->list[loops->order[middle]].at < at) low = middle + 1;
        else high = middle;
    }
    return &loops->list[loops->order[low]];
}

/* --- Waiting --- */

void loops_count(struct code_module *module, struct code_loop *loop) {
    struct code_loops *loops = &module->loops;
    struct code_loop *none = NULL;
    if (__atomic_add_fetch(&loop->visits, 1, __ATOMIC_RELAXED) != LOOPS_VISITS) return;
    if (!__atomic_compare_exchange_n(&loops->wanted, &none, loop, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        return;
    for (uint32_t i = 0; i < loops->count; i++) put_op(&loops->list[i], loops->list[i].op);
}

void loops_continue(struct code_module *module, struct code_loop *loop,
                    struct code_continuation *continuation) {
    struct code_loops *loops = &module->loops;
    continuation->next = loops->continuations;
    __atomic_store_n(&loops->continuations, continuation, __ATOMIC_RELEASE);
    __atomic_store_n(&loop->image, &continuation->image, __ATOMIC_RELEASE);
    __atomic_store_n(&loops->wanted, NULL, __ATOMIC_RELEASE);
    put_looks(loops);
}

void loops_deinit(struct code_module *module) {
    const struct allocator *a = &module->engine->allocator;
    if (module->loops.order) ALLOC_FREE_ARRAY(a, module->loops.order, module->loops.count);
    ALLOC_FREE_ARRAY(a, module->loops.list, module->loops.capacity);
}
