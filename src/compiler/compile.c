/* compile.c - from a module to an image: decoding, chunks on several threads, linking. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "compiler/chunk.h"
#include "compiler/compiler.h"
#include "compiler/debug.h"
#include "compiler/memory.h"
#include "compiler/note.h"
#include "compiler/target.h"

/* Functions are compiled together until they have this many bytes of WebAssembly. The number of
 * threads has no part in it, so that the image is the same for any. */
enum { CHUNK_BYTES = 64 * 1024 };

/* The thunks are compiled beside the functions, but with those of a module that is smaller than
 * this: getting LLVM to begin costs more. */
enum { SMALL_BYTES = 2 * 1024 };

struct part {
    uint32_t first, end; /* functions */
    bool has_thunks;
    LLVMMemoryBufferRef object;
    nacre_status status;
    nacre_error error;
};

struct work {
    const struct compile *compile;
    struct part *parts;
    uint32_t part_count;
    uint32_t next; /* atomic: part to take */
};

/* --- A chunk --- */

static void begin_cold(struct emit *e, LLVMValueRef function) {
    e->function = function;
    e->context = LLVMGetParam(function, 0);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    go_to(e, LLVMAppendBasicBlockInContext(e->chunk->context, function, "entry"));
}

/* Each chunk has those of its own that it calls: there are few, and all of them are a good part of
 * a small module's time. */
static void emit_cold_functions(struct emit *e) {
    struct chunk *c = e->chunk;
    if (c->meter) {
        begin_cold(e, c->meter);
        (void)call_helper(e, IMAGE_HELPER_METER, NULL, 0);
        LLVMBuildRetVoid(e->b);
    }
    for (uint32_t reason = 1; reason < ARRAY_COUNT(c->traps); reason++) {
        if (!c->traps[reason]) continue;
        begin_cold(e, c->traps[reason]);
        LLVMValueRef arg = const_i32(c, reason);
        (void)call_helper(e, IMAGE_HELPER_TRAP, &arg, 1);
        LLVMBuildUnreachable(e->b);
    }
}

static nacre_status emit_functions(struct emit *e, struct walk *walk, const struct part *part) {
    for (uint32_t i = part->first; i < part->end; i++) {
        nacre_status status = emit_function(e, walk, i);
        if (status == NACRE_OK) continue;
        if (status == e->status)
            error_set(walk->error, status, e->offset, e->failure ? e->failure : "");
        return status;
    }
    return NACRE_OK;
}

static void compile_part(const struct compile *compile, struct part *part, uint32_t number,
                         LLVMTargetMachineRef machine) {
    struct chunk c;
    struct walk walk;
    struct wasm_module module = *compile->module; /* the walk wants one that it may write to */
    struct emit e = {.chunk = &c, .compile = compile, .module = compile->module,
                     .allocator = compile->allocator};
    part->status = chunk_init(&c, compile, machine);
    if (part->status != NACRE_OK) return;
    c.number = number;
    walk_init(&walk, &module, compile->allocator, NULL, &part->error);
    if (part->has_thunks) {
        emit_thunks(&e, compile->signatures);
        emit_fixed_tables(&e);
    }
    part->status = e.status;
    if (part->status == NACRE_OK) part->status = emit_functions(&e, &walk, part);
    if (part->status == NACRE_OK) emit_cold_functions(&e);
    if (part->status == NACRE_OK) part->status = chunk_compile(&c, &part->object, &part->error);
    walk_deinit(&walk);
    emit_deinit(&e);
    chunk_deinit(&c);
}

static void *run_worker(void *argument) {
    struct work *work = argument;
    LLVMTargetMachineRef machine = target_machine(work->compile);
    for (;;) {
        uint32_t number = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED);
        if (number >= work->part_count) break;
        compile_part(work->compile, &work->parts[number], number, machine);
    }
    LLVMDisposeTargetMachine(machine);
    return NULL;
}

/* --- All chunks --- */

static bool is_small(const struct wasm_module *m) {
    uint64_t bytes = 0;
    for (uint32_t i = m->imported[WASM_EXTERN_FUNC]; i < m->func_count; i++)
        bytes += m->funcs[i].size;
    return bytes < SMALL_BYTES;
}

/* How many parts there are; fills in `parts`, if they are there. */
static uint32_t plan(const struct compile_options *options, const struct wasm_module *m,
                     struct part *parts) {
    uint32_t count = 1, first = m->imported[WASM_EXTERN_FUNC];
    uint64_t bytes = 0;
    if (options->continues) {
        if (parts) parts[0] = (struct part){.first = options->func, .end = options->func + 1};
        return count;
    }
    if (parts) parts[0] = (struct part){.has_thunks = true};
    if (is_small(m)) {
        if (parts) parts[0] = (struct part){first, m->func_count, .has_thunks = true};
        return count;
    }
    for (uint32_t i = first; i < m->func_count; i++) {
        bytes += m->funcs[i].size;
        if (bytes < CHUNK_BYTES && i + 1 < m->func_count) continue;
        if (parts) parts[count] = (struct part){.first = first, .end = i + 1};
        count++;
        first = i + 1;
        bytes = 0;
    }
    return count;
}

static void run_workers(struct work *work, uint32_t jobs) {
    enum { JOBS_MAX = 64 };
    pthread_t threads[JOBS_MAX];
    uint32_t started = 0;
    if (jobs == 0) jobs = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    jobs = u32_min(u32_min(jobs, JOBS_MAX), work->part_count);
    while (started + 1 < jobs &&
           pthread_create(&threads[started], NULL, run_worker, work) == 0)
        started++;
    run_worker(work);
    while (started > 0) pthread_join(threads[--started], NULL);
}

static nacre_status first_failure(const struct work *work, nacre_error *error) {
    for (uint32_t i = 0; i < work->part_count; i++) {
        if (work->parts[i].status == NACRE_OK) continue;
        if (error) *error = work->parts[i].error;
        return work->parts[i].status;
    }
    return NACRE_OK;
}

/* --- The image --- */

static uint32_t offset_of(const struct linked *linked, const char *kind, uint32_t number,
                          uint32_t *size) {
    char name[CHUNK_NAME];
    chunk_name(name, kind, number);
    const struct link_symbol *symbol = link_find(linked, name);
    if (size) *size = symbol ? symbol->size : 0;
    return symbol ? symbol->offset : 0;
}

struct tables {
    uint32_t *funcs, *sizes;
    uint32_t func_count;
    struct image_signature *signatures;
    struct image_symbol *symbols;
};

static bool take_tables(const struct compile *compile, struct tables *t) {
    const struct allocator *a = compile->allocator;
    uint32_t count = compile->module->func_count;
    t->funcs = ALLOC_ARRAY(a, uint32_t, count);
    t->sizes = ALLOC_ARRAY(a, uint32_t, count);
    t->symbols = ALLOC_ARRAY(a, struct image_symbol, count);
    t->signatures = ALLOC_ARRAY(a, struct image_signature, compile->signatures->count);
    return t->funcs && t->sizes && t->symbols && t->signatures;
}

static void free_tables(const struct compile *compile, struct tables *t) {
    const struct allocator *a = compile->allocator;
    uint32_t count = compile->module->func_count;
    ALLOC_FREE_ARRAY(a, t->funcs, count);
    ALLOC_FREE_ARRAY(a, t->sizes, count);
    ALLOC_FREE_ARRAY(a, t->symbols, count);
    ALLOC_FREE_ARRAY(a, t->signatures, compile->signatures->count);
}

static void fill_tables(const struct compile *compile, const struct linked *linked,
                        struct tables *t) {
    const struct wasm_module *m = compile->module;
    const struct compile_options *options = &compile->options;
    uint32_t first = options->continues ? options->func : m->imported[WASM_EXTERN_FUNC];
    uint32_t end = options->continues ? options->func + 1 : m->func_count;
    t->func_count = end - first;
    for (uint32_t i = first; i < end; i++) {
        uint32_t size, offset = offset_of(linked, "f", i, &size);
        t->funcs[i - first] = offset;
        t->sizes[i - first] = size;
        t->symbols[i - first] = (struct image_symbol){offset, size, wasm_func_name(m, i)};
    }
    for (uint32_t i = 0; i < compile->signatures->count && !options->continues; i++)
        t->signatures[i] = (struct image_signature){
            .enter = offset_of(linked, "enter", i, NULL),
            .leave = offset_of(linked, "leave", i, NULL)};
}

static nacre_status write_image(const struct compile *compile, const struct linked *linked,
                                uint8_t **image, uint64_t *size) {
    const struct wasm_module *m = compile->module;
    const struct signatures *s = compile->signatures;
    struct tables t = {0};
    struct first_memory memory = {0};
    struct image_debug debug = {0};
    nacre_status status = NACRE_NO_MEMORY;
    if (!take_tables(compile, &t)) goto out;
    fill_tables(compile, linked, &t);
    struct image_source source = {
        .text = linked->text, .text_size = linked->text_size,
        .rodata = linked->rodata, .rodata_size = linked->rodata_size,
        .funcs = t.funcs, .sizes = t.sizes, .func_count = t.func_count,
        .lines = linked->lines, .line_count = linked->line_count,
        .symbols = t.symbols, .symbol_count = t.func_count};
    compile_note(compile, &source.note);
    if (compile->options.debug && !debug_make(&debug, compile->allocator, linked, m)) goto out;
    source.debug = debug;
    if (!compile->options.continues) {
        status = first_memory_make(&memory, m, compile->allocator);
        if (status != NACRE_OK) goto out;
        source.func_signatures = s->of_func;
        source.function_count = m->func_count;
        source.signatures = t.signatures;
        source.signature_count = s->count;
        source.type_signatures = s->of_type;
        source.type_count = m->type_count;
        source.memory = memory.bytes;
        source.memory_size = memory.size;
        source.note.memory_at = memory.at;
    }
    status = image_write(&source, compile->allocator, image, size);
out:
    debug_free(&debug, compile->allocator);
    first_memory_free(&memory, compile->allocator);
    free_tables(compile, &t);
    return status;
}

/* The stack is looked at when a function has its frame: what is below the stack is as large as the
 * largest. */
static nacre_status check_frames(const struct linked *linked, nacre_error *error) {
    if (linked->frame_most <= IMAGE_FRAME_MAX) return NACRE_OK;
    error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, "a function takes ");
    struct text t = error_text(error);
    text_add_u64(&t, linked->frame_most);
    text_add(&t, " bytes of the stack; with explicit bounds, one may take ");
    text_add_u64(&t, IMAGE_FRAME_MAX);
    return NACRE_UNSUPPORTED;
}

static nacre_status link_parts(const struct work *work, uint8_t **image, uint64_t *size,
                               nacre_error *error) {
    const struct allocator *a = work->compile->allocator;
    uint32_t count = work->part_count + 1;
    struct linked linked;
    struct link_object *objects = ALLOC_ARRAY(a, struct link_object, count);
    if (!objects) return NACRE_NO_MEMORY;
    for (uint32_t i = 0; i < work->part_count; i++)
        objects[i] = (struct link_object){
            (const uint8_t *)LLVMGetBufferStart(work->parts[i].object),
            LLVMGetBufferSize(work->parts[i].object)};
    objects[work->part_count] = target_runtime(work->compile);
    nacre_status status =
        link_objects(&linked, a, work->compile->machine, objects, count, error);
    if (status == NACRE_OK) {
        status = check_frames(&linked, error);
        if (status == NACRE_OK) status = write_image(work->compile, &linked, image, size);
        link_deinit(&linked);
    }
    ALLOC_FREE_ARRAY(a, objects, count);
    return status;
}

static nacre_status compile_parts(const struct compile *compile, uint8_t **image, uint64_t *size,
                                  nacre_error *error) {
    struct work work = {.compile = compile,
                        .part_count = plan(&compile->options, compile->module, NULL)};
    work.parts = ALLOC_ARRAY(compile->allocator, struct part, work.part_count);
    if (!work.parts) return NACRE_NO_MEMORY;
    (void)plan(&compile->options, compile->module, work.parts);
    run_workers(&work, compile->options.jobs);
    nacre_status status = first_failure(&work, error);
    if (status == NACRE_OK) status = link_parts(&work, image, size, error);
    for (uint32_t i = 0; i < work.part_count; i++)
        if (work.parts[i].object) LLVMDisposeMemoryBuffer(work.parts[i].object);
    ALLOC_FREE_ARRAY(compile->allocator, work.parts, work.part_count);
    return status;
}

/* --- Types by their ids --- */

static int by_id(const void *a, const void *b) {
    const struct compile_type *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static struct compile_type *sort_types(const struct allocator *a, const struct wasm_module *m) {
    struct compile_type *types = ALLOC_ARRAY(a, struct compile_type, m->type_count);
    if (!types) return NULL;
    for (uint32_t i = 0; i < m->type_count; i++)
        types[i] = (struct compile_type){m->types[i], i};
    qsort(types, m->type_count, sizeof *types, by_id);
    return types;
}

uint32_t compile_type_index(const struct compile *compile, uint32_t id) {
    uint32_t low = 0, high = compile->module->type_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compile->types[middle].id < id) low = middle + 1;
        else high = middle;
    }
    return compile->types[low].index;
}

/* --- A module --- */

static nacre_status compile_decoded(struct compile *compile, uint8_t **image, uint64_t *size,
                                    nacre_error *error) {
    const struct wasm_module *m = compile->module;
    struct signatures signatures;
    struct compile_type *types = sort_types(compile->allocator, m);
    nacre_status status = types ? signatures_init(&signatures, compile->allocator, m)
                                : NACRE_NO_MEMORY;
    compile->types = types;
    compile->signatures = &signatures;
    if (status == NACRE_OK && !compile->options.continues &&
        !fixed_find(m, compile->allocator, &compile->fixed))
        status = NACRE_NO_MEMORY;
    if (status == NACRE_OK) status = compile_parts(compile, image, size, error);
    fixed_free(m, compile->allocator, compile->fixed);
    if (types) signatures_deinit(&signatures);
    if (types) ALLOC_FREE_ARRAY(compile->allocator, types, m->type_count);
    return status;
}

nacre_status compile_module(const struct compile_options *options,
                            const struct allocator *allocator, const uint8_t *bytes, size_t size,
                            uint8_t **image, uint64_t *image_size, nacre_error *error) {
    /* Whoever made the module could make types collide: that costs this process alone. */
    static const struct hash_key key = {{0x6E61637265, 0x636F6D70696C65}};
    struct compile compile = {.options = *options, .allocator = allocator};
    struct wasm_types types;
    struct wasm_module module;
    TRY(target_choose(&compile, error));
    if (!wasm_types_init(&types, allocator, &key)) return NACRE_NO_MEMORY;
    nacre_status status =
        wasm_module_decode(&module, allocator, &types, UINT32_MAX, false, bytes, size, error);
    if (status == NACRE_OK) {
        status = wasm_validate(&module, allocator, error);
        compile.module = &module;
        compile.has_exceptions = module.features >> WASM_FEATURE_EXCEPTIONS & 1;
        compile.has_tail_calls = module.features >> WASM_FEATURE_TAIL_CALL & 1;
        if (status == NACRE_OK && options->continues &&
            (options->func < module.imported[WASM_EXTERN_FUNC] ||
             options->func >= module.func_count))
            status = error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no such function");
        if (status == NACRE_OK) status = compile_decoded(&compile, image, image_size, error);
        wasm_module_deinit(&module);
    }
    wasm_types_deinit(&types);
    return status;
}
