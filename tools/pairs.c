/*
 * pairs.c - counts which op follows which, for src/exec/interp/pairs.def; tools/pairs builds and
 * runs it.
 *
 * In place of interp.c. Every handler finds the next one in the table that it is given: here one
 * whose handlers all count, and go on by the real one. A pair's first op does not come by the
 * table, so it is what is not a pair yet that is counted. Not for several threads.
 */
#define interp_run interp_run_without_counting
#include "exec/interp/interp.c"
#undef interp_run

#include <inttypes.h>
#include <stdio.h>

static uint64_t counts[IOP_COUNT][IOP_COUNT];
static uint16_t last;
static const uint16_t *behind; /* a conditional branch: what follows unless it is taken */
static struct interp_table counting;

static const char *const names[] = {
#define IOP(name) #name,
#include "exec/interp/iops.def"
#undef IOP
};

static const uint8_t branch_units[IOP_COUNT] = {
#define BRANCH_UNITS(name) [IOP_##name] = UNITS_##name
    BRANCH_UNITS(BR_IF_S),     BRANCH_UNITS(BR_IF_A),      BRANCH_UNITS(BR_UNLESS_S),
    BRANCH_UNITS(BR_UNLESS_A), BRANCH_UNITS(BR_GLOBAL_EQ), BRANCH_UNITS(BR_GLOBAL_NE)};

static HANDLER(count) {
    if (!behind || behind == pc) counts[last][*pc]++;
    last = *pc;
    behind = branch_units[last] ? pc + branch_units[last] : NULL;
    JUMP(table_of_handlers.handlers[last]);
}

static __attribute__((destructor)) void print(void) {
    for (uint32_t i = 0; i < IOP_COUNT; i++)
        for (uint32_t j = 0; j < IOP_COUNT; j++)
            if (counts[i][j])
                fprintf(stderr, "pair %" PRIu64 " %s %s\n", counts[i][j], names[i], names[j]);
}

/* As in interp.c, by the other table. */
nacre_status interp_run(struct thread *thread, uint32_t func, int32_t stub) {
    const uint16_t *units = code_units(&thread->codes[func]);
    for (uint32_t i = 0; i < IOP_COUNT; i++) counting.handlers[i] = op_count;
    thread->status = NACRE_OK;
    thread->trap = NACRE_TRAP_NONE;
    thread->exit_code = 0;
    thread->text = NULL;
    op_count(thread, thread->memory->size, thread->memory->base, &counting, units, thread->top,
             CODE_RECORD(stub, CODE_STUB_START), (v2f64){0, 0});
    return thread->status;
}
