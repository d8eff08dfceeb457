/* walk_immediates.c - immediates of instructions (core specification 5.4), indices checked. */
#include "wasm/decode.h"
#include "wasm/walk.h"

/* Types inside of functions are read by the decoder of types, at the walk's position. */
nacre_status walk_read_valtype(struct walk *w, wasm_valtype *type) {
    struct decoder d = {.module = w->module, .r = w->r, .error = w->error};
    nacre_status status = decode_valtype(&d, decode_all_types(&d), type);
    w->r = d.r;
    return status;
}

static nacre_status read_heaptype(struct walk *w, uint32_t *heap) {
    struct decoder d = {.module = w->module, .r = w->r, .error = w->error};
    nacre_status status = decode_heaptype(&d, decode_all_types(&d), heap);
    w->r = d.r;
    return status;
}

static nacre_status read_index(struct walk *w, uint32_t limit, const char *unknown,
                               uint32_t *index) {
    WALK_READ(w, reader_leb_u32(&w->r, index));
    return *index < limit ? NACRE_OK : walk_fail(w, NACRE_INVALID, unknown);
}

static nacre_status read_memory(struct walk *w, uint32_t *memory) {
    TRY(read_index(w, w->module->memory_count, "unknown memory", memory));
    return *memory != 0 ? walk_use(w, WASM_FEATURE_MULTI_MEMORY) : NACRE_OK;
}

static nacre_status read_table(struct walk *w, uint32_t *table) {
    return read_index(w, w->module->table_count, "unknown table", table);
}

static nacre_status read_data(struct walk *w, uint32_t *data) {
    if (!w->module->has_data_count)
        return walk_fail(w, NACRE_MALFORMED, "data count section required");
    return read_index(w, w->module->data_count, "unknown data segment", data);
}

static nacre_status read_elem(struct walk *w, uint32_t *elem) {
    return read_index(w, w->module->elem_count, "unknown elem segment", elem);
}

static nacre_status read_lane(struct walk *w, uint32_t limit, uint32_t *lane) {
    uint8_t byte;
    WALK_READ(w, reader_u8(&w->r, &byte));
    *lane = byte;
    return byte < limit ? NACRE_OK : walk_fail(w, NACRE_INVALID, "invalid lane index");
}

static nacre_status read_memarg(struct walk *w, struct walk_op *op) {
    enum { HAS_MEMORY = 0x40 };
    uint32_t flags;
    WALK_READ(w, reader_leb_u32(&w->r, &flags));
    if (flags >= HAS_MEMORY * 2) return walk_fail(w, NACRE_MALFORMED, "malformed memop flags");
    op->memory = 0;
    if (flags & HAS_MEMORY) {
        TRY(walk_use(w, WASM_FEATURE_MULTI_MEMORY));
        WALK_READ(w, reader_leb_u32(&w->r, &op->memory));
    }
    WALK_READ(w, reader_leb_u64(&w->r, &op->value));
    if (op->memory >= w->module->memory_count)
        return walk_fail(w, NACRE_INVALID, "unknown memory");
    if (!w->module->memories[op->memory].is64 && op->value > UINT32_MAX)
        return walk_fail(w, NACRE_INVALID, "offset out of range");
    uint32_t natural = wasm_op_infos[op->op].alignment, align = flags & (HAS_MEMORY - 1);
    if (align > natural)
        return walk_fail(w, NACRE_INVALID, "alignment must not be larger than natural");
    if (wasm_op_infos[op->op].feature == WASM_FEATURE_THREADS && align != natural)
        return walk_fail(w, NACRE_INVALID, "atomic alignment must be natural");
    return NACRE_OK;
}

/* Lanes of a shape, i8x16 and so on, or of an access as v128.load16_lane. */
static uint32_t lane_count(const struct wasm_op_info *info) { return 16u >> info->alignment; }

static nacre_status read_vector(struct walk *w, struct walk_op *op) {
    const uint8_t *bytes;
    WALK_READ(w, reader_bytes(&w->r, sizeof op->bytes, &bytes));
    memcpy(op->bytes, bytes, sizeof op->bytes);
    if (wasm_op_infos[op->op].immediates != WASM_IMM_SHUFFLE) return NACRE_OK;
    for (size_t i = 0; i < sizeof op->bytes; i++)
        if (op->bytes[i] >= 32) return walk_fail(w, NACRE_INVALID, "invalid lane index");
    return NACRE_OK;
}

/* A block type: 0x40, a value type, or a type index as a signed 33-bit number. */
static nacre_status read_blocktype(struct walk *w, struct walk_op *op) {
    enum { EMPTY = 0x40 };
    op->block = (struct walk_blocktype){0};
    if (w->r.at < w->r.end && *w->r.at == EMPTY) {
        w->r.at++;
        return NACRE_OK;
    }
    struct reader before = w->r;
    int64_t index;
    WALK_READ(w, reader_leb_i33(&w->r, &index));
    if (index < 0) {
        w->r = before;
        TRY(walk_read_valtype(w, &op->type));
        op->block.single = op->type;
        op->block.result_count = 1;
        return NACRE_OK;
    }
    TRY(walk_use(w, WASM_FEATURE_MULTI_VALUE));
    if (index >= w->module->type_count) return walk_fail(w, NACRE_INVALID, "unknown type");
    const struct wasm_type *t =
        wasm_type_get(w->module->registry, w->module->types[(uint32_t)index]);
    if (t->kind != WASM_TYPE_FUNC) return walk_fail(w, NACRE_INVALID, "unknown function type");
    op->block = (struct walk_blocktype){.params = wasm_params(t), .param_count = t->param_count,
                                        .results = wasm_results(t),
                                        .result_count = t->result_count};
    return NACRE_OK;
}

static nacre_status read_label(struct walk *w, uint32_t *depth) {
    return read_index(w, w->depth, "unknown label", depth);
}

static nacre_status read_labels(struct walk *w, struct walk_op *op) {
    WALK_READ(w, reader_leb_u32(&w->r, &op->index));
    if (op->index > reader_left(&w->r)) return walk_fail(w, NACRE_MALFORMED, "unexpected end");
    if (op->index > WASM_BR_TABLE_MAX)
        return walk_fail(w, NACRE_LIMIT, "br_table with more than 65520 labels");
    if (!alloc_reserve(w->allocator, (void **)&w->labels, &w->label_capacity, op->index + 1,
                       sizeof *w->labels))
        return walk_fail(w, NACRE_NO_MEMORY, "out of memory while validating");
    for (uint32_t i = 0; i <= op->index; i++) TRY(read_label(w, &w->labels[i]));
    op->labels = w->labels;
    return NACRE_OK;
}

static nacre_status read_deftype(struct walk *w, enum wasm_type_kind kind,
                                 const struct wasm_type **type) {
    static const char *const others[] = {
        [WASM_TYPE_FUNC] = "type mismatch: not a function type",
        [WASM_TYPE_STRUCT] = "type mismatch: not a structure type",
        [WASM_TYPE_ARRAY] = "type mismatch: not an array type"};
    uint32_t index;
    TRY(read_index(w, w->module->type_count, "unknown type", &index));
    *type = wasm_type_get(w->module->registry, w->module->types[index]);
    return (*type)->kind == kind ? NACRE_OK : walk_fail(w, NACRE_INVALID, others[kind]);
}

static nacre_status read_functype(struct walk *w, struct walk_op *op) {
    return read_deftype(w, WASM_TYPE_FUNC, &op->functype);
}

/* The type of a call, or of an object that the instruction works on. */
static nacre_status read_type(struct walk *w, struct walk_op *op) {
    if (op->op == WASM_OP_CALL_REF || op->op == WASM_OP_RETURN_CALL_REF)
        return read_functype(w, op);
    bool is_struct = op->op >= WASM_OP_STRUCT_NEW && op->op <= WASM_OP_STRUCT_SET;
    return read_deftype(w, is_struct ? WASM_TYPE_STRUCT : WASM_TYPE_ARRAY, &op->object);
}

/* ref.null, ref.test, ref.cast: the type of the reference that is made or wanted. */
static nacre_status read_reference(struct walk *w, struct walk_op *op) {
    uint32_t heap;
    TRY(read_heaptype(w, &heap));
    op->type = WASM_REFTYPE(op->op != WASM_OP_REF_TEST && op->op != WASM_OP_REF_CAST, heap);
    return NACRE_OK;
}

static nacre_status read_cast(struct walk *w, struct walk_op *op) {
    enum { FROM_NULL = 1, TO_NULL = 2 };
    uint8_t flags;
    uint32_t from, to;
    WALK_READ(w, reader_u8(&w->r, &flags));
    if (flags > (FROM_NULL | TO_NULL))
        return walk_fail(w, NACRE_MALFORMED, "malformed cast flags");
    TRY(read_label(w, &op->index));
    TRY(read_heaptype(w, &from));
    TRY(read_heaptype(w, &to));
    op->cast[0] = WASM_REFTYPE(flags & FROM_NULL, from);
    op->cast[1] = WASM_REFTYPE(flags & TO_NULL, to);
    return NACRE_OK;
}

static nacre_status read_tag(struct walk *w, uint32_t *tag) {
    return read_index(w, w->module->tag_count, "unknown tag", tag);
}

static nacre_status read_tag_type(struct walk *w, struct walk_op *op) {
    TRY(read_tag(w, &op->index));
    op->functype = wasm_type_get(w->module->registry, w->module->tags[op->index]);
    return NACRE_OK;
}

static nacre_status read_try_table(struct walk *w, struct walk_op *op) {
    TRY(read_blocktype(w, op));
    WALK_READ(w, reader_leb_u32(&w->r, &op->index));
    if (op->index > reader_left(&w->r)) return walk_fail(w, NACRE_MALFORMED, "unexpected end");
    if (!alloc_reserve(w->allocator, (void **)&w->catches, &w->catch_capacity, op->index,
                       sizeof *w->catches))
        return walk_fail(w, NACRE_NO_MEMORY, "out of memory while validating");
    for (uint32_t i = 0; i < op->index; i++) {
        struct walk_catch *c = &w->catches[i];
        WALK_READ(w, reader_u8(&w->r, &c->kind));
        if (c->kind > WALK_CATCH_ALL_REF)
            return walk_fail(w, NACRE_MALFORMED, "malformed catch clause");
        if (walk_catch_has_tag(c)) TRY(read_tag(w, &c->tag));
        TRY(read_label(w, &c->label));
    }
    op->catches = w->catches;
    return NACRE_OK;
}

/* Of an instruction that makes objects of its operands, so that dead code can't ask for many. */
static nacre_status read_fixed_count(struct walk *w, struct walk_op *op) {
    enum { OPERANDS_MAX = 10000 };
    WALK_READ(w, reader_leb_u32(&w->r, &op->index));
    return op->index <= OPERANDS_MAX
        ? NACRE_OK : walk_fail(w, NACRE_LIMIT, "array.new_fixed of more than 10000 operands");
}

static nacre_status read_fence(struct walk *w) {
    uint8_t zero;
    WALK_READ(w, reader_u8(&w->r, &zero));
    return zero == 0 ? NACRE_OK : walk_fail(w, NACRE_MALFORMED, "zero byte expected");
}

/* select t*: exactly one type (3.4.1). */
static nacre_status read_valtypes(struct walk *w, struct walk_op *op) {
    uint32_t count;
    WALK_READ(w, reader_leb_u32(&w->r, &count));
    if (count != 1) return walk_fail(w, NACRE_INVALID, "invalid result arity");
    return walk_read_valtype(w, &op->type);
}

static nacre_status read_float(struct walk *w, size_t size, struct walk_op *op) {
    const uint8_t *bytes;
    WALK_READ(w, reader_bytes(&w->r, size, &bytes));
    op->value = size == 4 ? load_u32(bytes) : load_u64(bytes);
    return NACRE_OK;
}

static nacre_status read_i32(struct walk *w, struct walk_op *op) {
    int32_t value;
    WALK_READ(w, reader_leb_i32(&w->r, &value));
    op->value = (uint32_t)value;
    return NACRE_OK;
}

static nacre_status read_i64(struct walk *w, struct walk_op *op) {
    int64_t value;
    WALK_READ(w, reader_leb_i64(&w->r, &value));
    op->value = (uint64_t)value;
    return NACRE_OK;
}

nacre_status walk_immediates(struct walk *w, struct walk_op *op) {
    const struct wasm_module *m = w->module;
    const struct wasm_op_info *info = &wasm_op_infos[op->op];
    switch ((enum wasm_immediates)info->immediates) {
    case WASM_IMM_NONE: return NACRE_OK;
    case WASM_IMM_BLOCK: return read_blocktype(w, op);
    case WASM_IMM_LABEL: return read_label(w, &op->index);
    case WASM_IMM_LABELS: return read_labels(w, op);
    case WASM_IMM_FUNC:
        TRY(read_index(w, m->func_count, "unknown function", &op->index));
        op->functype = wasm_func_type(m, op->index);
        return NACRE_OK;
    case WASM_IMM_TYPE: return read_type(w, op);
    case WASM_IMM_TYPE_TABLE:
        TRY(read_functype(w, op));
        return read_table(w, &op->index2);
    case WASM_IMM_LOCAL: return read_index(w, w->local_count, "unknown local", &op->index);
    case WASM_IMM_GLOBAL: return read_index(w, m->global_count, "unknown global", &op->index);
    case WASM_IMM_TABLE: return read_table(w, &op->index);
    case WASM_IMM_TABLE_TABLE:
        TRY(read_table(w, &op->index));
        return read_table(w, &op->index2);
    case WASM_IMM_ELEM_TABLE:
        TRY(read_elem(w, &op->index));
        return read_table(w, &op->index2);
    case WASM_IMM_ELEM: return read_elem(w, &op->index);
    case WASM_IMM_DATA: return read_data(w, &op->index);
    case WASM_IMM_DATA_MEMORY:
        TRY(read_data(w, &op->index));
        return read_memory(w, &op->memory);
    case WASM_IMM_MEMORY: return read_memory(w, &op->memory);
    case WASM_IMM_MEMORY_MEMORY:
        TRY(read_memory(w, &op->memory));
        return read_memory(w, &op->index2);
    case WASM_IMM_MEMARG: return read_memarg(w, op);
    case WASM_IMM_MEMARG_LANE:
        TRY(read_memarg(w, op));
        return read_lane(w, lane_count(info), &op->index);
    case WASM_IMM_LANE: return read_lane(w, lane_count(info), &op->index);
    case WASM_IMM_I32: return read_i32(w, op);
    case WASM_IMM_I64: return read_i64(w, op);
    case WASM_IMM_F32: return read_float(w, 4, op);
    case WASM_IMM_F64: return read_float(w, 8, op);
    case WASM_IMM_V128: case WASM_IMM_SHUFFLE: return read_vector(w, op);
    case WASM_IMM_VALTYPES: return read_valtypes(w, op);
    case WASM_IMM_HEAPTYPE: return read_reference(w, op);
    case WASM_IMM_TAG: return read_tag_type(w, op);
    case WASM_IMM_TRY_TABLE: return read_try_table(w, op);
    case WASM_IMM_TYPE_FIELD:
        TRY(read_type(w, op));
        return read_index(w, op->object->field_count, "unknown field", &op->index);
    case WASM_IMM_TYPE_U32:
        TRY(read_type(w, op));
        return read_fixed_count(w, op);
    case WASM_IMM_TYPE_DATA:
        TRY(read_type(w, op));
        return read_data(w, &op->index);
    case WASM_IMM_TYPE_ELEM:
        TRY(read_type(w, op));
        return read_elem(w, &op->index);
    case WASM_IMM_TYPE_TYPE:
        TRY(read_type(w, op));
        return read_deftype(w, WASM_TYPE_ARRAY, &op->source);
    case WASM_IMM_BR_CAST: return read_cast(w, op);
    case WASM_IMM_FENCE: return read_fence(w);
    }
    return NACRE_OK;
}
