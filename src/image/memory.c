/* memory.c - see image_has_memory */
#include "image/image.h"

enum { MEMORY_MIN = 256 * 1024, MEMORY_MAX = 1 << 30 };

bool image_has_memory(const struct wasm_module *m) {
    uint64_t bytes = 0;
    if (m->memory_count == 0 || m->imported[WASM_EXTERN_MEMORY] > 0 || m->memories[0].is_shared ||
        m->imported[WASM_EXTERN_GLOBAL] > 0 || m->imported[WASM_EXTERN_TABLE] > 0)
        return false;
    for (uint32_t i = 0; i < m->data_count; i++) {
        if (m->datas[i].mode != WASM_SEGMENT_ACTIVE || m->datas[i].size == 0) continue;
        if (m->datas[i].memory != 0) return false;
        bytes += m->datas[i].size;
    }
    return bytes >= MEMORY_MIN && bytes <= MEMORY_MAX;
}
