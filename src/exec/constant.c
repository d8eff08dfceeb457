/* constant.c - see constant.h; a sink of the walk. Values are slots, as functions have them. */
#include "exec/constant.h"

#include "exec/bulk.h"
#include "wasm/walk.h"

struct constant {
    struct walk_sink sink;
    struct instance *instance;
    struct thread *thread;
    const struct allocator *allocator;
    uint64_t *slots;
    uint32_t count, capacity;
};

static nacre_status fail(struct constant *c, nacre_status status, nacre_trap trap) {
    c->thread->trap = trap;
    return c->thread->status = status;
}

static nacre_status push(struct constant *c, const uint64_t *value, uint32_t slots) {
    if (!alloc_reserve(c->allocator, (void **)&c->slots, &c->capacity, c->count + slots,
                       sizeof *c->slots))
        return fail(c, NACRE_NO_MEMORY, NACRE_TRAP_NONE);
    memcpy(c->slots + c->count, value, slots * sizeof *value);
    c->count += slots;
    return NACRE_OK;
}

static nacre_status push_one(struct constant *c, uint64_t value) { return push(c, &value, 1); }

static nacre_status calculate(struct constant *c, uint16_t op) {
    uint64_t b = c->slots[--c->count], a = c->slots[c->count - 1], result;
    switch (op) {
    case WASM_OP_I32_ADD: case WASM_OP_I64_ADD: result = a + b; break;
    case WASM_OP_I32_SUB: case WASM_OP_I64_SUB: result = a - b; break;
    default: result = a * b; break;
    }
    bool is_narrow = op <= WASM_OP_I32_MUL;
    c->slots[c->count - 1] = is_narrow ? (uint32_t)result : result;
    return NACRE_OK;
}

/* --- Objects: what they are made of is not rooted, but nothing is collected meanwhile --- */

static uint32_t slots_of(const struct wasm_type *type) {
    uint32_t slots = 0;
    for (uint32_t i = 0; i < type->field_count; i++) slots += wasm_slots(type->fields[i].type);
    return slots;
}

/* The object takes the place of the `slots` slots that it was made of. */
static nacre_status finish_object(struct constant *c, nacre_trap why, uint32_t slots,
                                  uint32_t ref) {
    if (why != NACRE_TRAP_NONE) return fail(c, NACRE_TRAP, why);
    c->count -= slots;
    return push_one(c, ref);
}

static nacre_status make_struct(struct constant *c, const struct walk_op *op) {
    uint32_t ref = 0, slots = op->op == WASM_OP_STRUCT_NEW ? slots_of(op->object) : 0;
    nacre_trap why = bulk_struct_new(c->thread, ASKED_BY_HOST, op->object->id, &ref);
    if (why == NACRE_TRAP_NONE && slots)
        object_put_fields(heap_object(&c->instance->store->heap, ref), op->object,
                          c->slots + c->count - slots);
    return finish_object(c, why, slots, ref);
}

static nacre_status make_array(struct constant *c, const struct walk_op *op) {
    uint32_t ref = 0, width = wasm_slots(op->object->fields[0].type), type = op->object->id;
    const uint64_t *top = c->slots + c->count;
    if (op->op == WASM_OP_ARRAY_NEW_DEFAULT) {
        nacre_trap why = bulk_array_new(c->thread, ASKED_BY_HOST, type, (uint32_t)top[-1], &ref);
        return finish_object(c, why, 1, ref);
    }
    if (op->op == WASM_OP_ARRAY_NEW) {
        nacre_trap why = bulk_array_new_fill(c->thread, ASKED_BY_HOST, type, top - 1 - width,
                                             (uint32_t)top[-1], &ref);
        return finish_object(c, why, width + 1, ref);
    }
    nacre_trap why = bulk_array_new(c->thread, ASKED_BY_HOST, type, op->index, &ref);
    uint32_t slots = op->index * width;
    if (why == NACRE_TRAP_NONE && slots)
        object_put_elements(heap_object(&c->instance->store->heap, ref), op->object, top - slots);
    return finish_object(c, why, slots, ref);
}

/* --- The sink: walk.h says what comes, validation which instructions (3.4.17) --- */

static nacre_status take_op(struct walk_sink *sink, const struct walk *walk,
                            const struct walk_op *op) {
    (void)walk;
    struct constant *c = (struct constant *)sink;
    uint64_t vector[2];
    switch (op->op) {
    case WASM_OP_I32_CONST: case WASM_OP_I64_CONST:
    case WASM_OP_F32_CONST: case WASM_OP_F64_CONST: return push_one(c, op->value);
    case WASM_OP_V128_CONST:
        memcpy(vector, op->bytes, sizeof vector);
        return push(c, vector, 2);
    case WASM_OP_REF_NULL: return push_one(c, 0);
    case WASM_OP_REF_FUNC: return push_one(c, c->instance->funcs[op->index]);
    case WASM_OP_GLOBAL_GET:
        return push(c, c->instance->globals[op->index]->value, wasm_slots(op->type));
    case WASM_OP_I32_ADD: case WASM_OP_I32_SUB: case WASM_OP_I32_MUL:
    case WASM_OP_I64_ADD: case WASM_OP_I64_SUB: case WASM_OP_I64_MUL: return calculate(c, op->op);
    case WASM_OP_REF_I31:
        c->slots[c->count - 1] = heap_i31((uint32_t)c->slots[c->count - 1]);
        return NACRE_OK;
    case WASM_OP_STRUCT_NEW: case WASM_OP_STRUCT_NEW_DEFAULT: return make_struct(c, op);
    case WASM_OP_ARRAY_NEW: case WASM_OP_ARRAY_NEW_DEFAULT: case WASM_OP_ARRAY_NEW_FIXED:
        return make_array(c, op);
    default: return NACRE_OK; /* end, and conversions of references, which stay what they are */
    }
}

nacre_status constant_evaluate(struct instance *instance, const struct wasm_expr *expr,
                               uint64_t value[2], uint32_t *size) {
    struct walk w;
    uint32_t own_size;
    struct thread *thread = &instance->store->thread;
    struct constant c = {.sink = {take_op}, .instance = instance, .thread = thread,
                         .allocator = &instance->store->engine->allocator};
    (void)fail(&c, NACRE_OK, NACRE_TRAP_NONE);
    thread->text = NULL;
    thread->in_expr = true;
    walk_init(&w, &instance->module->wasm, c.allocator, &c.sink, NULL);
    nacre_status status = walk_expr(&w, expr->offset, expr->offset + expr->size, expr->type,
                                    &own_size, NULL);
    walk_deinit(&w);
    thread->in_expr = false;
    if (status == NACRE_OK) {
        value[0] = c.slots[0];
        value[1] = expr->type == WASM_V128 ? c.slots[1] : 0;
        if (size) *size = own_size;
    }
    ALLOC_FREE_ARRAY(c.allocator, c.slots, c.capacity);
    return thread->status = status;
}
