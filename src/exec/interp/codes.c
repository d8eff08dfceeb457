/* codes.c - where a module's internal code is kept, and whose frames run it. See interpreter.h;
 * interp_call.c has what SWITCH leaves on the stack. */
#include "exec/interp/lower.h"

#include "exec/frames.h"
#include "exec/instance.h"

/* --- A module's --- */

/* Codes that end functions called from elsewhere; see code.h. */
static const uint16_t exit_units[] = {0, IOP_EXIT}, switch_units[] = {0, IOP_SWITCH};

/* Many are pages of their own: nothing touches them until a function is lowered. */
static uint64_t codes_bytes(const struct code_module *module) {
    uint64_t bytes = ((uint64_t)module->wasm.func_count + CODE_STUBS) * sizeof *module->codes;
    if (bytes < WASM_PAGE_SIZE) return bytes;
    return (bytes + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE * WASM_PAGE_SIZE;
}

nacre_status interp_take(struct code_module *module) {
    const struct port *port = module->engine->port;
    uint64_t bytes = codes_bytes(module);
    uint8_t *codes;
    if (bytes < WASM_PAGE_SIZE) {
        codes = alloc_zeroed(&module->engine->allocator, 1, bytes);
        if (!codes) return NACRE_NO_MEMORY;
    } else {
        TRY(port->pages_reserve(port->context, bytes, &codes));
        if (port->pages_commit(port->context, codes, bytes) != NACRE_OK) {
            port->pages_release(port->context, codes, bytes);
            return NACRE_NO_MEMORY;
        }
    }
    module->codes = (struct func_code *)(void *)codes + CODE_STUBS;
    module->codes[CODE_EXIT] = (struct func_code){.units = exit_units};
    module->codes[CODE_NATIVE] = (struct func_code){.units = exit_units};
    module->codes[CODE_SWITCH] = (struct func_code){.units = switch_units};
    return NACRE_OK;
}

static void release_codes(struct code_module *module) {
    const struct port *port = module->engine->port;
    uint64_t bytes = codes_bytes(module);
    if (!module->codes) return;
    uint8_t *codes = (uint8_t *)(module->codes - CODE_STUBS);
    if (bytes < WASM_PAGE_SIZE) alloc_free(&module->engine->allocator, codes, 1, bytes);
    else port->pages_release(port->context, codes, bytes);
}

static void free_code(const struct code_module *module, struct func_code *code) {
    if (code->units)
        alloc_free(&module->engine->allocator, (void *)(uintptr_t)code->units, code->count,
                   sizeof *code->units);
}

void interp_release(struct code_module *module) {
    for (uint32_t i = 0; module->has_code && i < module->wasm.func_count; i++)
        free_code(module, &module->codes[i]);
    for (uint32_t i = 0; module->roots && i < module->wasm.func_count; i++)
        free_roots(module, module->roots[i]);
    ALLOC_FREE_ARRAY(&module->engine->allocator, module->roots, module->wasm.func_count);
    release_codes(module);
    loops_deinit(module);
}

void interp_use_image(struct code_module *module) {
    lock_take(&module->lock);
    module->has_no_entries = __atomic_load_n(&module->has_instances, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; module->has_no_entries && i < module->wasm.func_count; i++)
        __atomic_store_n(&module->codes[i].entry, NULL, __ATOMIC_RELEASE);
    lock_give(&module->lock);
    if (module->has_no_entries) loops_watch(module);
}

nacre_status interp_accept(const struct code_module *module, nacre_error *error) {
    (void)module;
    (void)error;
    return NACRE_OK;
}

/* --- Frames --- */

/* The function whose code holds `at`, or UINT32_MAX. */
static uint32_t find_code(const struct code_module *module, const uint16_t *at) {
    for (uint32_t i = 0; i < module->wasm.func_count; i++) {
        const uint16_t *units = code_units(&module->codes[i]);
        if (units && at >= units && at < units + module->codes[i].count) return i;
    }
    return UINT32_MAX;
}

bool frame_to_caller(const struct store *store, struct frame *f) {
    int32_t func = (int32_t)(uint32_t)f->record;
    uint32_t offset = (uint32_t)(f->record >> 32);
    if (func == CODE_EXIT || func == CODE_NATIVE) return false;
    if (func == CODE_SWITCH) {
        f->instance = store->instances[(uint32_t)f->fp[-2]];
        func = (int32_t)(uint32_t)(f->fp[-2] >> 32);
        offset = (uint32_t)f->fp[-1];
        f->fp -= 2;
    }
    const struct func_code *code = &f->instance->module->codes[func];
    f->func = (uint32_t)func;
    f->fp -= code->units[offset - 1];
    f->offset = offset - 1;
    f->record = f->fp[code->header];
    return true;
}

bool frame_innermost(const struct thread *thread, struct frame *f) {
    *f = (struct frame){.instance = thread->instance, .fp = thread->fp, .record = thread->record,
                        .run = thread->native, .run_fp = thread->native_fp};
    if (!thread->pc || !thread->instance) return false;
    struct code_module *module = thread->instance->module;
    f->func = find_code(module, thread->pc);
    if (f->func == UINT32_MAX) return false;
    f->offset = (uint32_t)(thread->pc - module->codes[f->func].units);
    if (f->offset == 0) return frame_to_caller(thread->store, f); /* at ENTER: not in it yet */
    f->record = thread->fp[module->codes[f->func].header];
    return true;
}
