/* trap.c - traps and their frames. See capi.h */
#include "capi/capi.h"

#include <stdio.h>

/* --- Frames --- */

struct wasm_frame_t {
    wasm_instance_t *instance; /* or NULL */
    uint32_t func;
    size_t func_offset, module_offset;
};

void wasm_frame_delete(wasm_frame_t *frame) {
    if (!frame) return;
    capi_ref_drop(frame->instance);
    free(frame);
}

wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame) {
    wasm_frame_t *copy = malloc(sizeof *copy);
    if (!copy) return NULL;
    *copy = *frame;
    copy->instance = capi_ref_copy(frame->instance);
    return copy;
}

wasm_instance_t *wasm_frame_instance(const wasm_frame_t *frame) { return frame->instance; }
uint32_t wasm_frame_func_index(const wasm_frame_t *frame) { return frame->func; }
size_t wasm_frame_func_offset(const wasm_frame_t *frame) { return frame->func_offset; }
size_t wasm_frame_module_offset(const wasm_frame_t *frame) { return frame->module_offset; }

static wasm_frame_t *frame_of(wasm_store_t *store, const nacre_frame *inner) {
    wasm_frame_t *frame = calloc(1, sizeof *frame);
    if (!frame) return NULL;
    frame->func = inner->function;
    if (inner->offset != NACRE_NO_OFFSET) frame->module_offset = (size_t)inner->offset;
    if (!inner->instance) return frame;
    frame->instance = capi_instance(store, inner->instance);
    uint64_t body =
        nacre_module_function_offset(nacre_instance_module(inner->instance), inner->function);
    if (body <= frame->module_offset) frame->func_offset = frame->module_offset - (size_t)body;
    return frame;
}

/* Without memory a trap has fewer frames. */
static void add_frames(wasm_store_t *store, wasm_trap_t *trap, const nacre_error *error) {
    wasm_frame_vec_new_uninitialized(&trap->frames, error->frame_count);
    for (size_t i = 0; i < trap->frames.size; i++) {
        trap->frames.data[i] = frame_of(store, &error->frames[i]);
        if (!trap->frames.data[i]) trap->frames.size = i;
    }
}

/* --- Traps --- */

/* What there is when there is no memory for another; nobody changes it. */
static const char no_memory_text[] = "out of memory";
static const wasm_trap_t no_memory = {
    .ref = {.kind = CAPI_TRAP, .count = CAPI_FOR_EVER},
    .message = {sizeof no_memory_text, (char *)(uintptr_t)no_memory_text}};

static wasm_trap_t *new_trap(wasm_store_t *store, const char *text, size_t size) {
    wasm_trap_t *trap = capi_ref_new(store, CAPI_TRAP, sizeof *trap);
    if (trap) wasm_byte_vec_new_uninitialized(&trap->message, size + 1);
    if (trap && trap->message.data) {
        if (size) memcpy(trap->message.data, text, size);
        return trap;
    }
    capi_ref_drop(trap);
    return capi_ref_copy(&no_memory);
}

wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message) {
    size_t size = message && message->data ? message->size : 0;
    if (size && message->data[size - 1] == 0) size--;
    return new_trap(store, size ? message->data : "", size);
}

wasm_trap_t *capi_trap(wasm_store_t *store, const char *text) {
    return new_trap(store, text, strlen(text));
}

wasm_trap_t *capi_trap_of(wasm_store_t *store, const char *what, size_t index, const char *text) {
    char line[NACRE_ERROR_TEXT];
    (void)snprintf(line, sizeof line, "%s %zu %s", what, index + 1, text);
    return capi_trap(store, line);
}

wasm_trap_t *capi_trap_explain(wasm_store_t *store, const nacre_error *error) {
    wasm_trap_t *trap = store->trap;
    store->trap = NULL;
    if (!trap) trap = capi_trap(store, error->text);
    if (trap != &no_memory && trap->frames.size == 0) add_frames(store, trap, error);
    return trap;
}

void capi_trap_free(wasm_trap_t *trap) {
    wasm_byte_vec_delete(&trap->message);
    wasm_frame_vec_delete(&trap->frames);
}

void wasm_trap_message(const wasm_trap_t *trap, wasm_message_t *out) {
    wasm_byte_vec_copy(out, &trap->message);
}

wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap) {
    return trap->frames.size ? wasm_frame_copy(trap->frames.data[0]) : NULL;
}

void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out) {
    wasm_frame_vec_copy(out, &trap->frames);
}
