/* control.c - blocks, branches, calls, exceptions. */
#include "fuzz/generator/inside.h"

enum { BLOCK = 0x02, LOOP = 0x03, IF = 0x04, ELSE = 0x05, TRY_TABLE = 0x1F };

static const struct vt an_i32 = {'i', 0};
static const struct vt an_exception = {'r', HEAP_EXN};

/* --- Blocks --- */

/* Takes the value on top away: keeps it in a global or local, where it counts, if there is one. */
static void put_away(struct gen *g) {
    struct vt t = there(g) ? g->stack[g->count - 1] : an_i32;
    uint32_t n = pick(g, GLOBALS_MAX), local = pick(g, LOCALS_MAX);
    if (n < g->global_count && g->globals[n].is_mutable && fits(g, t, g->globals[n].type)) {
        op(g, 0x24);
        put_leb(&g->code, n);
    } else if (local < g->local_count && fits(g, t, g->locals[local])) {
        op(g, 0x21);
        put_leb(&g->code, local);
    } else {
        op(g, 0x1A);
    }
    pop(g, 1);
}

/* Leaves just the results on the stack. */
static void settle(struct gen *g) {
    const struct frame *f = top_frame(g);
    bool fit = there(g) == f->results.count || (f->is_dead && there(g) < f->results.count);
    for (uint32_t i = 0; fit && i < there(g); i++)
        fit = fits(g, g->stack[g->count - 1 - i], f->results.list[f->results.count - 1 - i]);
    if (fit) return;
    while (there(g) > 0) put_away(g);
    for (uint32_t i = 0; i < f->results.count; i++) {
        struct vt t = f->results.list[i];
        make_value(g, t, 1);
    }
}

/* Ends the innermost block with its results. */
void end_block(struct gen *g) {
    settle(g);
    op(g, 0x0B);
    struct frame f = *top_frame(g);
    g->count = f.height;
    g->set = f.set;
    g->depth--;
    if (g->depth) push_all(g, &f.results);
}

bool begin_block(struct gen *g, uint8_t opcode, const struct vts *params,
                 const struct vts *results) {
    bool is_short = params->count == 0 && results->count <= 1;
    int32_t type = is_short ? 0 : func_type(g, params, results);
    if (type < 0) return false;
    op(g, opcode);
    if (!is_short) put_sleb(&g->code, type);
    else if (results->count) put_vt(&g->code, results->list[0]);
    else put_byte(&g->code, 0x40);
    pop(g, params->count);
    g->frames[g->depth++] = (struct frame){.label = opcode == LOOP ? *params : *results,
                                           .results = *results, .height = g->count,
                                           .set = g->set};
    push_all(g, params);
    return true;
}

static void make_inside(struct gen *g) {
    for (uint32_t i = pick(g, 8); i > 0 && !is_over(g) && g->code.size < CODE_MAX; i--)
        make_statement(g);
}

/* The rounds of all loops of a call are counted, so that most come to an end. */
static void guard_loop(struct gen *g) {
    op(g, 0x20);
    put_leb(&g->code, g->counter);
    put(&g->code, "\x41\x01\x6A\x22", 4);
    put_leb(&g->code, g->counter);
    put(&g->code, "\x41\x32\x4A\x04\x40\x00\x0B", 7);
}

/* Tells the host what some local holds, as a number. */
static void tell_local(struct gen *g) {
    uint32_t n = pick(g, g->local_count);
    bool is_there = g->local_count && g->set >> n & 1;
    op(g, 0x20);
    put_leb(&g->code, is_there ? n : g->counter);
    switch (is_there ? g->locals[n].kind : 'i') {
    case 'i': break;
    case 'I': op(g, 0xA7); break;
    case 'f': op_fc(g, 0); break; /* i32.trunc_sat_f32_s */
    case 'F': op_fc(g, 2); break;
    case 'v': put(&g->code, "\xFD\x1B\x02", 3); break; /* i32x4.extract_lane 2 */
    default: op(g, 0xD1);
    }
    put(&g->code, "\x10\x00\x1A", 3);
}

/* At a loop's beginning, with its params on the stack. */
static void begin_round(struct gen *g) {
    bool is_guarded = pick(g, 8) != 7;
    if (is_guarded) guard_loop(g);
    if (g->options->tells_host && pick(g, 2)) tell_local(g);
}

/* At its end: it goes on if few rounds were counted. */
static void end_round(struct gen *g) {
    const struct vts params = top_frame(g)->label;
    if (!g->options->tells_host || top_frame(g)->is_dead || !pick(g, 2)) return;
    need(g, &params);
    op(g, 0x20);
    put_leb(&g->code, g->counter);
    put(&g->code, "\x41\x01\x6B\x41\x10\x49\x0D\x00", 8); /* 1 to 16 of them */
    pop(g, params.count);
    push_all(g, &params);
}

static void make_block(struct gen *g) {
    struct vts params = {0}, results = {0};
    if (g->depth >= DEPTH_MAX - 2 || g->count > STACK_MAX / 2) return;
    uint8_t opcode = (uint8_t)(BLOCK + pick(g, 3));
    if (!top_frame(g)->is_dead) params.count = pick(g, there(g) < 3 ? there(g) + 1 : 4);
    memcpy(params.list, g->stack + g->count - params.count, params.count * sizeof *params.list);
    for (uint32_t i = pick(g, 3); i > 0; i--)
        results.list[results.count++] = random_vt(g, g->type_count);
    if (params.count + results.count > 1 && func_type(g, &params, &results) < 0) return;
    if (opcode == IF) make_value(g, an_i32, 2);
    if (opcode == IF) pop(g, 1);
    if (!begin_block(g, opcode, &params, &results)) return;
    if (opcode == LOOP) begin_round(g);
    make_inside(g);
    if (opcode == LOOP) end_round(g);
    if (opcode == IF && (params.count || results.count || pick(g, 2))) {
        settle(g);
        struct frame *f = top_frame(g);
        op(g, ELSE);
        g->count = f->height;
        g->set = f->set;
        f->is_dead = false;
        push_all(g, &params);
        make_inside(g);
    }
    end_block(g);
    for (int i = 0; opcode == LOOP && g->options->tells_host && i < 2; i++) tell_local(g);
}

/* --- Branches --- */

static const struct vts *label_of(struct gen *g, uint32_t label) {
    return &g->frames[g->depth - 1 - label].label;
}

static struct vts with(const struct vts *types, struct vt more) {
    struct vts all = *types;
    if (all.count < LABEL_MAX) all.list[all.count++] = more;
    return all;
}
static struct vts without_last(const struct vts *types) {
    struct vts all = *types;
    all.count--;
    return all;
}

static void put_op_label(struct gen *g, uint8_t opcode, uint32_t label) {
    op(g, opcode);
    put_leb(&g->code, label);
}

static void make_br(struct gen *g, uint32_t label) {
    need(g, label_of(g, label));
    put_op_label(g, 0x0C, label);
    set_dead(g);
}

static void make_br_if(struct gen *g, uint32_t label) {
    const struct vts types = *label_of(g, label), all = with(&types, an_i32);
    need(g, &all);
    put_op_label(g, 0x0D, label);
    pop(g, all.count);
    push_all(g, &types);
}

static bool same_list(const struct vts *a, const struct vts *b) {
    bool same = a->count == b->count;
    for (uint32_t i = 0; same && i < a->count; i++) same = same_vt(a->list[i], b->list[i]);
    return same;
}

/* Labels of the same types as the first; the others are left out. */
static void make_br_table(struct gen *g, uint32_t label) {
    uint32_t labels[8] = {label}, count = 1;
    for (uint32_t i = pick(g, 7); i > 0; i--) {
        uint32_t other = pick(g, g->depth);
        if (same_list(label_of(g, other), label_of(g, label))) labels[count++] = other;
    }
    const struct vts all = with(label_of(g, label), an_i32);
    need(g, &all);
    put_op_label(g, 0x0E, count - 1);
    for (uint32_t i = 0; i < count; i++) put_leb(&g->code, labels[i]);
    set_dead(g);
}

static void make_br_on_null(struct gen *g, uint32_t label) {
    const struct vts types = *label_of(g, label);
    struct vt t = random_vt(g, g->type_count);
    if (!is_ref(t)) t = (struct vt){'n', HEAP_ANY};
    need(g, &types);
    make_value(g, t, 2);
    /* What is there may be of a lower type than what was asked for, or of none that is known. */
    if (there(g) == 0) return;
    t = g->stack[g->count - 1];
    put_op_label(g, 0xD5, label);
    pop(g, types.count + 1);
    push_all(g, &types);
    push(g, (struct vt){'r', t.heap});
}

static void make_br_on_non_null(struct gen *g, uint32_t label) {
    const struct vts types = *label_of(g, label);
    if (types.count == 0 || !is_ref(types.list[types.count - 1])) return;
    const struct vts rest = without_last(&types);
    need(g, &rest);
    make_value(g, (struct vt){'n', types.list[types.count - 1].heap}, 2);
    put_op_label(g, 0xD6, label);
    pop(g, types.count);
    push_all(g, &rest);
}

/* From the top of the hierarchy to some type below it. */
static void make_br_on_cast(struct gen *g, uint32_t label) {
    const struct vts types = *label_of(g, label);
    if (types.count == 0 || !is_ref(types.list[types.count - 1])) return;
    const struct vt last = types.list[types.count - 1];
    if (heap_top(g, last.heap) == HEAP_EXN) return;
    struct vt from = {'n', heap_top(g, last.heap)}, to = random_vt(g, g->type_count);
    if (!fits(g, to, from)) to = last;
    struct vt rest_of = {to.kind == 'n' ? 'r' : 'n', from.heap};
    bool on_success = pick(g, 2);
    if (!fits(g, on_success ? to : rest_of, last)) return;
    const struct vts rest = without_last(&types);
    need(g, &rest);
    make_value(g, from, 2);
    op_fb(g, on_success ? 0x18 : 0x19);
    put_byte(&g->code, (uint8_t)(1 | (to.kind == 'n' ? 2 : 0)));
    put_leb(&g->code, label);
    put_sleb(&g->code, from.heap);
    put_sleb(&g->code, to.heap);
    pop(g, types.count);
    push_all(g, &rest);
    push(g, on_success ? rest_of : to);
}

/* --- Calls --- */

/* A tail call must give what this function gives. */
static bool may_be_last(struct gen *g, const struct vts *results) {
    const struct vts *ours = &g->frames[0].results;
    bool fit = results->count == ours->count;
    for (uint32_t i = 0; fit && i < results->count; i++)
        fit = fits(g, results->list[i], ours->list[i]);
    return fit;
}

static void finish_call(struct gen *g, uint32_t operands, const struct vts *results,
                        bool is_last) {
    pop(g, operands);
    if (is_last) set_dead(g);
    else push_all(g, results);
}

static void make_call(struct gen *g) {
    uint32_t f = pick(g, g->func_count);
    struct vts params = params_of(g, g->funcs[f]), results = results_of(g, g->funcs[f]);
    bool is_last = pick(g, 4) == 3 && may_be_last(g, &results);
    need(g, &params);
    op(g, is_last ? 0x12 : 0x10);
    put_leb(&g->code, f);
    finish_call(g, params.count, &results, is_last);
}

static void make_call_indirect(struct gen *g) {
    int32_t type = pick(g, 4) ? (int32_t)g->funcs[pick(g, g->func_count)] : find_type(g, 'f');
    if (type < 0) return;
    struct vts params = params_of(g, (uint32_t)type), results = results_of(g, (uint32_t)type);
    bool is_last = pick(g, 4) == 3 && may_be_last(g, &results);
    need(g, &params);
    if (pick(g, 2)) {
        make_index(g, g->tables[0].is64, FUNCS_MAX);
        op(g, is_last ? 0x13 : 0x11);
        put_leb(&g->code, (uint32_t)type);
        put_leb(&g->code, 0);
    } else {
        make_value(g, (struct vt){'n', type}, 2);
        op(g, is_last ? 0x15 : 0x14);
        put_leb(&g->code, (uint32_t)type);
    }
    finish_call(g, params.count + 1, &results, is_last);
}

/* --- Exceptions --- */

static void make_throw(struct gen *g) {
    if (g->tag_count == 0 || pick(g, 3) == 2) {
        make_value(g, (struct vt){'n', HEAP_EXN}, 2);
        op(g, 0x0A);
    } else {
        uint32_t tag = pick(g, g->tag_count);
        struct vts params = params_of(g, g->tags[tag]);
        need(g, &params);
        op(g, 0x08);
        put_leb(&g->code, tag);
    }
    set_dead(g);
}

/* A clause for the tag, or any if that is -1, that leads to the innermost label; then for some of
 * the others. */
static uint32_t put_catches(struct gen *g, struct bytes *out, int tag, bool with_ref) {
    uint32_t count = 1;
    if (tag < 0) {
        put_byte(out, with_ref ? 3 : 2);
    } else {
        put_byte(out, with_ref ? 1 : 0);
        put_leb(out, (uint32_t)tag);
    }
    put_leb(out, 0);
    for (uint32_t label = 1; label < g->depth && count < 3; label++) {
        const struct vts *types = label_of(g, label);
        bool takes_ref = types->count == 1 && fits(g, an_exception, types->list[0]);
        if (!(types->count == 0 || takes_ref) || pick(g, 2)) continue;
        put_byte(out, takes_ref ? 3 : 2);
        put_leb(out, label);
        count++;
    }
    return count;
}

/* A block that takes what is caught, and try_table within. */
static void make_try(struct gen *g) {
    struct vts none = {0}, caught = {0};
    struct bytes catches = {0};
    if (g->depth >= DEPTH_MAX - 3 || g->count > STACK_MAX / 2) return;
    int tag = g->tag_count && pick(g, 4) ? (int)pick(g, g->tag_count) : -1;
    if (tag >= 0) caught = params_of(g, g->tags[tag]);
    bool with_ref = caught.count < LABEL_MAX && pick(g, 2);
    if (with_ref) caught = with(&caught, an_exception);
    if (caught.count > 1 && func_type(g, &none, &caught) < 0) return;
    if (!begin_block(g, BLOCK, &none, &caught)) return;
    uint32_t count = put_catches(g, &catches, tag, with_ref);
    op(g, TRY_TABLE);
    put_byte(&g->code, 0x40);
    put_leb(&g->code, count);
    put(&g->code, catches.data, catches.size);
    free(catches.data);
    g->frames[g->depth++] = (struct frame){.height = g->count, .set = g->set};
    make_inside(g);
    if (pick(g, 2)) make_throw(g);
    end_block(g);
    end_block(g);
}

void make_control(struct gen *g) {
    uint32_t label = pick(g, g->depth);
    switch (pick(g, 20)) {
    case 0: case 1: case 2: case 3: case 4: make_block(g); break;
    case 5: case 6: make_call(g); break;
    case 7: case 8: make_call_indirect(g); break;
    case 9: case 10: make_br_if(g, label); break;
    case 11: make_br_table(g, label); break;
    case 12: make_br_on_null(g, label); break;
    case 13: make_br_on_non_null(g, label); break;
    case 14: make_br_on_cast(g, label); break;
    case 15: case 16: make_try(g); break;
    case 17: make_throw(g); break;
    case 18:
        if (pick(g, 2)) {
            need(g, &g->frames[0].results);
            op(g, 0x0F);
        } else {
            op(g, 0x00);
        }
        set_dead(g);
        break;
    default: make_br(g, label);
    }
}
