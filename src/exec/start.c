/* start.c - see start.h */
#include "exec/start.h"

#include "exec/instance.h"
#include "exec/run.h"

/* The first instance copies: who makes but one would do the work twice. */
enum start_state { START_FIRST, START_WANTED, START_MAKING, START_MADE, START_NONE };

/* The segments as parts of contents that begin at start->from; false: one is not inside the
 * memory, which is for who copies them to say. */
static bool find_parts(struct instance *i, struct start *start, struct port_part *parts,
                       uint32_t *count) {
    const struct wasm_module *m = &i->module->wasm;
    uint64_t from = UINT64_MAX, end = 0, value[2];
    for (uint32_t n = 0; n < m->data_count; n++) {
        const struct wasm_data *data = &m->datas[n];
        if (data->mode != WASM_SEGMENT_ACTIVE) continue;
        if (run_expr(i, &data->offset, value, NULL, NULL) != NACRE_OK) return false;
        uint64_t to = m->memories[0].is64 ? value[0] : (uint32_t)value[0];
        if (!range_inside(to, data->size, i->memories[0]->size)) return false;
        if (data->size == 0) continue;
        parts[(*count)++] =
            (struct port_part){.offset = to, .size = data->size, .bytes = m->bytes + data->bytes};
        from = u64_min(from, to / WASM_PAGE_SIZE * WASM_PAGE_SIZE);
        end = u64_max(end, to + data->size);
    }
    for (uint32_t n = 0; n < *count; n++) parts[n].offset -= from;
    start->from = from;
    start->size = (end - from + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE * WASM_PAGE_SIZE;
    return true;
}

static bool make(struct instance *i, struct start *start) {
    const struct wasm_module *m = &i->module->wasm;
    const struct allocator *a = &i->store->engine->allocator;
    const struct port *port = store_port(i->store);
    uint32_t count = 0;
    if (!port->contents || !image_has_memory(m)) return false;
    struct port_part *parts = ALLOC_ARRAY(a, struct port_part, m->data_count);
    if (!parts) return false;
    bool is_made = find_parts(i, start, parts, &count) &&
                   port->contents->make(port->context, start->size, parts, count,
                                        &start->contents) == NACRE_OK;
    ALLOC_FREE_ARRAY(a, parts, m->data_count);
    return is_made;
}

/* Is it this thread that goes from one state to the next? */
static bool moves(struct start *start, uint32_t from, uint32_t to) {
    return __atomic_compare_exchange_n(&start->state, &from, to, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_ACQUIRE);
}

/* Are they there? Nobody waits for who makes them. */
static bool has_contents(struct instance *i, struct start *start) {
    if (moves(start, START_FIRST, START_WANTED)) return false;
    if (moves(start, START_WANTED, START_MAKING))
        __atomic_store_n(&start->state, make(i, start) ? START_MADE : START_NONE,
                         __ATOMIC_RELEASE);
    return __atomic_load_n(&start->state, __ATOMIC_ACQUIRE) == START_MADE;
}

void start_use_image(struct code_module *module, const struct image *image, uint64_t contents) {
    struct start *start = &module->start;
    const struct port *port = module->engine->port;
    const struct image_note *note = image->note;
    if (note->memory.count == 0 || !moves(start, START_FIRST, START_MAKING)) {
        port->contents->release(port->context, contents);
        return;
    }
    start->contents = contents;
    start->offset = note->memory.offset;
    start->from = note->memory_at;
    start->size = note->memory.count;
    __atomic_store_n(&start->state, START_MADE, __ATOMIC_RELEASE);
}

nacre_status start_map(const struct start *start, const struct port *port, uint8_t *memory) {
    return port->contents->map(port->context, start->contents, start->offset,
                               memory + start->from, start->size);
}

nacre_status start_fill(struct instance *i, bool *is_filled) {
    const struct wasm_module *m = &i->module->wasm;
    struct start *start = &i->module->start;
    *is_filled = has_contents(i, start);
    if (!*is_filled) return NACRE_OK;
    struct memory *memory = i->memories[0];
    if (!memory->start) TRY(start_map(start, store_port(i->store), memory->base));
    memory->start = start;
    for (uint32_t n = 0; n < m->data_count; n++)
        if (m->datas[n].mode == WASM_SEGMENT_ACTIVE) i->dropped_datas[n] = true;
    return NACRE_OK;
}

void start_deinit(struct code_module *module) {
    const struct port *port = module->engine->port;
    if (module->start.state == START_MADE)
        port->contents->release(port->context, module->start.contents);
}
