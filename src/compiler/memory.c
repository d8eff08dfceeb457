/* memory.c - see memory.h */
#include "compiler/memory.h"

#include "compiler/fixed.h"

/* From the first page with data to the last; false: an offset is not known, or outside of the
 * memory, which is for who makes an instance to find. */
static bool find_range(const struct wasm_module *m, uint64_t *from, uint64_t *end,
                       uint64_t *bytes) {
    uint64_t to, size = m->memories[0].min * WASM_PAGE_SIZE;
    *from = UINT64_MAX;
    *end = *bytes = 0;
    for (uint32_t i = 0; i < m->data_count; i++) {
        const struct wasm_data *data = &m->datas[i];
        if (data->mode != WASM_SEGMENT_ACTIVE) continue;
        if (!fixed_offset(m, &data->offset, &to) || !range_inside(to, data->size, size))
            return false;
        if (data->size == 0) continue;
        *from = u64_min(*from, to / WASM_PAGE_SIZE * WASM_PAGE_SIZE);
        *end = u64_max(*end, to + data->size);
        *bytes += data->size;
    }
    *end = (*end + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE * WASM_PAGE_SIZE;
    return true;
}

nacre_status first_memory_make(struct first_memory *memory, const struct wasm_module *m,
                               const struct allocator *allocator) {
    uint64_t from, end, bytes, to;
    *memory = (struct first_memory){0};
    if (!image_has_memory(m) || !find_range(m, &from, &end, &bytes)) return NACRE_OK;
    if (end - from > 2 * bytes) return NACRE_OK; /* more holes than data */
    memory->bytes = alloc_zeroed(allocator, (size_t)(end - from), 1);
    if (!memory->bytes) return NACRE_NO_MEMORY;
    memory->size = end - from;
    memory->at = from;
    for (uint32_t i = 0; i < m->data_count; i++) {
        const struct wasm_data *data = &m->datas[i];
        if (data->mode != WASM_SEGMENT_ACTIVE || data->size == 0) continue;
        if (!fixed_offset(m, &data->offset, &to)) continue; /* it was, above */
        memcpy(memory->bytes + (to - from), m->bytes + data->bytes, data->size);
    }
    return NACRE_OK;
}

void first_memory_free(struct first_memory *memory, const struct allocator *allocator) {
    alloc_free(allocator, memory->bytes, (size_t)memory->size, 1);
}
