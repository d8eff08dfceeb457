/* map.c - finds the handle of a thing. See capi.h */
#include "capi/capi.h"

/* --- By number --- */

wasm_ref_t *capi_list_get(const struct capi_list *list, size_t index) {
    return index < list->capacity ? list->refs[index] : NULL;
}

bool capi_list_set(struct capi_list *list, size_t index, wasm_ref_t *ref) {
    if (index >= list->capacity) {
        size_t capacity = list->capacity ? list->capacity : 16;
        while (capacity <= index) capacity *= 2;
        wasm_ref_t **refs = realloc(list->refs, capacity * sizeof *refs);
        if (!refs) return false;
        memset(refs + list->capacity, 0, (capacity - list->capacity) * sizeof *refs);
        list->refs = refs;
        list->capacity = capacity;
    }
    list->refs[index] = ref;
    return true;
}

/* --- By address: a hash table. Nobody chooses where things are, so its key is no secret. --- */

struct capi_slot {
    const void *key; /* NULL: free */
    wasm_ref_t *ref;
};

static struct capi_slot *find(const struct capi_map *map, const void *key) {
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9E3779B97F4A7C15u;
    for (size_t i = (size_t)(hash >> 32);; i++) {
        struct capi_slot *slot = &map->slots[i & (map->capacity - 1)];
        if (!slot->key || slot->key == key) return slot;
    }
}

wasm_ref_t *capi_map_get(const struct capi_map *map, const void *key) {
    return map->capacity ? find(map, key)->ref : NULL;
}

static bool grow(struct capi_map *map) {
    struct capi_map larger = {.capacity = map->capacity ? map->capacity * 2 : 16};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key) *find(&larger, map->slots[i].key) = map->slots[i];
    larger.count = map->count;
    free(map->slots);
    *map = larger;
    return true;
}

bool capi_map_add(struct capi_map *map, const void *key, wasm_ref_t *ref) {
    if (map->count >= map->capacity / 2 && !grow(map)) return false;
    *find(map, key) = (struct capi_slot){key, ref};
    map->count++;
    return true;
}
