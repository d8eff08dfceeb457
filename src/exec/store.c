/* store.c - see store.h */
#include "exec/store.h"

#include "base/hash.h"
#include "exec/collect.h"
#include "exec/context.h"
#include "exec/hosts.h"
#include "exec/instance.h"
#include "exec/native.h"

/* The stack's guard against a frame that is larger than it: a thread's stack is at least this. */
enum { STACK_BYTES_MIN = 64 * 1024 };

static uint64_t stack_slots(const struct store *store) {
    uint64_t bytes = u64_max(store->limits.stack_bytes, STACK_BYTES_MIN);
    return (bytes + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE * WASM_PAGE_SIZE / sizeof(uint64_t);
}

/* As it begins, on the stacks that it has. */
static void thread_restart(struct thread *thread) {
    *thread = (struct thread){.store = thread->store, .stack = thread->stack,
                              .stack_slots = thread->stack_slots, .top = thread->stack,
                              .stack_end = thread->stack + thread->stack_slots,
                              .native_base = thread->native_base,
                              .native_bytes = thread->native_bytes, .deadline_ns = UINT64_MAX};
    native_restart(thread);
}

static void thread_deinit(struct thread *thread) {
    if (!thread->stack) return;
    const struct port *port = store_port(thread->store);
    native_deinit(thread);
    port->pages_release(port->context, (uint8_t *)thread->stack,
                        thread->stack_slots * sizeof *thread->stack);
    thread->stack = NULL;
    thread->native_base = NULL;
}

/* A stack of the size that the limits ask for, unless it has one. */
static nacre_status thread_init(struct thread *thread, struct store *store) {
    const struct port *port = store_port(store);
    uint64_t slots = stack_slots(store), bytes = slots * sizeof *thread->stack;
    thread->store = store;
    if (thread->stack && thread->stack_slots == slots) return NACRE_OK;
    thread_deinit(thread);
    uint8_t *base;
    TRY(port->pages_reserve(port->context, bytes, &base));
    nacre_status status = port->pages_commit_any(port->context, base, bytes);
    if (status != NACRE_OK) {
        port->pages_release(port->context, base, bytes);
        return status;
    }
    thread->stack = (uint64_t *)base;
    thread->stack_slots = slots;
    return NACRE_OK;
}

/* With its limits and its group. */
static nacre_status begin(struct store *store) {
    heap_init(&store->heap, store);
    TRY(thread_init(&store->thread, store));
    thread_restart(&store->thread);
    if (!alloc_reserve(&store->engine->allocator, (void **)&store->funcs, &store->func_capacity,
                       1, sizeof *store->funcs))
        return NACRE_NO_MEMORY;
    store->funcs[store->func_count++] =
        (struct func){.type = WASM_NO_TYPE, .owner = UINT32_MAX}; /* null */
    return NACRE_OK;
}

nacre_status store_init(struct store *store, struct engine *engine,
                        const struct store_limits *limits, uint64_t fuel) {
    *store = (struct store){.engine = engine};
    arena_init(&store->arena, &engine->allocator);
    nacre_status status = store_restart(store, limits, fuel);
    if (status != NACRE_OK) store_deinit(store);
    return status;
}

nacre_status store_restart(struct store *store, const struct store_limits *limits,
                           uint64_t fuel) {
    const struct engine *engine = store->engine;
    store->limits = *limits;
    store->group = group_create(&engine->allocator, engine->port, limits->memory_bytes,
                                limits->threads, fuel);
    if (!store->group) return NACRE_NO_MEMORY;
    nacre_status status = begin(store);
    if (status != NACRE_OK) store_clear(store);
    return status;
}

nacre_status store_init_beside(struct store *store, const struct store *of) {
    *store = (struct store){.engine = of->engine, .limits = of->limits, .group = of->group,
                            .is_beside = true};
    arena_init(&store->arena, &of->engine->allocator);
    group_join(of->group);
    nacre_status status = begin(store);
    if (status != NACRE_OK) store_deinit(store);
    return status;
}

/* Lists that grow, and what a store that was cleared keeps of one, and of its arena, at most. */
#define STORE_LISTS(LIST)             \
    LIST(funcs, func)                 \
    LIST(hosts, host)                 \
    LIST(definitions, definition)     \
    LIST(offers, offer)               \
    LIST(instances, instance)         \
    LIST(memories, memory)            \
    LIST(tables, table)               \
    LIST(tags, tag)                   \
    LIST(owned, owned)
enum { KEPT_BYTES = 256 * 1024 };

static void release_types(struct store *store) {
    struct wasm_types *types = &store->engine->types;
    for (uint32_t i = 0; i < store->host_count; i++)
        if (store->hosts[i].uses_type) wasm_types_release(types, store->hosts[i].type);
    for (uint32_t i = 0; i < store->tag_count; i++)
        if (store->tags[i]->uses_type) wasm_types_release(types, store->tags[i]->type);
}

static void free_list(const struct store *store, void **list, uint32_t *capacity, size_t size,
                      size_t kept) {
    if (*capacity <= kept / size) return;
    alloc_free(&store->engine->allocator, *list, *capacity, size);
    *list = NULL;
    *capacity = 0;
}

void store_clear(struct store *store) {
    const struct allocator *a = &store->engine->allocator;
    if (!store->group) return;
    if (!store->is_beside) group_end_threads(store->group);
    while (store->owned_count--)
        store->owned[store->owned_count].release(store->owned[store->owned_count].thing);
    /* An instance's first memory brings its context, where tables and memories are. */
    while (store->table_count) table_deinit(store->tables[--store->table_count]);
    while (store->memory_count) memory_deinit(store->memories[--store->memory_count]);
    release_types(store);
#define CLEAR(list, item)                                                                \
    store->item##_count = 0;                                                             \
    free_list(store, (void **)&store->list, &store->item##_capacity, sizeof *store->list, \
              KEPT_BYTES);
    STORE_LISTS(CLEAR)
#undef CLEAR
    ALLOC_FREE_ARRAY(a, store->definition_buckets, store->definition_bucket_count);
    store->definition_buckets = NULL;
    store->definition_bucket_count = 0;
    store->globals = NULL;
    kept_deinit(&store->kept, a);
    store->kept = (struct kept){0};
    heap_deinit(&store->heap);
    arena_clear(&store->arena, KEPT_BYTES);
    group_leave(store->group);
    store->group = NULL;
}

void store_deinit(struct store *store) {
    store_clear(store);
    thread_deinit(&store->thread);
#define FREE(list, item)                                                                 \
    free_list(store, (void **)&store->list, &store->item##_capacity, sizeof *store->list, 0);
    STORE_LISTS(FREE)
#undef FREE
    arena_deinit(&store->arena);
}

/* --- Adding things --- */

#define RESERVE(store, list, count, capacity)                                              \
    alloc_reserve(&(store)->engine->allocator, (void **)&(store)->list, &(store)->capacity, \
                  (store)->count + 1, sizeof *(store)->list)

static nacre_status reserve_funcs(struct store *store, uint32_t count) {
    const uint32_t most = 1 << 30;
    const struct func *old = store->funcs;
    if (count > most - store->func_count) return NACRE_LIMIT;
    if (!alloc_reserve(&store->engine->allocator, (void **)&store->funcs, &store->func_capacity,
                       store->func_count + count, sizeof *store->funcs))
        return NACRE_NO_MEMORY;
    if (store->funcs != old) context_update_all(store);
    return NACRE_OK;
}

nacre_status store_add_funcs(struct store *store, struct instance *instance) {
    const struct code_module *module = instance->module;
    const uint32_t first = store->func_count, number = instance->number;
    TRY(reserve_funcs(store, module->referable_count));
    struct func *funcs = store->funcs + first;
    for (uint32_t i = 0; i < module->referable_count; i++) {
        uint32_t index = module->referable[i];
        funcs[i] = (struct func){.type = module->wasm.funcs[index].type, .owner = number,
                                 .instance = instance, .index = index};
        instance->funcs[index] = first + i;
    }
    store->func_count += module->referable_count;
    return NACRE_OK;
}

nacre_status store_add_host(struct store *store, const struct host *host, uint32_t *ref) {
    nacre_status status = NACRE_NO_MEMORY;
    if (RESERVE(store, hosts, host_count, host_capacity)) status = reserve_funcs(store, 1);
    if (status != NACRE_OK) {
        if (host->uses_type) wasm_types_release(&store->engine->types, host->type);
        return status;
    }
    *ref = store->func_count++;
    store->funcs[*ref] =
        (struct func){.type = host->type, .owner = UINT32_MAX, .index = store->host_count};
    store->hosts[store->host_count++] = *host;
    return NACRE_OK;
}

nacre_status store_add_memory(struct store *store, const struct wasm_limits *limits,
                              struct memory **memory) {
    struct memory *m = arena_take(&store->arena, 1, sizeof *m);
    if (!m) return NACRE_NO_MEMORY;
    TRY(store_place_memory(store, limits, m));
    *memory = m;
    return NACRE_OK;
}

nacre_status store_place_memory(struct store *store, const struct wasm_limits *limits,
                                struct memory *place) {
    if (!RESERVE(store, memories, memory_count, memory_capacity)) return NACRE_NO_MEMORY;
    TRY(memory_init(place, store, limits, 0, NULL));
    return store_list_memory(store, place);
}

nacre_status store_list_memory(struct store *store, struct memory *memory) {
    if (!RESERVE(store, memories, memory_count, memory_capacity)) return NACRE_NO_MEMORY;
    store->memories[store->memory_count++] = memory;
    return NACRE_OK;
}

nacre_status store_add_shared(struct store *store, const struct memory *of,
                              struct memory **memory) {
    struct memory *m = arena_take(&store->arena, 1, sizeof *m);
    if (!m || !RESERVE(store, memories, memory_count, memory_capacity)) return NACRE_NO_MEMORY;
    memory_share(m, store, of);
    store->memories[store->memory_count++] = m;
    *memory = m;
    return NACRE_OK;
}

nacre_status store_add_table(struct store *store, wasm_valtype type,
                             const struct wasm_limits *limits, uint32_t init,
                             struct table **table) {
    struct table *t = arena_take(&store->arena, 1, sizeof *t);
    if (!t) return NACRE_NO_MEMORY;
    TRY(store_place_table(store, type, limits, init, t));
    *table = t;
    return NACRE_OK;
}

nacre_status store_place_table(struct store *store, wasm_valtype type,
                               const struct wasm_limits *limits, uint32_t init,
                               struct table *place) {
    if (!RESERVE(store, tables, table_count, table_capacity)) return NACRE_NO_MEMORY;
    TRY(table_init(place, store, type, limits, init));
    store->tables[store->table_count++] = place;
    return NACRE_OK;
}

struct global *store_add_global(struct store *store, wasm_valtype type, bool is_mutable) {
    struct global *global = arena_take(&store->arena, 1, sizeof *global);
    if (global) store_place_global(store, type, is_mutable, global);
    return global;
}

void store_place_global(struct store *store, wasm_valtype type, bool is_mutable,
                        struct global *place) {
    *place = (struct global){.type = type, .is_mutable = is_mutable, .store = store,
                             .next = store->globals};
    store->globals = place;
}

nacre_status store_add_tag(struct store *store, uint32_t type, struct tag **tag) {
    struct tag *t = arena_take(&store->arena, 1, sizeof *t);
    if (!t || !RESERVE(store, tags, tag_count, tag_capacity)) return NACRE_NO_MEMORY;
    *t = (struct tag){.type = type, .number = store->tag_count};
    store->tags[store->tag_count++] = t;
    *tag = t;
    return NACRE_OK;
}

nacre_status store_own(struct store *store, void *owned, void (*release)(void *owned)) {
    if (!RESERVE(store, owned, owned_count, owned_capacity)) return NACRE_NO_MEMORY;
    store->owned[store->owned_count++] = (struct owned){owned, release};
    return NACRE_OK;
}

/* --- Definitions: a hash table of places in the list, and offers --- */

static bool same_name(const struct wasm_name *a, const struct wasm_name *b) {
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static uint32_t find_bucket(const struct store *store, const struct wasm_name *module,
                            const struct wasm_name *name) {
    uint32_t mask = store->definition_bucket_count - 1;
    struct hash h;
    hash_start(&h, &store->engine->types.key);
    hash_add(&h, module->bytes, module->size);
    hash_add(&h, name->bytes, name->size);
    for (uint32_t b = (uint32_t)hash_end(&h) & mask;; b = (b + 1) & mask) {
        uint32_t index = store->definition_buckets[b];
        if (index == UINT32_MAX) return b;
        const struct definition *d = &store->definitions[index];
        if (same_name(&d->module, module) && same_name(&d->name, name)) return b;
    }
}

static bool grow_buckets(struct store *store) {
    const struct allocator *a = &store->engine->allocator;
    uint32_t count = store->definition_bucket_count ? store->definition_bucket_count * 2 : 128;
    uint32_t *buckets = ALLOC_ARRAY(a, uint32_t, count);
    if (!buckets) return false;
    memset(buckets, 0xFF, count * sizeof *buckets);
    ALLOC_FREE_ARRAY(a, store->definition_buckets, store->definition_bucket_count);
    store->definition_buckets = buckets;
    store->definition_bucket_count = count;
    for (uint32_t i = 0; i < store->definition_count; i++) {
        const struct definition *d = &store->definitions[i];
        buckets[find_bucket(store, &d->module, &d->name)] = i;
    }
    return true;
}

static nacre_status define(struct store *store, struct wasm_name module, struct wasm_name name,
                           const struct extern_item *item, const struct definition **made) {
    if (store->definition_count >= store->definition_bucket_count / 2 && !grow_buckets(store))
        return NACRE_NO_MEMORY;
    if (!RESERVE(store, definitions, definition_count, definition_capacity))
        return NACRE_NO_MEMORY;
    uint32_t *bucket = &store->definition_buckets[find_bucket(store, &module, &name)];
    if (*bucket == UINT32_MAX) *bucket = store->definition_count++;
    store->definitions[*bucket] = (struct definition){module, name, *item, store->offer_count};
    *made = &store->definitions[*bucket];
    return NACRE_OK;
}

nacre_status store_define(struct store *store, struct wasm_name module, struct wasm_name name,
                          const struct extern_item *item) {
    const struct definition *made;
    return define(store, module, name, item, &made);
}

static const struct definition *find_definition(const struct store *store,
                                                const struct wasm_name *module,
                                                const struct wasm_name *name) {
    if (store->definition_bucket_count == 0) return NULL;
    uint32_t index = store->definition_buckets[find_bucket(store, module, name)];
    return index == UINT32_MAX ? NULL : &store->definitions[index];
}

/* What is found in an offer becomes a definition. */
static nacre_status take_offer(struct store *store, const struct offer *offer, uint32_t entry,
                               const struct wasm_name *module, const struct wasm_name *name,
                               const struct definition **made) {
    struct extern_item item = {.kind = WASM_EXTERN_FUNC};
    const struct host host = {.function = offer->set->entries[entry].function,
                              .env = offer->env, .type = offer->types[entry]};
    TRY(store_add_host(store, &host, &item.of.func));
    const char *own = offer->set->entries[entry].name;
    return define(store, (struct wasm_name){offer->set->module, module->size},
                  (struct wasm_name){own, name->size}, &item, made);
}

nacre_status store_find(struct store *store, struct wasm_name module, struct wasm_name name,
                        const struct extern_item **item) {
    const struct definition *d = find_definition(store, &module, &name);
    for (uint32_t n = store->offer_count; n-- > (d ? d->offers : 0);) {
        uint32_t entry = hosts_find(store->offers[n].set, &module, &name);
        if (entry == UINT32_MAX) continue;
        TRY(take_offer(store, &store->offers[n], entry, &module, &name, &d));
        break;
    }
    *item = d ? &d->item : NULL;
    return NACRE_OK;
}

nacre_status store_define_hosts(struct store *store, const struct host_set *set, void *env) {
    struct offer offer = {.set = set, .env = env};
    TRY(hosts_types(store->engine, set, &offer.types));
    if (!RESERVE(store, offers, offer_count, offer_capacity)) return NACRE_NO_MEMORY;
    store->offers[store->offer_count++] = offer;
    return NACRE_OK;
}

const char *store_copy_name(struct store *store, const char *bytes, size_t size) {
    char *copy = arena_take(&store->arena, size + 1, 1);
    if (copy && size) memcpy(copy, bytes, size);
    return copy;
}

bool store_ref_fits(const struct store *store, uint32_t ref, wasm_valtype type) {
    const struct wasm_types *types = &store->engine->types;
    if (ref == 0) return wasm_is_nullable(type);
    uint32_t heap = wasm_heap(type), top = wasm_heap_top(types, heap);
    bool in_heap = heap_holds(&store->heap, ref), is_exception = false;
    if (in_heap) {
        uint32_t object_type = heap_object(&store->heap, ref)->type;
        is_exception = wasm_type_get(types, object_type)->kind == WASM_TYPE_FUNC;
    }
    bool is_there = top == WASM_HEAP_FUNC  ? ref < store->func_count
                  : top == WASM_HEAP_EXN   ? in_heap && is_exception
                  : heap_is_object(ref)    ? in_heap && !is_exception
                                           : true;
    return is_there && object_matches(store, ref, heap);
}
