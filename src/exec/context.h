/*
 * context.h - what an instance's code finds by the one pointer that it keeps: see image/abi.h.
 * Every instance has a context, whether its code is compiled or not: own globals, tables and
 * memories stand in it.
 */
#ifndef EXEC_CONTEXT_H
#define EXEC_CONTEXT_H

#include "exec/instance.h"

/* Makes the context of an instance whose imports are there. If its first memory is its own, that
 * is made too: they are one reservation of address space. Otherwise the context is in the store's
 * arena. NACRE_NO_MEMORY, NACRE_LIMIT. */
nacre_status context_create(struct instance *instance);

/* Where an item of the instance's own stands. */
struct global *context_global(const struct instance *instance, uint32_t index);
struct table *context_table(const struct instance *instance, uint32_t index);
struct memory *context_memory(const struct instance *instance, uint32_t index);

/* When the store's functions or its heap moved. */
void context_update_all(const struct store *store);

static inline struct image_head *context_head(uint8_t *context) {
    return (struct image_head *)(void *)(context - image_at_head(0));
}

/* Has the instance's functions run compiled, if its module has code that fits this engine and this
 * instance. Those that are being interpreted go on so. */
void context_use_image(struct instance *instance);
/* The code of a function of its own, if it runs compiled. */
static inline const void *context_code(const struct instance *instance, uint32_t func) {
    uint32_t imported = instance->module->wasm.imported[WASM_EXTERN_FUNC];
    return image_func_code(instance->image, func - imported);
}
/* context_use_image of a function's instance before it is called, as the image may have come
 * since; NULL: of the host. */
static inline void context_look(struct instance *instance) {
    if (instance && !instance->image && code_image(instance->module)) context_use_image(instance);
}

#endif
