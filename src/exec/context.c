/* context.c - see context.h */
#include "exec/context.h"

#include "exec/native.h"

/* --- Where things are --- */

struct global *context_global(const struct instance *i, uint32_t index) {
    return (struct global *)(void *)(i->context - image_at_global(index));
}

struct table *context_table(const struct instance *i, uint32_t index) {
    return (struct table *)(void *)(i->context - image_at_table(&i->module->wasm, index));
}

struct memory *context_memory(const struct instance *i, uint32_t index) {
    return (struct memory *)(void *)(i->context - image_at_memory(&i->module->wasm, index));
}

static struct image_import *import_at(const struct instance *i, uint32_t index) {
    return (struct image_import *)(void *)(i->context - image_at_import(&i->module->wasm, index));
}

static uint64_t *key_at(const struct instance *i, uint32_t type_index) {
    return (uint64_t *)(void *)(i->context - image_at_key(&i->module->wasm, type_index));
}

/* --- Making --- */

static uint64_t round_up(uint64_t size, uint64_t unit) { return (size + unit - 1) / unit * unit; }

static nacre_status make_with_memory(struct instance *i, uint64_t bytes) {
    uint64_t before = round_up(bytes, WASM_PAGE_SIZE) + IMAGE_GAP;
    struct memory first;
    TRY(memory_init(&first, i->store, &i->module->wasm.memories[0], before,
                    &i->module->memories));
    i->context = first.base;
    i->memories[0] = context_memory(i, 0);
    *i->memories[0] = first;
    nacre_status status = store_list_memory(i->store, i->memories[0]);
    if (status == NACRE_OK) return status;
    memory_deinit(i->memories[0]);
    i->context = NULL;
    i->memories[0] = NULL;
    return status;
}

static nacre_status make_in_arena(struct instance *i, uint64_t bytes) {
    enum { ALIGNMENT = 16 };
    bytes = round_up(bytes, ALIGNMENT);
    uint8_t *first = arena_take(&i->store->arena, 1, bytes);
    if (!first) return NACRE_NO_MEMORY;
    i->context = (uint8_t *)((uintptr_t)first + bytes + IMAGE_GAP);
    return NACRE_OK;
}

/* An imported item is known by a pointer to it. */
static void put_imported(const struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = 0; n < m->imported[WASM_EXTERN_GLOBAL]; n++)
        *(struct global **)(void *)context_global(i, n) = i->globals[n];
    for (uint32_t n = 0; n < m->imported[WASM_EXTERN_TABLE]; n++)
        *(struct table **)(void *)context_table(i, n) = i->tables[n];
    for (uint32_t n = 0; n < m->imported[WASM_EXTERN_MEMORY]; n++)
        *(struct memory **)(void *)context_memory(i, n) = i->memories[n];
}

nacre_status context_create(struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    if (!__atomic_load_n(&i->module->has_instances, __ATOMIC_RELAXED))
        __atomic_store_n(&i->module->has_instances, true, __ATOMIC_SEQ_CST);
    bool has_own = m->memory_count > 0 && m->imported[WASM_EXTERN_MEMORY] == 0;
    uint64_t bytes = image_context_bytes(m) - IMAGE_GAP;
    TRY(has_own ? make_with_memory(i, bytes) : make_in_arena(i, bytes));
    put_imported(i);
    *context_head(i->context) = (struct image_head){
        .thread = &i->store->thread.image,
        .funcs = (struct image_func *)(void *)i->store->funcs,
        .refs = i->funcs,
        .gate = (const void *)(uintptr_t)native_gate,
        .helpers = native_helpers,
        .memory = m->memory_count && i->memories[0] ? i->memories[0]->base : NULL,
        .heap = i->store->heap.base,
        .instance = i,
    };
    return NACRE_OK;
}

void context_update_all(const struct store *store) {
    for (uint32_t n = 0; n < store->instance_count; n++) {
        if (!store->instances[n]->context) continue;
        struct image_head *head = context_head(store->instances[n]->context);
        head->funcs = (struct image_func *)(void *)store->funcs;
        head->heap = store->heap.base;
    }
}

/* --- Compiled code --- */

static bool fits(const struct instance *i, const struct image *image) {
    const struct engine *engine = i->module->engine;
    uint32_t flags = image->note->flags;
    if (engine->profile || engine->metering != !!(flags & IMAGE_METERING) ||
        engine->deterministic != !!(flags & IMAGE_DETERMINISTIC))
        return false;
    if (flags & IMAGE_EXPLICIT_BOUNDS) return true;
    if (!store_port(i->store)->faults) return false; /* nobody sees the stack's guard either */
    for (uint32_t n = 0; n < i->module->wasm.memory_count; n++)
        if (!i->memories[n]->is_guarded && !i->memories[n]->limits.is64) return false;
    return true;
}

void context_use_image(struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    const struct image *image = code_image(i->module);
    uint32_t imported = m->imported[WASM_EXTERN_FUNC];
    if (!image || !fits(i, image)) return;
    i->image = image;
    context_head(i->context)->image = image->bytes;
    context_head(i->context)->codes = image->funcs;
    for (uint32_t n = 0; n < imported; n++)
        import_at(i, n)->code = native_leave_thunk(i, image->func_signatures[n]);
    for (uint32_t n = 0; n < m->type_count; n++)
        *key_at(i, n) = m->types[n] | (uint64_t)i->number << 32;
    const uint32_t *referable = i->module->referable, count = i->module->referable_count;
    struct func *own = count ? i->store->funcs + i->funcs[referable[0]] : NULL;
    for (uint32_t n = 0; n < count; n++)
        own[n].code = context_code(i, referable[n]);
}
