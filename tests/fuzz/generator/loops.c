/*
 * loops.c - loops over memory 0 whose addresses follow the rounds, as the compiler looks for them:
 * up and down, by one and by more, towards ends that are known or not; near the memory's end and
 * where 32 bits wrap; with stores that overlap loads; and with what leaves them, or traps, midway.
 */
#include "fuzz/generator/inside.h"

/* Locals of the function (LOOP_LOCALS): for each depth three, then sums. */
enum { INDEX, LIMIT, POINTER, LOCALS_A_LOOP };
enum { SUM_I = LOOP_DEPTH_MAX * LOCALS_A_LOOP, SUM_L, SUM_F, SUM_V };

static const int32_t near[] = {0, 8, 64, 1024, 4096, 65536 - 32, 65536 - 8, 65536, 65537,
                               131072 - 4, -4, -8, -65536, INT32_MAX - 7, INT32_MIN};
enum { NEAR = sizeof near / sizeof *near };

/* --- Small things --- */

static void put_op(struct gen *g, uint8_t opcode, uint32_t operand) {
    op(g, opcode);
    put_leb(&g->code, operand);
}
static void get(struct gen *g, uint32_t local) { put_op(g, 0x20, g->loops + local); }
static void set(struct gen *g, uint32_t local) { put_op(g, 0x21, g->loops + local); }

static void constant(struct gen *g, int32_t value) {
    op(g, 0x41);
    put_sleb(&g->code, value);
}

/* A number that the compiler knows, or not. */
static void number(struct gen *g, int32_t value) {
    bool is_known = pick(g, 2);
    if (!is_known) put_op(g, 0x23, GLOBAL_ZERO);
    constant(g, value);
    if (!is_known) op(g, 0x6A);
}

static uint32_t local_of(uint32_t depth, uint32_t which) {
    return depth * LOCALS_A_LOOP + which;
}
static uint32_t some_depth(struct gen *g) {
    return pick(g, 4) ? g->loop_depth - 1 : pick(g, g->loop_depth);
}

/* --- Addresses --- */

static void scaled_index(struct gen *g) {
    static const int32_t factors[] = {3, 12, -4, 24, -1, 65537, 0x10000000, 100};
    get(g, local_of(some_depth(g), INDEX));
    switch (pick(g, 8)) {
    case 0: break;
    case 1:
        constant(g, factors[pick(g, 8)]);
        op(g, 0x6C);
        break;
    case 2:
        constant(g, (int32_t)pick(g, 256));
        op(g, 0x71);
        break;
    default:
        constant(g, (int32_t)pick(g, 5));
        op(g, 0x74);
    }
}

/* An i32; its type is not on the model's stack, as it never stays. */
static void address_32(struct gen *g) {
    switch (pick(g, 10)) {
    case 0: get(g, local_of(some_depth(g), INDEX)); return;
    case 1: case 2: get(g, local_of(some_depth(g), POINTER)); return;
    case 3:
        number(g, near[pick(g, NEAR)]);
        scaled_index(g);
        op(g, 0x6B);
        return;
    case 4:
        get(g, local_of(pick(g, g->loop_depth), INDEX));
        constant(g, 1 << pick(g, 12));
        op(g, 0x6C);
        scaled_index(g);
        op(g, 0x6A);
        return;
    case 5: case 6:
        scaled_index(g);
        number(g, near[pick(g, NEAR)]);
        op(g, 0x6A);
        return;
    case 7: number(g, near[pick(g, NEAR)]); return; /* the same in each round */
    default: scaled_index(g);
    }
}

static void address(struct gen *g) {
    address_32(g);
    if (g->memory_is64[0]) op(g, pick(g, 4) ? 0xAD : 0xAC);
}

static void memarg(struct gen *g, uint32_t align_most, bool is_exact) {
    static const uint32_t offsets[] = {0, 4, 8, 16, 1, 64, 1024, 65532, 65536, 0xFFFFFFF0,
                                       0xFFFF0000, 0x80000000};
    put_leb(&g->code, is_exact ? align_most : pick(g, align_most + 1));
    uint32_t n = pick(g, 24);
    put_leb(&g->code, n < 12 ? offsets[n] : n & 4);
}

/* --- Accesses --- */

static const struct access {
    char kind;
    uint8_t load, store, align;
} accesses[] = {
    {'i', 0x28, 0x36, 2}, {'i', 0x28, 0x36, 2}, {'i', 0x2C, 0x3A, 0}, {'i', 0x2D, 0x3A, 0},
    {'i', 0x2E, 0x3B, 1}, {'i', 0x2F, 0x3B, 1}, {'I', 0x29, 0x37, 3}, {'I', 0x34, 0x3E, 2},
    {'I', 0x35, 0x3E, 2}, {'I', 0x30, 0x3C, 0}, {'f', 0x2A, 0x38, 2}, {'F', 0x2B, 0x39, 3},
    {'v', 0x00, 0x0B, 4},
};

static const struct access *some_access(struct gen *g) {
    return &accesses[pick(g, sizeof accesses / sizeof *accesses)];
}
static void access_op(struct gen *g, const struct access *a, bool is_store) {
    if (a->kind == 'v') op(g, 0xFD);
    op(g, is_store ? a->store : a->load);
    memarg(g, a->align, false);
}
static void load(struct gen *g, const struct access *a) {
    address(g);
    access_op(g, a, false);
}

static uint32_t sum_of(char kind) {
    return kind == 'i' ? SUM_I : kind == 'I' ? SUM_L : kind == 'v' ? SUM_V : SUM_F;
}

/* Two values of the kind become one. What may be a NaN that differs from engine to engine is only
 * moved. */
static void combine(struct gen *g, char kind) {
    static const uint8_t ints[] = {0x6A, 0x6A, 0x6B, 0x6C, 0x73, 0x71, 0x72, 0x6A};
    static const uint8_t vectors[][2] = {{0xAE, 0x01}, {0x6E, 0}, {0x51, 0}, {0xCE, 0x01}};
    uint32_t n = pick(g, 8);
    switch (kind) {
    case 'i': op(g, ints[n]); break;
    case 'I': op(g, (uint8_t)(ints[n] + 0x12)); break;
    case 'v':
        op(g, 0xFD);
        op(g, vectors[n % 4][0]);
        if (vectors[n % 4][1]) op(g, vectors[n % 4][1]);
        break;
    case 'f':
        op(g, g->options->is_portable ? 0x98 : (uint8_t)(0x92 + n % 4));
        break;
    default: op(g, g->options->is_portable ? 0xA6 : (uint8_t)(0xA0 + n % 4));
    }
}

/* A value of the kind that no memory is asked for. */
static void own_value(struct gen *g, char kind) {
    uint32_t index = local_of(some_depth(g), INDEX);
    switch (kind) {
    case 'i': get(g, pick(g, 3) ? index : SUM_I); break;
    case 'I':
        if (pick(g, 2)) {
            get(g, SUM_L);
            break;
        }
        get(g, index);
        op(g, 0xAC);
        break;
    case 'f':
        get(g, index);
        op(g, 0xB2);
        break;
    case 'F':
        get(g, index);
        op(g, 0xB7);
        break;
    default: get(g, SUM_V);
    }
}

static void make_sum(struct gen *g) {
    const struct access *a = some_access(g);
    if (a->kind == 'f') a = accesses;
    get(g, sum_of(a->kind));
    load(g, a);
    combine(g, a->kind);
    set(g, sum_of(a->kind));
}

static void make_store(struct gen *g) {
    const struct access *a = some_access(g);
    address(g);
    switch (pick(g, 4)) {
    case 0: own_value(g, a->kind); break;
    case 1: load(g, a); break;
    case 2:
        load(g, a);
        load(g, a);
        combine(g, a->kind);
        break;
    default:
        load(g, a);
        own_value(g, a->kind);
        combine(g, a->kind);
    }
    access_op(g, a, true);
}

static void make_atomic(struct gen *g) {
    get(g, local_of(some_depth(g), INDEX));
    constant(g, 2 + (int32_t)pick(g, 2));
    op(g, 0x74);
    if (g->memory_is64[0]) op(g, 0xAD);
    get(g, SUM_I);
    put(&g->code, "\xFE\x1E\x02\x00", 4); /* i32.atomic.rmw.add */
    set(g, SUM_I);
}

static void make_bulk(struct gen *g) {
    bool is_fill = pick(g, 2);
    address(g);
    if (is_fill) get(g, SUM_I);
    else address(g);
    op(g, g->memory_is64[0] ? 0x42 : 0x41);
    put_sleb(&g->code, pick(g, 20));
    op_fc(g, is_fill ? 11 : 10);
    op(g, 0);
    if (!is_fill) op(g, 0);
}

/* --- What else a loop does --- */

static void condition(struct gen *g) {
    get(g, local_of(some_depth(g), INDEX));
    constant(g, pick(g, 2) ? 1 << pick(g, 6) : 7);
    op(g, pick(g, 2) ? 0x71 : (uint8_t)(0x46 + pick(g, 10)));
}

static void make_if(struct gen *g, uint32_t block) {
    condition(g);
    uint32_t way = pick(g, 6);
    if (way == 0) { /* on, or out: the loop is between the two */
        put_op(g, 0x0D, g->depth - 1 - block + 2 * pick(g, 2));
        return;
    }
    put(&g->code, "\x04\x40", 2);
    if (way == 1) op(g, 0x00);
    else if (way < 4) make_store(g);
    else make_sum(g);
    if (pick(g, 3) == 2) {
        op(g, 0x05);
        make_store(g);
    }
    op(g, 0x0B);
}

static void make_division(struct gen *g) {
    get(g, SUM_I);
    number(g, (int32_t)pick(g, 40));
    get(g, local_of(some_depth(g), INDEX));
    op(g, 0x6B);
    op(g, (uint8_t)(0x6D + pick(g, 4)));
    set(g, SUM_I);
}

static void make_whole(struct gen *g) {
    if (pick(g, 2)) constant(g, (int32_t)pick(g, 2));
    else get(g, SUM_I);
    if (g->memory_is64[0]) op(g, 0xAD);
    if (pick(g, 3)) op(g, 0x1A);
    else put(&g->code, "\x40\x00\x1A", 3);
    put(&g->code, "\x3F\x00", 2);
    if (g->memory_is64[0]) op(g, 0xA7);
    get(g, SUM_I);
    op(g, 0x6A);
    set(g, SUM_I);
}

static void keep_sums(struct gen *g) {
    put_op(g, 0x23, GLOBAL_SUM);
    constant(g, 31);
    op(g, 0x6C);
    get(g, SUM_I);
    op(g, 0x6A);
    put_op(g, 0x24, GLOBAL_SUM);
    put_op(g, 0x23, GLOBAL_SUM + 1);
    get(g, SUM_L);
    op(g, 0x85);
    put_op(g, 0x24, GLOBAL_SUM + 1);
}

/* The host is told a number, and may do what it wants to the loop that waits for it. */
static void make_call_of_host(struct gen *g) {
    get(g, pick(g, 2) ? SUM_I : local_of(some_depth(g), INDEX));
    put_op(g, 0x10, 0);
    get(g, SUM_I);
    op(g, 0x73);
    set(g, SUM_I);
}

/* `block` is the frame of what is around it, whose end goes on with the loop. */
static void make_round(struct gen *g, uint32_t block) {
    for (uint32_t i = 1 + pick(g, 4); i > 0 && g->code.size < CODE_MAX; i--) {
        switch (pick(g, 32)) {
        case 0: case 1: case 2: case 3: case 4: case 5: make_sum(g); break;
        case 6: case 7: case 8: make_if(g, block); break;
        case 9: make_division(g); break;
        case 10: make_bulk(g); break;
        case 11: make_whole(g); break;
        case 12: make_atomic(g); break;
        case 13: keep_sums(g); break;
        case 14: make_statement(g); break;
        case 15: case 16: case 17: make_loop(g); break;
        case 18: put_op(g, 0x10, 1); break; /* the host may call back */
        default: make_store(g);
        }
    }
}

/* --- Loops --- */

struct shape {
    uint32_t index, limit, pointer;
    int32_t start, step, rounds, stride;
    bool counts_down; /* the limit is the number of rounds that are left */
};

static struct shape make_shape(struct gen *g) {
    static const int32_t rounds[] = {0, 1, 2, 3, 5, 8, 16, 17, 31, 40, 64, 100};
    static const int32_t steps[] = {1, 1, 1, 1, 2, 3, 4, 8, 16, -1, -1, -2, -4, -8, 7, 1000};
    static const int32_t starts[] = {0, 0, 0, 1, 3, 100, 65536 - 16, 65535, 131072 - 64, -1, -8,
                                     -64, INT32_MAX - 15, INT32_MIN, 0x3FF0, 0x4000};
    static const int32_t strides[] = {1, 4, 8, -4, 16, 2, -1, 12, 0};
    uint32_t depth = g->loop_depth;
    return (struct shape){.index = local_of(depth, INDEX), .limit = local_of(depth, LIMIT),
                          .pointer = local_of(depth, POINTER), .start = starts[pick(g, 16)],
                          .step = steps[pick(g, 16)], .rounds = rounds[pick(g, 12)],
                          .stride = strides[pick(g, 9)], .counts_down = pick(g, 5) == 4};
}

static void begin(struct gen *g, const struct shape *s) {
    uint32_t limit = (uint32_t)s->start + (uint32_t)s->step * (uint32_t)s->rounds;
    number(g, s->start);
    set(g, s->index);
    number(g, s->counts_down ? s->rounds : (int32_t)limit);
    set(g, s->limit);
    number(g, near[pick(g, NEAR)]);
    set(g, s->pointer);
}

static void add(struct gen *g, uint32_t local, int32_t what) {
    get(g, local);
    constant(g, what);
    op(g, 0x6A);
    set(g, local);
}

/* Leaves an i32: does it go on? */
static void test(struct gen *g, const struct shape *s) {
    /* lt_s gt_s, lt_u gt_u, ne, le_s ge_s */
    static const uint8_t up[] = {0x48, 0x49, 0x47, 0x48, 0x49, 0x4C, 0x4D, 0x47},
                         down[] = {0x4A, 0x4B, 0x47, 0x4A, 0x4B, 0x4E, 0x4F, 0x47};
    uint32_t n = pick(g, 8);
    get(g, s->counts_down ? s->limit : s->index);
    if (s->counts_down) return;
    get(g, s->limit);
    op(g, s->step > 0 ? up[n] : down[n]);
}

static void go_on(struct gen *g, const struct shape *s) {
    add(g, s->index, s->step);
    if (s->stride) add(g, s->pointer, s->stride);
    if (s->counts_down) add(g, s->limit, -1);
}

/*
 *   block                       block
 *     (test; eqz; br_if 0)        loop
 *     loop                          test; eqz; br_if 1
 *       block round end             block round end
 *       on; test; br_if 0           on; br 0
 *     end                         end
 *   end                         end
 */
void make_loop(struct gen *g) {
    static const struct vts none = {0};
    if (g->loop_depth >= LOOP_DEPTH_MAX || g->depth + 4 >= DEPTH_MAX || top_frame(g)->is_dead ||
        g->code.size >= CODE_MAX || g->memory_count == 0)
        return;
    const struct shape s = make_shape(g);
    bool tests_first = pick(g, 3) == 2, is_guarded = pick(g, 3);
    begin(g, &s);
    uint32_t block = g->depth;
    (void)begin_block(g, 0x02, &none, &none);
    if (is_guarded && !tests_first) {
        test(g, &s);
        put(&g->code, "\x45\x0D\x00", 3);
    }
    (void)begin_block(g, 0x03, &none, &none);
    if (tests_first) {
        test(g, &s);
        put(&g->code, "\x45\x0D\x01", 3);
    }
    g->loop_depth++;
    if (g->options->tells_host && pick(g, 8) == 7) make_call_of_host(g);
    (void)begin_block(g, 0x02, &none, &none);
    make_round(g, block + 2);
    end_block(g);
    g->loop_depth--;
    go_on(g, &s);
    if (!tests_first) test(g, &s);
    put_op(g, tests_first ? 0x0C : 0x0D, 0);
    end_block(g);
    end_block(g);
    if (g->loop_depth == 0) keep_sums(g);
}
