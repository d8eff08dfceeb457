/* collect.c - the collector's roots: everything outside of the heap that may refer to it. */
#include "exec/collect.h"

#include "exec/interpreter.h"

/* --- The stack --- */

static void mark_slots(struct heap *heap, const uint64_t *fp, const uint16_t *slots,
                       uint32_t count) {
    for (uint32_t i = 0; i < count; i++) heap_mark(heap, (uint32_t)fp[slots[i]]);
}

static bool mark_frame(struct heap *heap, const struct frame *f) {
    struct frame_roots roots;
    if (!interp_roots(f->instance->module, f->func, f->offset, &roots)) return false;
    mark_slots(heap, f->fp, roots.locals, roots.local_count);
    mark_slots(heap, f->fp, roots.operands, roots.operand_count);
    return true;
}

/* The arguments of a host function that runs. */
static void mark_arguments(struct heap *heap, const struct host_frame *h) {
    const struct wasm_types *types = &heap->store->engine->types;
    const uint64_t *slot = h->slots;
    for (uint32_t i = 0; i < h->type->param_count; i++) {
        wasm_valtype type = wasm_params(h->type)[i];
        if (wasm_is_root(types, type)) heap_mark(heap, (uint32_t)*slot);
        slot += wasm_slots(type);
    }
}

/* Compiled code keeps its references in a list of the thread's. */
static bool mark_callers(struct heap *heap, struct frame *f) {
    while (frame_next(heap->store, f))
        if (!f->pc && !mark_frame(heap, f)) return false;
    return true;
}

static bool mark_guest(struct heap *heap, const struct thread *thread, enum object_asker asker) {
    struct frame f;
    if (asker == ASKED_BY_HOST) return true;
    if (asker == ASKED_BY_INTERPRETER)
        return frame_innermost(thread, &f) && mark_frame(heap, &f) && mark_callers(heap, &f);
    f = frame_of_native(thread);
    return mark_callers(heap, &f);
}

static bool mark_stack(struct heap *heap, const struct thread *thread, enum object_asker asker) {
    if (!mark_guest(heap, thread, asker)) return false;
    for (const struct host_frame *h = thread->hosts; h; h = h->outer) {
        mark_arguments(heap, h);
        struct frame f = {.instance = h->instance, .fp = h->fp, .record = h->record,
                          .run = h->run, .run_fp = h->run_fp};
        if (!mark_callers(heap, &f)) return false;
    }
    for (const uint64_t *root = thread->roots_base; root < thread->image.roots; root++)
        heap_mark(heap, (uint32_t)*root);
    return true;
}

/* --- The store --- */

static void mark_refs(struct heap *heap, const uint32_t *refs, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) heap_mark(heap, refs[i]);
}

static void mark_store(struct heap *heap, const struct store *store) {
    const struct wasm_types *types = &store->engine->types;
    for (const struct global *g = store->globals; g; g = g->next)
        if (wasm_is_root(types, g->type)) heap_mark(heap, (uint32_t)g->value[0]);
    for (uint32_t i = 0; i < store->table_count; i++)
        if (wasm_is_root(types, store->tables[i]->type))
            mark_refs(heap, store->tables[i]->refs, store->tables[i]->size);
    for (uint32_t i = 0; i < store->instance_count; i++) {
        const struct instance *instance = store->instances[i];
        for (uint32_t e = 0; instance->elems && e < instance->module->wasm.elem_count; e++)
            if (wasm_is_root(types, instance->module->wasm.elems[e].type))
                mark_refs(heap, instance->elems[e].refs, instance->elems[e].count);
    }
    for (uint32_t i = 0; i < store->kept.capacity; i++)
        heap_mark(heap, store->kept.places[i].ref);
}

bool collect(struct thread *thread, enum object_asker asker) {
    struct heap *heap = &thread->store->heap;
    if (thread->in_expr) return false;
    heap_mark_begin(heap);
    if (!mark_stack(heap, thread, asker)) {
        heap_mark_abandon(heap);
        return false;
    }
    mark_store(heap, thread->store);
    heap_mark(heap, thread->exception);
    heap_mark(heap, thread->image.exception);
    heap_mark_finish(heap);
    return true;
}

/* --- Objects --- */

uint32_t object_create(struct thread *thread, enum object_asker asker, uint32_t type,
                       uint32_t length, uint64_t bytes) {
    struct store *store = thread->store;
    if (store->engine->gc_stress) (void)collect(thread, asker);
    uint32_t ref = heap_take(&store->heap, type, length, bytes, thread->in_expr);
    if (ref) return ref;
    (void)collect(thread, asker);
    return heap_take(&store->heap, type, length, bytes, true);
}

bool object_matches(const struct store *store, uint32_t ref, uint32_t heap) {
    const struct wasm_types *types = &store->engine->types;
    switch (wasm_heap_top(types, heap)) {
    case WASM_HEAP_FUNC: return wasm_heap_matches(types, store->funcs[ref].type, heap);
    case WASM_HEAP_EXTERN: return heap == WASM_HEAP_EXTERN;
    case WASM_HEAP_EXN: return heap == WASM_HEAP_EXN;
    default: break;
    }
    if (heap_is_i31(ref)) return wasm_heap_matches(types, WASM_HEAP_I31, heap);
    if (heap_is_number(ref)) return heap == WASM_HEAP_ANY;
    return wasm_heap_matches(types, heap_object(&store->heap, ref)->type, heap);
}
