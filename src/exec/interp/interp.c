/* interp.c - the table of handlers, the way in and out, branches and moves. */
#include "exec/interp/interp_bodies.h"

#include "exec/interpreter.h"
#include "exec/run.h"

static const struct interp_table table_of_handlers = {{
#define IOP(name) [IOP_##name] = op_##name,
#include "exec/interp/iops.def"
#undef IOP
}};

nacre_status interp_run(struct thread *thread, uint32_t func, int32_t stub) {
    const uint16_t *units = code_units(&thread->codes[func]);
    const uint64_t record = CODE_RECORD(stub, CODE_STUB_START);
    thread->status = NACRE_OK;
    thread->trap = NACRE_TRAP_NONE;
    thread->exit_code = 0;
    thread->text = NULL;
    table_of_handlers.handlers[units[0]](thread, thread->memory->size, thread->memory->base,
                                         &table_of_handlers, units, thread->top, record,
                                         (v2f64){0, 0});
    return thread->status;
}

HANDLER(EXIT) {
    (void)pc, (void)fp, (void)mem, (void)mem_size, (void)table, (void)ia, (void)fa;
    th->status = NACRE_OK;
}

/* --- Traps --- */

HANDLER(stop) {
    (void)mem, (void)mem_size, (void)table, (void)fa;
    th->pc = pc;
    th->fp = fp;
    th->record = ia;
}

#define NACRE_TRAP(name, number, text)   \
    HANDLER(trap_##name) {               \
        th->status = NACRE_TRAP;         \
        th->trap = NACRE_TRAP_##name;    \
        JUMP(op_stop);                   \
    }
#include <nacre/trap.def>
#undef NACRE_TRAP

HANDLER(trap_why) {
    th->status = NACRE_TRAP;
    JUMP(op_stop);
}

HANDLER(UNREACHABLE) { TRAP(UNREACHABLE); }

HANDLER(look_again) {
    if (mem == th->memory->base && memory_look(th->memory) > mem_size) {
        mem_size = th->memory->size;
        NEXT(0);
    }
    TRAP(MEMORY_BOUNDS);
}

/* --- Metering --- */

HANDLER(METER) {
    th->image.slice -= unit_u32(pc + 1);
    if (UNLIKELY(th->image.slice < 0) && !thread_may_go_on(th)) JUMP(op_stop);
    NEXT(3);
}

HANDLER(PROFILE) {
    struct profile_row *row = &th->instance->profile[unit_u32(pc + 1)];
    row->instructions += unit_u32(pc + 3);
    row->calls += pc[5];
    NEXT(6);
}

/* --- Moves --- */

HANDLER(COPY_V128) {
    uint64_t low = fp[pc[2]], high = fp[pc[2] + 1];
    fp[pc[1]] = low;
    fp[pc[1] + 1] = high;
    NEXT(3);
}

HANDLER(CONST64) {
    fp[pc[1]] = unit_u64(pc + 2);
    NEXT(6);
}

HANDLER(MOVE) {
    memmove(fp + pc[1], fp + pc[2], pc[3] * sizeof *fp);
    NEXT(4);
}

static inline double as_f64(uint64_t bits) { return __builtin_bit_cast(double, bits); }

/* A slot and the accumulator get it: see PUT_S in interp_numeric.c. */
#define PUT_FLOAT(bits) fa[0] = as_f64(fp[pc[1]] = (bits))
HANDLER(FSELECT_S_A) { fa[0] = as_f64(SELECTED(fp[pc[4]])); NEXT(5); }
HANDLER(FSELECT_S_S) { PUT_FLOAT(SELECTED(fp[pc[4]])); NEXT(5); }
HANDLER(FSELECT_A_A) { fa[0] = as_f64(SELECTED(ia)); NEXT(4); }
HANDLER(FSELECT_A_S) { PUT_FLOAT(SELECTED(ia)); NEXT(4); }

HANDLER(SELECT_V128_S) {
    uint16_t from = (uint32_t)fp[pc[4]] ? pc[2] : pc[3];
    uint64_t low = fp[from], high = fp[from + 1];
    fp[pc[1]] = low;
    fp[pc[1] + 1] = high;
    NEXT(5);
}

/* --- Globals --- */

HANDLER(FGLOBAL_GET_A) { fa[0] = as_f64(th->globals[unit_u32(pc + 2)]->value[0]); NEXT(4); }
HANDLER(FGLOBAL_GET_S) { PUT_FLOAT(th->globals[unit_u32(pc + 2)]->value[0]); NEXT(4); }
HANDLER(GLOBAL_SET_S) { th->globals[unit_u32(pc + 1)]->value[0] = fp[pc[3]]; NEXT(4); }
HANDLER(GLOBAL_SET_F) {
    th->globals[unit_u32(pc + 1)]->value[0] = __builtin_bit_cast(uint64_t, fa[0]);
    NEXT(3);
}
HANDLER(GLOBAL_GET_V128) {
    const struct global *global = th->globals[unit_u32(pc + 2)];
    fp[pc[1]] = global->value[0];
    fp[pc[1] + 1] = global->value[1];
    NEXT(4);
}
HANDLER(GLOBAL_SET_V128) {
    struct global *global = th->globals[unit_u32(pc + 1)];
    global->value[0] = fp[pc[3]];
    global->value[1] = fp[pc[3] + 1];
    NEXT(4);
}

/* --- Branches --- */

#define GO_IF(condition, units)           \
    do {                                  \
        if (condition) GO(pc + 1);        \
        NEXT(units);                      \
    } while (0)

HANDLER(BR) { GO(pc + 1); }
#define BRANCH(name) HANDLER(name) { GO_IF(TAKES_##name, UNITS_##name); }
BRANCH(BR_IF_S)
BRANCH(BR_IF_A)
BRANCH(BR_UNLESS_S)
BRANCH(BR_UNLESS_A)
BRANCH(BR_GLOBAL_EQ)
BRANCH(BR_GLOBAL_NE)

HANDLER(BR_TABLE) {
    uint32_t index = u32_min((uint32_t)fp[pc[1]], unit_u32(pc + 2));
    GO(pc + 4 + 2 * (size_t)index);
}
