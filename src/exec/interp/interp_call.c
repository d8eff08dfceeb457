/* interp_call.c - calls and returns. See thread.h for the record, iops.def for the operands. */
#include "exec/interp/interp.h"

#include "base/status.h"
#include "exec/context.h"
#include "exec/loops.h"
#include "exec/native.h"
#include "exec/run.h"

/* --- Entering and leaving --- */

HANDLER(ENTER) {
    if (UNLIKELY((uint64_t)(th->stack_end - fp) <= pc[1])) TRAP(STACK_EXHAUSTED);
    fp[pc[2]] = ia;
    /* volatile: not by a call of memset, around which every register would have to be saved. */
    volatile uint64_t *local = fp + pc[3];
    for (uint32_t i = pc[4]; i > 0; i--) *local++ = 0;
    NEXT(5);
}

#define RETURN(record)                                                          \
    do {                                                                        \
        uint64_t to = (record);                                                 \
        pc = th->codes[(int32_t)(uint32_t)to].units + (uint32_t)(to >> 32);     \
        fp -= pc[-1];                                                           \
        NEXT(0);                                                                \
    } while (0)

HANDLER(RETURN_0) { RETURN(fp[pc[1]]); }
HANDLER(RETURN_S) {
    uint64_t record = fp[pc[1]];
    fp[0] = fp[pc[2]];
    RETURN(record);
}
HANDLER(RETURN_A) {
    uint64_t record = fp[pc[1]];
    fp[0] = ia;
    RETURN(record);
}
HANDLER(RETURN_F) {
    uint64_t record = fp[pc[1]];
    fp[0] = __builtin_bit_cast(uint64_t, fa[0]);
    RETURN(record);
}
HANDLER(RETURN_N) {
    uint64_t record = fp[pc[1]];
    memmove(fp, fp + pc[2], pc[3] * sizeof *fp);
    RETURN(record);
}

/* --- Calls of other instances. The arguments move up two slots, which keep what SWITCH needs to
 * come back:  base[0] = instance | function << 32,  base[1] = offset | result slots << 32 --- */

enum { SWITCH_SLOTS = 2 };

/* Readies a call of another instance's function with its arguments at `base`: false when it can't
 * be made (th->status says why). The thread is in the other instance then. */
static bool switch_to(struct thread *th, const struct func *func, uint64_t *base,
                      uint64_t record) {
    const struct wasm_type *type = wasm_type_get(&th->store->engine->types, func->type);
    if ((uint64_t)(th->stack_end - base) < (uint64_t)type->param_slots + SWITCH_SLOTS) {
        th->status = NACRE_TRAP;
        th->trap = NACRE_TRAP_STACK_EXHAUSTED;
        return false;
    }
    th->callee = func->index;
    struct code_module *module = func->instance->module;
    if (thread_prepare(th, module, func->index) != NACRE_OK) return false;
    memmove(base + SWITCH_SLOTS, base, type->param_slots * sizeof *base);
    base[0] = th->instance->number | record << 32;
    base[1] = record >> 32 | (uint64_t)type->result_slots << 32;
    thread_enter(th, func->instance);
    return true;
}

HANDLER(SWITCH) {
    uint64_t *base = fp - SWITCH_SLOTS;
    uint64_t where = base[0], how = base[1];
    memmove(base, fp, (how >> 32) * sizeof *fp);
    thread_enter(th, th->store->instances[(uint32_t)where]);
    RELOAD_MEMORY();
    fp = base;
    RETURN(CODE_RECORD(where >> 32, (uint32_t)how));
}

/* Into the function that switch_to or tail_switch readied. */
static void go_in(struct thread *th, uint64_t *fp, uint64_t record, struct way *way) {
    *way = (struct way){code_units(&th->codes[th->callee]), fp, record};
}

/* A compiled function, with its arguments at `base`; see run_host. */
static nacre_status run_native(struct thread *th, const struct func *func, uint64_t *base,
                               uint64_t *fp, uint64_t record) {
    const struct wasm_type *type = wasm_type_get(&th->store->engine->types, func->type);
    uint32_t slots = u32_max(type->param_slots, type->result_slots);
    if ((uint64_t)(th->stack_end - base) < slots) {
        th->trap = NACRE_TRAP_STACK_EXHAUSTED;
        return th->status = NACRE_TRAP;
    }
    const struct frame caller = {.instance = th->instance, .fp = fp, .record = record};
    uint64_t *top = th->top;
    th->top = base + slots;
    nacre_status status = native_run(th, func, base, &caller);
    th->top = top;
    thread_enter(th, caller.instance);
    return status;
}

static nacre_status run_outside(struct thread *th, const struct func *func, uint64_t *base,
                                uint64_t *fp, uint64_t record) {
    return func->code ? run_native(th, func, base, fp, record)
                      : run_host(th, func, base, fp, record);
}

/* A function that is not interpreted, with its frame at `fp`, failed. Goes to who catches its
 * exception, if that is what it was. */
static bool catch_of_outside(struct thread *th, uint64_t *fp, uint64_t record, struct way *way) {
    struct frame f = {.instance = th->instance, .fp = fp, .record = record};
    return th->status == NACRE_EXCEPTION && frame_to_caller(th->store, &f) &&
           interp_unwind(th, &f, way);
}

/* Calls a function of the host or another instance with its arguments at `base`; false: th->status
 * says why not. On the way in, way->pc is behind the op that calls. */
static bool call_out(struct thread *th, const struct func *func, uint64_t *base, uint64_t record,
                     struct way *way) {
    context_look(func->instance);
    if (!func->instance || func->code)
        return run_outside(th, func, base, base, record) == NACRE_OK ||
               catch_of_outside(th, base, record, way);
    if (!switch_to(th, func, base, record)) return false;
    go_in(th, base + SWITCH_SLOTS, CODE_RECORD(CODE_SWITCH, CODE_STUB_START), way);
    return true;
}

static void go_back(const struct thread *th, uint64_t *fp, uint64_t record, struct way *way) {
    const uint16_t *pc = th->codes[(int32_t)(uint32_t)record].units + (uint32_t)(record >> 32);
    *way = (struct way){pc, fp - pc[-1], record};
}

/* A host function failed that was called last: who called it is gone already. */
static void note_callers(struct thread *th, uint64_t *fp, uint64_t record) {
    struct frame f = {.instance = th->instance, .fp = fp, .record = record, .run = th->native,
                      .run_fp = th->native_fp};
    uint32_t exception = th->status == NACRE_EXCEPTION ? th->exception : 0;
    th->trace.is_set = true;
    th->trace.exception = exception;
    th->trace.count = th->trace.total = 0;
    if (frame_next(th->store, &f)) trace_note(th, &f, exception, UINT32_MAX);
}

/* A tail call out, of a function whose record is at fp[header], with `count` slots of arguments at
 * `from`. Called straight by the host or by yet another instance, its record serves as it is, so
 * that chains of such calls do not grow the stack; else SWITCH comes in between. */
static bool tail_out(struct thread *th, const struct func *func, uint64_t *fp, const uint16_t *at,
                     struct way *way) {
    uint64_t record = fp[at[0]], *args = fp + at[1];
    size_t count = at[2];
    context_look(func->instance);
    if (!func->instance || func->code) {
        const struct wasm_type *type = wasm_type_get(&th->store->engine->types, func->type);
        if (run_outside(th, func, args, fp, record) != NACRE_OK) {
            if (!func->instance) note_callers(th, fp, record);
            return catch_of_outside(th, fp, record, way);
        }
        memmove(fp, args, type->result_slots * sizeof *fp);
        go_back(th, fp, record, way);
        return true;
    }
    /* What may fail comes first: the arguments may overwrite the record that a trap needs. */
    th->callee = func->index;
    struct code_module *module = func->instance->module;
    if (thread_prepare(th, module, th->callee) != NACRE_OK) return false;
    memmove(fp, args, count * sizeof *fp);
    if ((int32_t)(uint32_t)record >= 0) return call_out(th, func, fp, record, way);
    thread_enter(th, func->instance);
    go_in(th, fp, record, way);
    return true;
}

#define CALL_OUT(func, record, base, length)                                      \
    do {                                                                          \
        struct way way = {pc + (length), fp, ia};                                 \
        if (UNLIKELY(!call_out(th, (func), fp + (base), (record), &way))) JUMP(op_stop); \
        FOLLOW(way);                                                              \
    } while (0)

#define TAIL_OUT(func, operands)                                                  \
    do {                                                                          \
        struct way way;                                                           \
        if (UNLIKELY(!tail_out(th, (func), fp, (operands), &way))) JUMP(op_stop); \
        FOLLOW(way);                                                              \
    } while (0)

HANDLER(CALL_IMPORT) {
    const struct func *func = &th->store->funcs[th->instance->funcs[unit_u32(pc + 1)]];
    CALL_OUT(func, unit_u64(pc + 3), pc[7], 8);
}

HANDLER(TAIL_IMPORT) {
    const struct func *func = &th->store->funcs[th->instance->funcs[unit_u32(pc + 1)]];
    TAIL_OUT(func, pc + 3);
}

/* --- Calls within an instance --- */

/* What a call goes on in when the function th->callee of the running instance has no entry: units,
 * or, if the instance runs compiled from now on, func->code. False: th->status says why not. */
static bool find_entry(struct thread *th, const uint16_t **units, struct func *func) {
    struct instance *i = th->instance;
    context_look(i);
    *func = (struct func){.type = i->module->wasm.funcs[th->callee].type, .owner = i->number,
                          .code = i->image ? context_code(i, th->callee) : NULL,
                          .instance = i, .index = th->callee};
    if (func->code) return true;
    if (thread_prepare(th, i->module, th->callee) != NACRE_OK) return false;
    *units = code_units(&i->module->codes[th->callee]);
    return true;
}

/* Into th->callee, whose entry is to be found; record and base are at pc + n, the last units of
 * the op. */
#define ENTER_SLOWLY(n)                                                          \
    static HANDLER(enter_slowly_##n) {                                           \
        const uint16_t *units;                                                   \
        struct func func;                                                        \
        if (UNLIKELY(!find_entry(th, &units, &func))) JUMP(op_stop);             \
        if (func.code) CALL_OUT(&func, unit_u64(pc + (n)), pc[(n) + 4], (n) + 5);      \
        ia = unit_u64(pc + (n));                                                 \
        fp += pc[(n) + 4];                                                       \
        pc = units;                                                              \
        JUMP(op_ENTER);                                                          \
    }
ENTER_SLOWLY(2)
ENTER_SLOWLY(3)
ENTER_SLOWLY(6)

/* The same for tail calls: header, from and count are at pc + n. */
#define TAIL_SLOWLY(n)                                                           \
    static HANDLER(tail_slowly_##n) {                                            \
        const uint16_t *units;                                                   \
        struct func func;                                                        \
        if (UNLIKELY(!find_entry(th, &units, &func))) JUMP(op_stop);             \
        if (func.code) TAIL_OUT(&func, pc + (n));                                      \
        ia = fp[pc[n]];                                                          \
        memmove(fp, fp + pc[(n) + 1], pc[(n) + 2] * sizeof *fp);                 \
        pc = units;                                                              \
        JUMP(op_ENTER);                                                          \
    }
TAIL_SLOWLY(2)
TAIL_SLOWLY(3)
TAIL_SLOWLY(6)

/* Into a function of the instance, by its index; operands as above. */
#define ENTER_OWN(index, n)                                                      \
    do {                                                                         \
        uint32_t callee = (index);                                               \
        const uint16_t *units = code_entry(&th->codes[callee]);                  \
        if (UNLIKELY(!units)) {                                                  \
            th->callee = callee;                                                 \
            JUMP(op_enter_slowly_##n);                                           \
        }                                                                        \
        ia = unit_u64(pc + (n));                                                 \
        fp += pc[(n) + 4];                                                       \
        pc = units;                                                              \
        JUMP(op_ENTER);                                                          \
    } while (0)

#define TAIL_OWN(index, n)                                                       \
    do {                                                                         \
        uint32_t callee = (index);                                               \
        const uint16_t *units = code_entry(&th->codes[callee]);                  \
        if (UNLIKELY(!units)) {                                                  \
            th->callee = callee;                                                 \
            JUMP(op_tail_slowly_##n);                                            \
        }                                                                        \
        ia = fp[pc[n]];                                                          \
        memmove(fp, fp + pc[(n) + 1], pc[(n) + 2] * sizeof *fp);                 \
        pc = units;                                                              \
        JUMP(op_ENTER);                                                          \
    } while (0)

HANDLER(CALL) { ENTER_OWN(unit_u32(pc + 1), 3); }
HANDLER(TAIL_CALL) { TAIL_OWN(unit_u32(pc + 1), 3); }

/* --- Loops that are stuck: see loops.h --- */

/* Where a continuation finds locals and operands: the frame without its record. */
static void hand_over(struct thread *th, const struct code_loop *loop, const uint64_t *fp) {
    const struct wasm_module *m = &th->instance->module->wasm;
    uint32_t params = wasm_func_type(m, loop->func)->param_slots;
    uint32_t locals = th->codes[loop->func].header + 1u;
    uint64_t *state = th->image.values + IMAGE_STATE_SLOT;
    memcpy(state, fp, params * sizeof *fp);
    memcpy(state + params, fp + locals, (loop->top - locals) * sizeof *fp);
}

/* The frame goes on in compiled code, which returns to its caller; as tail_out does. */
static bool go_on(struct thread *th, const struct code_loop *loop, const struct image *image,
                  uint64_t *fp, struct way *way) {
    uint64_t record = fp[th->codes[loop->func].header];
    const struct func func = {.type = th->instance->module->wasm.funcs[loop->func].type,
                              .code = image_func_code(image, image->first),
                              .instance = th->instance, .index = loop->func};
    if (!native_ready(th)) return false;
    hand_over(th, loop, fp);
    if (run_native(th, &func, fp, fp, record) != NACRE_OK)
        return catch_of_outside(th, fp, record, way);
    go_back(th, fp, record, way);
    return true;
}

HANDLER(LOOK) {
    struct code_module *module = th->instance->module;
    struct code_loop *loop = loops_find(module, pc);
    context_look(th->instance);
    if (th->instance->image) {
        const struct image *image = __atomic_load_n(&loop->image, __ATOMIC_ACQUIRE);
        struct way way;
        if (image && th->native_depth < NATIVE_DEPTH_MAX) {
            if (UNLIKELY(!go_on(th, loop, image, fp, &way))) JUMP(op_stop);
            FOLLOW(way);
        }
        loops_count(module, loop);
    }
    JUMP(table->handlers[loop->op]);
}

/* --- Indirect calls --- */

/* The function at an index of a table, or why there is none that fits: the first three units after
 * the op are index, type(2), table(2). */
static inline const struct func *callee_of(struct thread *th, const uint16_t *pc,
                                           const uint64_t *fp, nacre_trap *why) {
    const struct table *list = th->instance->tables[unit_u32(pc + 4)];
    uint64_t index = list->limits.is64 ? fp[pc[1]] : (uint32_t)fp[pc[1]];
    uint32_t type = unit_u32(pc + 2);
    *why = NACRE_TRAP_UNDEFINED_ELEMENT;
    if (UNLIKELY(index >= list->size)) return NULL;
    uint32_t ref = list->refs[index];
    *why = NACRE_TRAP_UNINITIALIZED_ELEMENT;
    if (UNLIKELY(ref == 0)) return NULL;
    const struct func *func = &th->store->funcs[ref];
    *why = NACRE_TRAP_INDIRECT_TYPE;
    if (UNLIKELY(func->type != type) &&
        !wasm_type_below(&th->store->engine->types, func->type, type))
        return NULL;
    return func;
}

/* Into a function of the store. */
#define ENTER_FUNC(func, n)                                                      \
    do {                                                                         \
        if (UNLIKELY((func)->instance != th->instance))                          \
            CALL_OUT((func), unit_u64(pc + (n)), pc[(n) + 4], (n) + 5);          \
        ENTER_OWN((func)->index, n);                                             \
    } while (0)

#define TAIL_FUNC(func, n)                                                       \
    do {                                                                         \
        if (UNLIKELY((func)->instance != th->instance)) TAIL_OUT((func), pc + (n)); \
        TAIL_OWN((func)->index, n);                                              \
    } while (0)

HANDLER(CALL_INDIRECT) {
    const struct func *func = callee_of(th, pc, fp, &th->trap);
    if (UNLIKELY(!func)) JUMP(op_trap_why);
    ENTER_FUNC(func, 6);
}

HANDLER(TAIL_INDIRECT) {
    const struct func *func = callee_of(th, pc, fp, &th->trap);
    if (UNLIKELY(!func)) JUMP(op_trap_why);
    TAIL_FUNC(func, 6);
}

HANDLER(CALL_REF) {
    uint32_t ref = (uint32_t)fp[pc[1]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    const struct func *func = &th->store->funcs[ref];
    ENTER_FUNC(func, 2);
}

HANDLER(TAIL_REF) {
    uint32_t ref = (uint32_t)fp[pc[1]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    const struct func *func = &th->store->funcs[ref];
    TAIL_FUNC(func, 2);
}
