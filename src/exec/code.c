/* code.c - see code.h */
#include "exec/code.h"

#include "base/status.h"
#include "exec/interpreter.h"
#include "exec/loops.h"
#include "exec/memory.h"
#include "wasm/walk.h"

/* The module's own functions that references may be to; and the one that starts it, which has one
 * because the embedder's way to call a function is by it. */
static nacre_status list_referable(struct code_module *module) {
    struct wasm_module *m = &module->wasm;
    uint32_t count = 0;
    uint32_t *list = ARENA_ARRAY(&m->arena, uint32_t, m->func_count);
    if (!list) return NACRE_NO_MEMORY;
    for (uint32_t i = m->imported[WASM_EXTERN_FUNC]; i < m->func_count; i++)
        if (wasm_func_is_declared(m, i) || (m->has_start && m->start == i)) list[count++] = i;
    module->referable = list;
    module->referable_count = count;
    return NACRE_OK;
}

static nacre_status make_parts(struct code_module *module) {
    const struct engine *engine = module->engine;
    TRY(interp_take(module));
    TRY(list_referable(module));
    return spares_init(&module->memories, &engine->allocator, engine->spare_count)
               ? NACRE_OK
               : NACRE_NO_MEMORY;
}

nacre_status code_module_init(struct code_module *module, struct engine *engine, bool has_image,
                              const uint8_t *bytes, size_t size, nacre_error *error) {
    enum { ROOTS_BUDGET = 1 << 20, ROOTS_BUDGET_A_BYTE = 16 };
    const struct allocator *a = &engine->allocator;
    *module = (struct code_module){.engine = engine,
                                   .roots_budget = ROOTS_BUDGET + ROOTS_BUDGET_A_BYTE * size};
    TRY(wasm_module_decode(&module->wasm, a, &engine->types, engine->features, has_image, bytes,
                           size, error));
    nacre_status status = has_image ? NACRE_OK : wasm_validate(&module->wasm, a, error);
    if (status == NACRE_OK && make_parts(module) != NACRE_OK)
        status = error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "out of memory");
    if (status == NACRE_OK) return NACRE_OK;
    interp_release(module);
    wasm_module_deinit(&module->wasm);
    return status;
}

void code_module_deinit(struct code_module *module) {
    interp_release(module);
    start_deinit(module);
    memory_release_spares(&module->memories, module->engine->port);
    spares_deinit(&module->memories, &module->engine->allocator);
    wasm_module_deinit(&module->wasm);
}

/* --- Compiled code --- */

void code_use_image(struct code_module *module, const struct image *image) {
    __atomic_store_n(&module->image, image, __ATOMIC_SEQ_CST);
    interp_use_image(module);
}

static bool has_code(const struct image *image, const uint8_t *pc) {
    return (uintptr_t)pc - (uintptr_t)image->bytes - image->note->text.offset <
           image->note->text.count;
}

const struct image *code_image_at(const struct code_module *module, const uint8_t *pc) {
    const struct image *image = code_image(module);
    if (image && has_code(image, pc)) return image;
    const struct code_continuation *c =
        __atomic_load_n(&module->loops.continuations, __ATOMIC_ACQUIRE);
    while (c && !has_code(&c->image, pc)) c = c->next;
    return c ? &c->image : NULL;
}
