/* hosts.c - see hosts.h */
#include "exec/hosts.h"

#include "base/status.h"

/* Of one set. They are made once, and stay until the engine ends. */
struct host_types {
    const struct host_set *set;
    struct host_types *next;
    uint32_t count;
    uint32_t *ids;
};

static wasm_valtype type_of_letter(char letter) {
    switch (letter) {
    case 'I': return WASM_I64;
    case 'f': return WASM_F32;
    case 'F': return WASM_F64;
    default: return WASM_I32;
    }
}

static nacre_status add_type(struct engine *engine, const struct host_entry *entry,
                             uint32_t *id) {
    enum { VALUES_MAX = 16 };
    wasm_valtype values[VALUES_MAX];
    struct wasm_type type = {.is_final = true, .super = WASM_NO_TYPE, .values = values};
    uint32_t count = 0;
    for (const char *p = entry->params; *p && count < VALUES_MAX; type.param_count++)
        values[count++] = type_of_letter(*p++);
    for (const char *r = entry->results; *r && count < VALUES_MAX; type.result_count++)
        values[count++] = type_of_letter(*r++);
    return wasm_types_add(&engine->types, &type, 1, id);
}

/* The first `made` of them are in use. */
static void release(struct engine *engine, struct host_types *types, uint32_t made) {
    while (made) wasm_types_release(&engine->types, types->ids[--made]);
    ALLOC_FREE_ARRAY(&engine->allocator, types->ids, types->count);
    ALLOC_FREE(&engine->allocator, types);
}

static nacre_status make(struct engine *engine, const struct host_set *set,
                         struct host_types **types) {
    struct host_types *made = ALLOC_NEW(&engine->allocator, struct host_types);
    if (!made) return NACRE_NO_MEMORY;
    *made = (struct host_types){.set = set, .count = set->count};
    made->ids = ALLOC_ARRAY(&engine->allocator, uint32_t, set->count);
    nacre_status status = made->ids ? NACRE_OK : NACRE_NO_MEMORY;
    uint32_t n = 0;
    while (status == NACRE_OK && n < set->count) {
        status = add_type(engine, &set->entries[n], &made->ids[n]);
        if (status == NACRE_OK) n++;
    }
    if (status != NACRE_OK) release(engine, made, n);
    else *types = made;
    return status;
}

static struct host_types *find_types(struct host_types *first, const struct host_set *set) {
    while (first && first->set != set) first = first->next;
    return first;
}

nacre_status hosts_types(struct engine *engine, const struct host_set *set,
                         const uint32_t **types) {
    struct host_types *first = __atomic_load_n(&engine->host_types, __ATOMIC_ACQUIRE);
    struct host_types *found = find_types(first, set), *made = NULL;
    if (!found) TRY(make(engine, set, &made));
    while (!found) {
        made->next = first;
        if (__atomic_compare_exchange_n(&engine->host_types, &first, made, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            *types = made->ids;
            return NACRE_OK;
        }
        found = find_types(first, set); /* another thread may have made them meanwhile */
    }
    if (made) release(engine, made, made->count);
    *types = found->ids;
    return NACRE_OK;
}

void hosts_deinit(struct engine *engine) {
    while (engine->host_types) {
        struct host_types *types = engine->host_types;
        engine->host_types = types->next;
        release(engine, types, types->count);
    }
}

static int compare(const char *text, const struct wasm_name *name) {
    size_t size = strlen(text);
    int order = memcmp(text, name->bytes, size < name->size ? size : name->size);
    return order ? order : size < name->size ? -1 : size > name->size;
}

uint32_t hosts_find(const struct host_set *set, const struct wasm_name *module,
                    const struct wasm_name *name) {
    uint32_t low = 0, high = set->count;
    if (compare(set->module, module) != 0) return UINT32_MAX;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare(set->entries[middle].name, name);
        if (order == 0) return middle;
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return UINT32_MAX;
}
