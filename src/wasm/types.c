/* types.c - canonical types and matching. See types.h */
#include "wasm/types.h"

bool wasm_types_init(struct wasm_types *types, const struct allocator *allocator,
                     const struct hash_key *key) {
    memset(types, 0, sizeof *types);
    types->allocator = allocator;
    types->key = *key;
    types->bucket_count = 64;
    types->buckets = ALLOC_ARRAY(allocator, uint32_t, types->bucket_count);
    if (!types->buckets) return false;
    memset(types->buckets, 0xFF, types->bucket_count * sizeof *types->buckets);
    return true;
}

static void free_type(const struct allocator *a, struct wasm_type *t) {
    if (!t) return;
    if (t->supers) ALLOC_FREE_ARRAY(a, t->supers, t->depth + 1);
    ALLOC_FREE_ARRAY(a, t->values, t->param_count + t->result_count);
    ALLOC_FREE_ARRAY(a, t->tops, t->param_count + t->result_count);
    ALLOC_FREE_ARRAY(a, t->fields, t->field_count);
    ALLOC_FREE(a, t);
}

static struct wasm_type **place_of(struct wasm_types *types, uint32_t id) {
    return &types->chunks[id / WASM_TYPE_CHUNK][id % WASM_TYPE_CHUNK];
}

void wasm_types_deinit(struct wasm_types *types) {
    const struct allocator *a = types->allocator;
    for (uint32_t id = 0; id < types->count; id++) free_type(a, *place_of(types, id));
    for (size_t i = 0; i < ARRAY_COUNT(types->chunks) && types->chunks[i]; i++)
        ALLOC_FREE_ARRAY(a, types->chunks[i], WASM_TYPE_CHUNK);
    ALLOC_FREE_ARRAY(a, types->buckets, types->bucket_count);
}

/* --- Groups: a type inside refers to the group's members relative to its first. The members'
 * canonical ids are first, first + 1, ...; `first` of a group not yet added is unknown, so
 * group-relative references keep WASM_HEAP_GROUP until then. --- */

static wasm_valtype absolute(wasm_valtype t, uint32_t first) {
    uint32_t heap = wasm_heap(t);
    if (!wasm_is_ref(t) || !wasm_heap_is_concrete(heap) || heap < WASM_HEAP_GROUP) return t;
    return (t & 0xFF) | (heap - WASM_HEAP_GROUP + first) << 8;
}

static uint32_t absolute_super(uint32_t super, uint32_t first) {
    if (super == WASM_NO_TYPE || super < WASM_HEAP_GROUP) return super;
    return super - WASM_HEAP_GROUP + first;
}

static uint32_t hash_group(const struct hash_key *key, const struct wasm_type *group,
                           uint32_t count) {
    struct hash h;
    hash_start(&h, key);
    hash_add_u64(&h, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct wasm_type *t = &group[i];
        uint32_t value_count = t->param_count + t->result_count;
        hash_add_u64(&h, (uint64_t)t->super << 32 | (uint64_t)t->kind << 1 | t->is_final);
        hash_add_u64(&h, (uint64_t)t->param_count << 32 | t->result_count);
        hash_add_u64(&h, t->field_count);
        for (uint32_t k = 0; k < value_count; k++) hash_add_u64(&h, t->values[k]);
        for (uint32_t k = 0; k < t->field_count; k++)
            hash_add_u64(&h, (uint64_t)t->fields[k].type << 1 | t->fields[k].is_mutable);
    }
    return (uint32_t)hash_end(&h);
}

/* Does `heap`, of a group of `count` that would start at id `first`, equal `there` of the group
 * that does? Inside must meet inside: a type that refers to an equal group by its canonical id
 * is not that group (types are iso-recursive, core specification 3.1.4). */
static bool same_heap(uint32_t heap, uint32_t there, uint32_t first, uint32_t count) {
    if (!wasm_heap_is_concrete(heap)) return heap == there;
    if (heap >= WASM_HEAP_GROUP) return heap - WASM_HEAP_GROUP + first == there;
    return heap == there && there - first >= count;
}

static bool same_valtype(wasm_valtype t, wasm_valtype there, uint32_t first, uint32_t count) {
    if (!wasm_is_ref(t)) return t == there;
    return wasm_code(t) == wasm_code(there) &&
           same_heap(wasm_heap(t), wasm_heap(there), first, count);
}

static bool same_type(const struct wasm_type *t, const struct wasm_type *there, uint32_t first,
                      uint32_t count) {
    if (t->kind != there->kind || t->is_final != there->is_final ||
        (t->super == WASM_NO_TYPE) != (there->super == WASM_NO_TYPE) ||
        t->param_count != there->param_count || t->result_count != there->result_count ||
        t->field_count != there->field_count)
        return false;
    if (t->super != WASM_NO_TYPE && !same_heap(t->super, there->super, first, count)) return false;
    for (uint32_t i = 0; i < t->param_count + t->result_count; i++)
        if (!same_valtype(t->values[i], there->values[i], first, count)) return false;
    for (uint32_t i = 0; i < t->field_count; i++)
        if (!same_valtype(t->fields[i].type, there->fields[i].type, first, count) ||
            t->fields[i].is_mutable != there->fields[i].is_mutable)
            return false;
    return true;
}

/* The first id of the equal group, or WASM_NO_TYPE with *bucket where it belongs. */
static uint32_t find_group(const struct wasm_types *types, const struct wasm_type *group,
                           uint32_t count, uint32_t hash, uint32_t *bucket) {
    uint32_t mask = types->bucket_count - 1;
    for (uint32_t b = hash & mask;; b = (b + 1) & mask) {
        uint32_t first = types->buckets[b];
        *bucket = b;
        if (first == WASM_NO_TYPE) return WASM_NO_TYPE;
        const struct wasm_type *head = wasm_type_get(types, first);
        if (head->group_hash != hash || head->group_size != count) continue;
        uint32_t i = 0;
        while (i < count && same_type(&group[i], wasm_type_get(types, first + i), first, count))
            i++;
        if (i == count) return first;
    }
}

static bool grow_buckets(struct wasm_types *types) {
    uint32_t count = types->bucket_count * 2;
    uint32_t *buckets = ALLOC_ARRAY(types->allocator, uint32_t, count);
    if (!buckets) return false;
    memset(buckets, 0xFF, count * sizeof *buckets);
    for (uint32_t i = 0; i < types->bucket_count; i++) {
        if (types->buckets[i] == WASM_NO_TYPE) continue;
        uint32_t b = wasm_type_get(types, types->buckets[i])->group_hash & (count - 1);
        while (buckets[b] != WASM_NO_TYPE) b = (b + 1) & (count - 1);
        buckets[b] = types->buckets[i];
    }
    ALLOC_FREE_ARRAY(types->allocator, types->buckets, types->bucket_count);
    types->buckets = buckets;
    types->bucket_count = count;
    return true;
}

/* Fields stand in order, each at a multiple of its size, of 8 at most: so what a supertype has is
 * where it has it. */
static void lay_out(struct wasm_type *t) {
    t->bytes = 0;
    for (uint32_t i = 0; i < t->field_count; i++) {
        uint32_t size = wasm_storage_size(t->fields[i].type), align = u32_min(size, 8);
        t->fields[i].offset = (t->bytes + align - 1) / align * align;
        t->bytes = t->fields[i].offset + size;
    }
}

/* Copies of the arrays, with absolute ids. */
static bool copy_arrays(const struct allocator *a, struct wasm_type *t, uint32_t first) {
    const wasm_valtype *values = t->values;
    const struct wasm_field *fields = t->fields;
    uint32_t value_count = t->param_count + t->result_count;
    t->supers = NULL;
    t->values = ALLOC_ARRAY(a, wasm_valtype, value_count);
    t->tops = ALLOC_ARRAY(a, uint32_t, value_count);
    t->fields = ALLOC_ARRAY(a, struct wasm_field, t->field_count);
    if (!t->values || !t->tops || !t->fields) return false;
    t->param_slots = t->result_slots = 0;
    for (uint32_t i = 0; i < value_count; i++) {
        t->values[i] = absolute(values[i], first);
        *(i < t->param_count ? &t->param_slots : &t->result_slots) += wasm_slots(values[i]);
    }
    for (uint32_t i = 0; i < t->field_count; i++) {
        t->fields[i].type = absolute(fields[i].type, first);
        t->fields[i].is_mutable = fields[i].is_mutable;
    }
    lay_out(t);
    return true;
}

/* What can be said when the whole group is there. */
static void complete(const struct wasm_types *types, struct wasm_type *t) {
    for (uint32_t i = 0; i < t->field_count; i++)
        t->fields[i].is_root = wasm_is_root(types, t->fields[i].type);
    for (uint32_t i = 0; i < t->param_count + t->result_count; i++)
        t->tops[i] = wasm_valtype_top(types, t->values[i]);
}

static bool set_supers(const struct wasm_types *types, struct wasm_type *t) {
    const struct wasm_type *super =
        t->super == WASM_NO_TYPE ? NULL : wasm_type_get(types, t->super);
    t->depth = super ? super->depth + 1 : 0;
    t->supers = ALLOC_ARRAY(types->allocator, uint32_t, t->depth + 1);
    if (!t->supers) return false;
    if (super) memcpy(t->supers, super->supers, t->depth * sizeof *t->supers);
    t->supers[t->depth] = t->id;
    return true;
}

/* Puts a copy of one member at id `id`. On failure nothing is left behind at that id. */
static bool add_member(struct wasm_types *types, const struct wasm_type *member, uint32_t id,
                       uint32_t first) {
    struct wasm_type ***chunk = &types->chunks[id / WASM_TYPE_CHUNK];
    if (!*chunk) *chunk = ALLOC_ARRAY(types->allocator, struct wasm_type *, WASM_TYPE_CHUNK);
    if (!*chunk) return false;
    struct wasm_type *t = ALLOC_NEW(types->allocator, struct wasm_type);
    if (!t) return false;
    *t = *member;
    t->id = id;
    t->super = absolute_super(member->super, first);
    t->group_size = 0;
    if (!copy_arrays(types->allocator, t, first) || !set_supers(types, t)) {
        free_type(types->allocator, t);
        return false;
    }
    (*chunk)[id % WASM_TYPE_CHUNK] = t;
    return true;
}

/* Releases the members [first, first + count), whose ids are free then. */
static void free_members(struct wasm_types *types, uint32_t first, uint32_t count) {
    for (uint32_t id = first; id < first + count; id++) {
        free_type(types->allocator, *place_of(types, id));
        *place_of(types, id) = NULL;
    }
}

/* Free ids one after the other: behind all others while there are any, then those of groups that
 * were released, the next ones after those that were found before. */
static bool find_ids(struct wasm_types *types, uint32_t count, uint32_t *first) {
    if (count <= WASM_TYPES_MAX - types->count) {
        *first = types->count;
        return true;
    }
    uint32_t run = 0, id = types->hole;
    if (count > types->free_count) return false;
    for (uint32_t looked = 0; looked < types->count + count; looked++, id++) {
        if (id >= types->count) id = run = 0;
        run = *place_of(types, id) ? 0 : run + 1;
        if (run < count) continue;
        types->hole = id + 1;
        *first = id + 1 - count;
        return true;
    }
    return false;
}

static nacre_status add_group(struct wasm_types *types, const struct wasm_type *group,
                              uint32_t count, uint32_t hash, uint32_t bucket, uint32_t *first) {
    uint32_t base, added = 0;
    if (!find_ids(types, count, &base)) return NACRE_LIMIT;
    while (added < count && add_member(types, &group[added], base + added, base)) added++;
    if (added < count) {
        free_members(types, base, added);
        return NACRE_NO_MEMORY;
    }
    for (uint32_t i = base; i < base + count; i++) complete(types, *place_of(types, i));
    struct wasm_type *head = *place_of(types, base);
    head->group_size = count;
    head->group_hash = hash;
    head->group_uses = 1;
    types->buckets[bucket] = base;
    types->group_count++;
    if (base == types->count) types->count += count;
    else types->free_count -= count;
    *first = base;
    return NACRE_OK;
}

nacre_status wasm_types_add(struct wasm_types *types, const struct wasm_type *group,
                            uint32_t count, uint32_t *first) {
    uint32_t hash = hash_group(&types->key, group, count), bucket = 0;
    nacre_status status = NACRE_OK;
    lock_take(&types->lock);
    uint32_t found = find_group(types, group, count, hash, &bucket);
    if (found != WASM_NO_TYPE) {
        (*place_of(types, found))->group_uses++;
        *first = found;
    } else if (types->group_count >= types->bucket_count / 2 && !grow_buckets(types)) {
        status = NACRE_NO_MEMORY;
    } else {
        find_group(types, group, count, hash, &bucket);
        status = add_group(types, group, count, hash, bucket, first);
    }
    lock_give(&types->lock);
    return status;
}

/* --- Releasing --- */

static uint32_t first_of_group(const struct wasm_types *types, uint32_t id) {
    while (wasm_type_get(types, id)->group_size == 0) id--;
    return id;
}

/* Empties the bucket of a group. What stands behind it, up to the next free one, moves to where it
 * is still found. */
static void remove_bucket(struct wasm_types *types, uint32_t first) {
    uint32_t mask = types->bucket_count - 1;
    uint32_t hole = wasm_type_get(types, first)->group_hash & mask;
    while (types->buckets[hole] != first) hole = (hole + 1) & mask;
    for (uint32_t b = (hole + 1) & mask; types->buckets[b] != WASM_NO_TYPE; b = (b + 1) & mask) {
        uint32_t home = wasm_type_get(types, types->buckets[b])->group_hash & mask;
        if (((b - home) & mask) < ((b - hole) & mask)) continue;
        types->buckets[hole] = types->buckets[b];
        hole = b;
    }
    types->buckets[hole] = WASM_NO_TYPE;
}

void wasm_types_release(struct wasm_types *types, uint32_t id) {
    lock_take(&types->lock);
    uint32_t first = first_of_group(types, id);
    struct wasm_type *head = *place_of(types, first);
    if (--head->group_uses == 0) {
        uint32_t count = head->group_size;
        remove_bucket(types, first);
        free_members(types, first, count);
        types->group_count--;
        types->free_count += count;
        for (; types->count > 0 && !*place_of(types, types->count - 1); types->count--)
            types->free_count--;
    }
    lock_give(&types->lock);
}

void wasm_types_keep(struct wasm_types *types, uint32_t id) {
    lock_take(&types->lock);
    (*place_of(types, first_of_group(types, id)))->group_uses++;
    lock_give(&types->lock);
}

/* --- Matching --- */

bool wasm_type_below(const struct wasm_types *types, uint32_t id, uint32_t super) {
    if (id == super) return true;
    const struct wasm_type *t = wasm_type_get(types, id), *s = wasm_type_get(types, super);
    return s->depth < t->depth && t->supers[s->depth] == super;
}

/* The abstract types above each abstract heap type, as a set of bits 0x74 - code. */
#define HEAP_BIT(heap) (1u << (0x74 - ((heap)&0xFF)))
static const uint16_t heaps_above[] = {
    [0x74 - 0x74] = HEAP_BIT(WASM_HEAP_NOEXN) | HEAP_BIT(WASM_HEAP_EXN),
    [0x74 - 0x73] = HEAP_BIT(WASM_HEAP_NOFUNC) | HEAP_BIT(WASM_HEAP_FUNC),
    [0x74 - 0x72] = HEAP_BIT(WASM_HEAP_NOEXTERN) | HEAP_BIT(WASM_HEAP_EXTERN),
    [0x74 - 0x71] = HEAP_BIT(WASM_HEAP_NONE) | HEAP_BIT(WASM_HEAP_I31) |
                    HEAP_BIT(WASM_HEAP_STRUCT) | HEAP_BIT(WASM_HEAP_ARRAY) |
                    HEAP_BIT(WASM_HEAP_EQ) | HEAP_BIT(WASM_HEAP_ANY),
    [0x74 - 0x70] = HEAP_BIT(WASM_HEAP_FUNC),
    [0x74 - 0x6F] = HEAP_BIT(WASM_HEAP_EXTERN),
    [0x74 - 0x6E] = HEAP_BIT(WASM_HEAP_ANY),
    [0x74 - 0x6D] = HEAP_BIT(WASM_HEAP_EQ) | HEAP_BIT(WASM_HEAP_ANY),
    [0x74 - 0x6C] = HEAP_BIT(WASM_HEAP_I31) | HEAP_BIT(WASM_HEAP_EQ) | HEAP_BIT(WASM_HEAP_ANY),
    [0x74 - 0x6B] = HEAP_BIT(WASM_HEAP_STRUCT) | HEAP_BIT(WASM_HEAP_EQ) | HEAP_BIT(WASM_HEAP_ANY),
    [0x74 - 0x6A] = HEAP_BIT(WASM_HEAP_ARRAY) | HEAP_BIT(WASM_HEAP_EQ) | HEAP_BIT(WASM_HEAP_ANY),
    [0x74 - 0x69] = HEAP_BIT(WASM_HEAP_EXN),
};

static uint32_t abstract_of(const struct wasm_type *t) {
    static const uint32_t heaps[] = {[WASM_TYPE_FUNC] = WASM_HEAP_FUNC,
                                     [WASM_TYPE_STRUCT] = WASM_HEAP_STRUCT,
                                     [WASM_TYPE_ARRAY] = WASM_HEAP_ARRAY};
    return heaps[t->kind];
}

/* The least type of the hierarchy that a type of this kind is in. */
static uint32_t least_of(const struct wasm_type *t) {
    return t->kind == WASM_TYPE_FUNC ? WASM_HEAP_NOFUNC : WASM_HEAP_NONE;
}

bool wasm_heap_matches(const struct wasm_types *types, uint32_t heap, uint32_t super) {
    if (heap == super || heap == WASM_HEAP_BOTTOM) return true;
    if (super == WASM_HEAP_BOTTOM) return false;
    if (wasm_heap_is_concrete(super)) {
        if (wasm_heap_is_concrete(heap)) return wasm_type_below(types, heap, super);
        return heap == least_of(wasm_type_get(types, super));
    }
    if (wasm_heap_is_concrete(heap)) heap = abstract_of(wasm_type_get(types, heap));
    return heaps_above[0x74 - (heap & 0xFF)] & HEAP_BIT(super);
}

uint32_t wasm_heap_top(const struct wasm_types *types, uint32_t heap) {
    static const uint32_t tops[] = {WASM_HEAP_FUNC, WASM_HEAP_EXTERN, WASM_HEAP_EXN};
    for (size_t i = 0; i < ARRAY_COUNT(tops); i++)
        if (wasm_heap_matches(types, heap, tops[i])) return tops[i];
    return WASM_HEAP_ANY;
}

uint8_t wasm_valtype_top(const struct wasm_types *types, wasm_valtype t) {
    return (uint8_t)(wasm_is_ref(t) ? wasm_heap_top(types, wasm_heap(t)) : wasm_code(t));
}

bool wasm_is_root(const struct wasm_types *types, wasm_valtype type) {
    return wasm_is_ref(type) && !wasm_heap_matches(types, wasm_heap(type), WASM_HEAP_FUNC);
}

bool wasm_valtype_matches(const struct wasm_types *types, wasm_valtype t, wasm_valtype super) {
    if (t == super || t == WASM_BOTTOM) return true;
    if (!wasm_is_ref(t) || !wasm_is_ref(super)) return false;
    if (wasm_is_nullable(t) && !wasm_is_nullable(super)) return false;
    return wasm_heap_matches(types, wasm_heap(t), wasm_heap(super));
}

static bool field_extends(const struct wasm_types *types, const struct wasm_field *f,
                          const struct wasm_field *super) {
    if (f->is_mutable != super->is_mutable) return false;
    return f->is_mutable ? f->type == super->type
                         : wasm_valtype_matches(types, f->type, super->type);
}

bool wasm_type_extends(const struct wasm_types *types, const struct wasm_type *type,
                       const struct wasm_type *super) {
    if (super->is_final || type->kind != super->kind || type->param_count != super->param_count ||
        type->result_count != super->result_count || type->field_count < super->field_count)
        return false;
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!wasm_valtype_matches(types, wasm_params(super)[i], wasm_params(type)[i]))
            return false;
    for (uint32_t i = 0; i < type->result_count; i++)
        if (!wasm_valtype_matches(types, wasm_results(type)[i], wasm_results(super)[i]))
            return false;
    for (uint32_t i = 0; i < super->field_count; i++)
        if (!field_extends(types, &type->fields[i], &super->fields[i])) return false;
    return true;
}

/* --- Text --- */

static const char *const heap_names[] = {"noexn", "nofunc", "noextern", "none", "func", "extern",
                                         "any",   "eq",     "i31",      "struct", "array", "exn"};

void wasm_valtype_text(struct text *text, wasm_valtype t) {
    static const struct { uint8_t code; const char *name; } names[] = {
        {WASM_I32, "i32"},   {WASM_I64, "i64"}, {WASM_F32, "f32"}, {WASM_F64, "f64"},
        {WASM_V128, "v128"}, {WASM_I8, "i8"},   {WASM_I16, "i16"}, {WASM_BOTTOM, "any value"}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (names[i].code == t) {
            text_add(text, names[i].name);
            return;
        }
    uint32_t heap = wasm_heap(t);
    if (wasm_is_nullable(t) && heap >= WASM_HEAP_EXN && heap <= WASM_HEAP_FUNC) {
        text_add(text, heap_names[0x74 - (heap & 0xFF)]);
        text_add(text, "ref");
        return;
    }
    text_add(text, wasm_is_nullable(t) ? "(ref null " : "(ref ");
    if (wasm_heap_is_concrete(heap)) text_add_u64(text, heap);
    else text_add(text, heap == WASM_HEAP_BOTTOM ? "any" : heap_names[0x74 - (heap & 0xFF)]);
    text_add(text, ")");
}

static void add_list(struct text *text, const char *word, const wasm_valtype *types,
                     uint32_t count) {
    if (count == 0) return;
    text_add(text, " (");
    text_add(text, word);
    for (uint32_t i = 0; i < count; i++) {
        text_add(text, " ");
        wasm_valtype_text(text, types[i]);
    }
    text_add(text, ")");
}

void wasm_functype_text(struct text *text, const struct wasm_type *type) {
    text_add(text, "(func");
    add_list(text, "param", wasm_params(type), type->param_count);
    add_list(text, "result", wasm_results(type), type->result_count);
    text_add(text, ")");
}
