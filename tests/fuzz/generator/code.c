/* code.c - the model of the operand stack, instructions by their signature, functions. */
#include "fuzz/generator/inside.h"

#include "wasm/opcodes.h"

/* --- The stack --- */

struct frame *top_frame(struct gen *g) { return &g->frames[g->depth - 1]; }
uint32_t there(struct gen *g) { return g->count - top_frame(g)->height; }

void push(struct gen *g, struct vt t) {
    if (g->count < STACK_MAX) g->stack[g->count++] = t;
    else set_dead(g); /* never: statements end long before */
}
void push_all(struct gen *g, const struct vts *types) {
    for (uint32_t i = 0; i < types->count; i++) push(g, types->list[i]);
}
void pop(struct gen *g, uint32_t count) { g->count -= count < there(g) ? count : there(g); }
void set_dead(struct gen *g) {
    g->count = top_frame(g)->height;
    top_frame(g)->is_dead = true;
}

void op(struct gen *g, uint8_t byte) { put_byte(&g->code, byte); }
void op_fb(struct gen *g, uint32_t code) {
    put_byte(&g->code, 0xFB);
    put_leb(&g->code, code);
}
void op_fc(struct gen *g, uint32_t code) {
    put_byte(&g->code, 0xFC);
    put_leb(&g->code, code);
}

/* --- Instructions whose signature says it all --- */

static const struct encoding {
    uint8_t prefix;
    uint16_t code;
} encodings[WASM_OP_COUNT] = {
#define PREFIX_NONE 0
#define PREFIX_FB 0xFB
#define PREFIX_FC 0xFC
#define PREFIX_FD 0xFD
#define PREFIX_FE 0xFE
#define WASM_OP(id, prefix, code, text, imm, sig, align, feature) \
    [WASM_OP_##id] = {PREFIX_##prefix, code},
#include "wasm/opcodes.def"
#undef WASM_OP
};

static bool has_address(const struct wasm_op_info *info) {
    const char *colon = strchr(info->signature, ':');
    return info->signature[0] == 'a' || colon[1] == 'a';
}

static bool is_made_here(const struct gen *g, uint32_t n) {
    const struct wasm_op_info *info = &wasm_op_infos[n];
    if (n == WASM_OP_NONE || info->signature[0] == '*') return false;
    if (info->feature == WASM_FEATURE_RELAXED_SIMD && g->options->is_portable) return false;
    if (n == WASM_OP_ELEM_DROP && g->elem_count == 0) return false;
    return !has_address(info) || g->memory_count > 0;
}

static uint32_t lanes_of(const struct wasm_op_info *info) { return 16u >> info->alignment; }

static const char *text_of(const struct wasm_op_info *info) {
    return wasm_op_name((enum wasm_op)(info - wasm_op_infos));
}

/* Atomic accesses state their natural alignment, and trap unless the address has it. */
static bool is_atomic(const struct wasm_op_info *info) {
    return info->feature == WASM_FEATURE_THREADS;
}

static void put_memarg(struct gen *g, const struct wasm_op_info *info, uint32_t memory) {
    uint32_t align = is_atomic(info) ? info->alignment : pick(g, info->alignment + 1u);
    put_leb(&g->code, align | (memory ? 0x40 : 0));
    if (memory) put_leb(&g->code, memory);
    uint32_t far = pick(g, 16);
    uint32_t near = pick(g, 40);
    if (is_atomic(info) && pick(g, 8) != 7) near = near >> align << align;
    put_leb(&g->code, far == 15 ? 0xFFFFFFF0 : far == 14 ? 65535 : near);
}

static void put_immediates(struct gen *g, const struct wasm_op_info *info, uint32_t memory) {
    switch ((enum wasm_immediates)info->immediates) {
    case WASM_IMM_MEMARG: put_memarg(g, info, memory); break;
    case WASM_IMM_MEMARG_LANE:
        put_memarg(g, info, memory);
        put_byte(&g->code, (uint8_t)pick(g, lanes_of(info)));
        break;
    case WASM_IMM_LANE: put_byte(&g->code, (uint8_t)pick(g, lanes_of(info))); break;
    case WASM_IMM_SHUFFLE:
        for (int i = 0; i < 16; i++) put_byte(&g->code, (uint8_t)pick(g, 32));
        break;
    case WASM_IMM_MEMORY: put_leb(&g->code, memory); break;
    case WASM_IMM_DATA: put_leb(&g->code, pick(g, DATAS)); break;
    case WASM_IMM_ELEM: put_leb(&g->code, pick(g, g->elem_count)); break;
    case WASM_IMM_DATA_MEMORY:
        put_leb(&g->code, pick(g, DATAS));
        put_leb(&g->code, memory);
        break;
    case WASM_IMM_FENCE: put_byte(&g->code, 0); break;
    default: break;
    }
}

/* The value on top may be a NaN whose bits are the engine's choice: puts another one, or zeros for
 * lanes, in its place. */
static void make_canonical(struct gen *g, const struct wasm_op_info *info, char kind) {
    static const char kinds[] = "fFv";
    static const uint8_t nans[][18] = {
        {0x43, 0, 0, 0xC0, 0x7F}, {0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F}, {0xFD, 0x0C}};
    static const uint8_t sizes[] = {5, 9, 18};
    static const char *const selects[] = {"\x5B\x1B", "\x61\x1B", "\xFD\x41\xFD\x52"};
    uint32_t k = (uint32_t)(strchr(kinds, kind) - kinds);
    for (int i = 0; i < 3; i++) { /* value, NaN, value, value, which equals itself unless ... */
        op(g, i == 0 ? 0x22 : 0x20);
        put_leb(&g->code, g->canon + k);
        if (i == 0) put(&g->code, nans[k], sizes[k]);
    }
    if (kind == 'v' && text_of(info)[1] == '6') put(&g->code, "\xFD\x47\xFD\x52", 4);
    else put(&g->code, selects[k], strlen(selects[k]));
}

static bool may_be_nan(const struct wasm_op_info *info, char result) {
    static const char *const exact[] = {"const", "load", "reinterpret", "neg", "abs", "copysign"};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (strstr(text_of(info), exact[i])) return false;
    if (result == 'f' || result == 'F') return true;
    return strncmp(text_of(info), "f32x4.", 6) == 0 || strncmp(text_of(info), "f64x2.", 6) == 0;
}

static void make_address(struct gen *g, const struct wasm_op_info *info, bool is64) {
    if (!is_atomic(info) || pick(g, 4) == 3) {
        make_index(g, is64, 65600);
        return;
    }
    op(g, is64 ? 0x42 : 0x41);
    put_sleb(&g->code, (int64_t)(pick(g, 65600) >> info->alignment << info->alignment));
    push(g, (struct vt){is64 ? 'I' : 'i', 0});
}

/* Nobody notifies a single thread, and code that sleeps in a loop would take very long on a busy
 * machine: a nanosecond has passed before it would. */
static void make_timeout(struct gen *g) {
    op(g, 0x42);
    put_sleb(&g->code, pick(g, 2));
    push(g, (struct vt){'I', 0});
}

static void make_op(struct gen *g, uint32_t n, int depth) {
    const struct wasm_op_info *info = &wasm_op_infos[n];
    const char *colon = strchr(info->signature, ':');
    uint32_t memory = g->memory_count ? pick(g, g->memory_count) : 0, count = 0;
    bool is64 = g->memory_count && g->memory_is64[memory];
    bool waits = n == WASM_OP_MEMORY_ATOMIC_WAIT32 || n == WASM_OP_MEMORY_ATOMIC_WAIT64;
    for (const char *p = info->signature; p < colon; p++, count++) {
        if (*p == 'a') make_address(g, info, is64);
        else if (waits && p + 1 == colon) make_timeout(g);
        else make_value(g, (struct vt){*p, 0}, depth - 1);
    }
    if (encodings[n].prefix) put_byte(&g->code, encodings[n].prefix);
    put_leb(&g->code, encodings[n].code);
    put_immediates(g, info, memory);
    pop(g, count);
    char result = colon[1] == 'a' ? (is64 ? 'I' : 'i') : colon[1];
    if (result) push(g, (struct vt){result, 0});
    if (g->options->is_portable && result && may_be_nan(info, result))
        make_canonical(g, info, result);
}

bool make_plain(struct gen *g, char result, int depth) {
    for (int tries = 0; tries < 40; tries++) {
        uint32_t n = pick(g, WASM_OP_COUNT);
        if (!is_made_here(g, n)) continue;
        const char *colon = strchr(wasm_op_infos[n].signature, ':');
        if (result && colon[1] != result) continue;
        if (wasm_op_infos[n].immediates >= WASM_IMM_I32 &&
            wasm_op_infos[n].immediates <= WASM_IMM_V128)
            continue; /* constants are made elsewhere */
        if (n == WASM_OP_MEMORY_GROW && pick(g, 4)) continue;
        make_op(g, n, depth);
        return true;
    }
    return false;
}

/* --- Variables --- */

static void make_set_local(struct gen *g) {
    if (g->local_count == 0) return;
    uint32_t n = pick(g, g->local_count);
    bool is_tee = pick(g, 3) == 2;
    need(g, &(struct vts){.list = {g->locals[n]}, .count = 1});
    op(g, is_tee ? 0x22 : 0x21);
    put_leb(&g->code, n);
    pop(g, 1);
    g->set |= 1u << n;
    if (is_tee) push(g, g->locals[n]);
}

static void make_set_global(struct gen *g) {
    uint32_t n = g->global_count ? pick(g, g->global_count) : 0;
    if (g->global_count == 0 || !g->globals[n].is_mutable) return;
    need(g, &(struct vts){.list = {g->globals[n].type}, .count = 1});
    op(g, 0x24);
    put_leb(&g->code, n);
    pop(g, 1);
}

/* Reads a local that was read before, which then is set: what was read has to stay. */
static void make_get_set(struct gen *g) {
    uint32_t n = g->local_count ? pick(g, g->local_count) : 0;
    if (g->local_count == 0 || !(g->set >> n & 1)) return;
    for (uint32_t i = 1 + pick(g, 3); i > 0; i--) {
        op(g, 0x20);
        put_leb(&g->code, n);
        push(g, g->locals[n]);
    }
    if (pick(g, 2)) (void)make_plain(g, 0, 2);
    make_value(g, g->locals[n], 2);
    op(g, 0x21);
    put_leb(&g->code, n);
    pop(g, 1);
}

static void make_select(struct gen *g) {
    struct vt t = random_vt(g, g->type_count);
    need(g, &(struct vts){.list = {t, t, {'i', 0}}, .count = 3});
    if (is_ref(t) || pick(g, 2)) {
        op(g, 0x1C);
        put_leb(&g->code, 1);
        put_vt(&g->code, t);
    } else {
        op(g, 0x1B);
    }
    pop(g, 3);
    push(g, t);
}

static void make_drop(struct gen *g) {
    if (there(g) == 0 && !top_frame(g)->is_dead) return;
    op(g, 0x1A);
    pop(g, 1);
}

/* --- Functions --- */

void make_statement(struct gen *g) {
    switch (pick(g, 16)) {
    case 0: case 1: make_set_local(g); break;
    case 2: make_set_global(g); break;
    case 3: make_select(g); break;
    case 4: make_drop(g); break;
    case 5: make_value(g, random_vt(g, g->type_count), 3); break;
    case 6: make_get_set(g); break;
    case 7: case 8: (void)make_plain(g, 0, 3); break;
    case 9: case 10: case 11: case 12: make_control(g); break;
    default: make_object(g);
    }
}

static void make_locals(struct gen *g, const struct vts *params) {
    uint32_t count = params->count + pick(g, 6);
    g->local_count = 0;
    for (uint32_t i = 0; i < count; i++)
        g->locals[g->local_count++] =
            i < params->count ? params->list[i] : random_vt(g, g->type_count);
    g->set = 0;
    for (uint32_t i = 0; i < count; i++)
        if (i < params->count || g->locals[i].kind != 'r') g->set |= 1u << i;
    g->counter = count; /* these are not in local_count, so that no statement touches them */
    g->canon = count + 1;
    g->loops = count + 4;
    g->loop_depth = 0;
}

static void put_locals(struct gen *g, const struct vts *params, struct bytes *out) {
    static const char *const extra = "ifFv" "iiiiiiiii" "iIFv";
    uint32_t count = g->local_count + (g->options->has_loops ? (uint32_t)strlen(extra) : 4);
    put_leb(out, count - params->count);
    for (uint32_t i = params->count; i < count; i++) {
        put_leb(out, 1);
        if (i < g->local_count) put_vt(out, g->locals[i]);
        else put_vt(out, (struct vt){extra[i - g->local_count], 0});
    }
}

/* Global 0 counts calls, so that no recursion is without an end. */
static void guard_calls(struct gen *g) {
    put(&g->code, "\x23\x00\x41\x01\x6A\x24\x00\x23\x00\x41\xE8\x07\x4A\x04\x40\x00\x0B", 17);
}

void make_body(struct gen *g, uint32_t type) {
    struct vts params = params_of(g, type), results = results_of(g, type);
    struct bytes locals = {0};
    g->code.size = 0;
    g->count = g->depth = 0;
    make_locals(g, &params);
    g->frames[g->depth++] = (struct frame){.label = results, .results = results, .set = g->set};
    if (pick(g, 8) != 7) guard_calls(g);
    for (uint32_t i = pick(g, 40); i > 0 && !is_over(g) && g->code.size < CODE_MAX; i--) {
        if (g->options->has_loops && pick(g, 3)) make_loop(g);
        else make_statement(g);
    }
    end_block(g);
    put_locals(g, &params, &locals);
    g->code.size--; /* the builder adds the last `end` itself */
    (void)build_func_locals(g->b, type, NULL, &locals, g->code.data, g->code.size);
    free(locals.data);
}
