/* host_double.c - see host_double.h */
#include <stdlib.h>
#include <string.h>

#include "host_double.h"

uint8_t *memory_range(struct memory *memory, uint64_t offset, uint64_t size) {
    return range_inside(offset, size, memory->size) ? memory->bytes + offset : NULL;
}

nacre_status store_define_hosts(struct store *store, const struct host_set *set, void *env) {
    if (store->room == 0) return NACRE_NO_MEMORY;
    store->room--;
    for (uint32_t i = 0; i < set->count; i++) {
        if (store->count == DOUBLE_DEFINITIONS_MAX) abort();
        store->definitions[store->count].module = set->module;
        store->definitions[store->count].name = set->entries[i].name;
        store->definitions[store->count].params = set->entries[i].params;
        store->definitions[store->count].results = set->entries[i].results;
        store->definitions[store->count].function = set->entries[i].function;
        store->definitions[store->count++].env = env;
    }
    return NACRE_OK;
}

nacre_status store_own(struct store *store, void *owned, void (*release)(void *owned)) {
    if (store->room == 0) return NACRE_NO_MEMORY;
    store->room--;
    if (store->owned) abort();
    store->owned = owned;
    store->release = release;
    return NACRE_OK;
}

uint32_t host_start_thread(const struct host_call *call, const char *name, uint32_t argument) {
    (void)call;
    (void)name;
    (void)argument;
    return 0; /* one thread is all there may be */
}

void double_store_init(struct store *store) {
    memset(store, 0, sizeof *store);
    store->room = UINT32_MAX;
}

void double_store_deinit(struct store *store) {
    if (store->owned) store->release(store->owned);
    store->owned = NULL;
}

uint32_t double_find(const struct store *store, const char *name) {
    for (uint32_t i = 0; i < store->count; i++) {
        if (strcmp(store->definitions[i].name, name) == 0) return i;
    }
    abort();
}
