/* object.c - implements nacre/object.h */
#include <nacre/object.h>

#include "api/api.h"
#include "exec/collect.h"

/* The object that a reference refers to, with its type; NULL for anything else. */
static struct object *object_of(const struct store *store, nacre_ref ref,
                                const struct wasm_type **type) {
    if (!heap_holds(&store->heap, ref)) return NULL;
    struct object *object = heap_object(&store->heap, ref);
    *type = wasm_type_get(&store->engine->types, object->type);
    return object;
}

nacre_referent nacre_ref_referent(const nacre_store *store, const nacre_value *value) {
    static const nacre_referent of_kind[] = {[WASM_TYPE_FUNC] = NACRE_REFERENT_EXCEPTION,
                                             [WASM_TYPE_STRUCT] = NACRE_REFERENT_STRUCT,
                                             [WASM_TYPE_ARRAY] = NACRE_REFERENT_ARRAY};
    const struct store *s = &store->store;
    const struct wasm_type *type;
    wasm_valtype any = api_type(value->kind);
    if (!wasm_is_ref(any) || value->of.ref == NACRE_NULL ||
        !store_ref_fits(s, value->of.ref, any))
        return NACRE_REFERENT_NONE;
    if (value->kind == NACRE_FUNCREF) return NACRE_REFERENT_FUNC;
    if (heap_is_i31(value->of.ref)) return NACRE_REFERENT_I31;
    if (heap_is_number(value->of.ref)) return NACRE_REFERENT_NUMBER;
    return object_of(s, value->of.ref, &type) ? of_kind[type->kind] : NACRE_REFERENT_NONE;
}

nacre_status nacre_ref_keep(nacre_store *store, nacre_ref ref) {
    struct store *s = &store->store;
    if (!heap_is_object(ref)) return NACRE_OK;
    if (!heap_holds(&s->heap, ref)) return NACRE_ARGUMENT;
    return kept_add(&s->kept, &s->engine->allocator, ref) ? NACRE_OK : NACRE_NO_MEMORY;
}

void nacre_ref_release(nacre_store *store, nacre_ref ref) {
    (void)kept_remove(&store->store.kept, ref);
}

/* --- Fields, elements, values --- */

/* Where a part of an object is, and as what. */
struct part {
    uint8_t *at;
    wasm_valtype type;
    bool is_mutable, is_in_slots;
};

static uint32_t part_count(const struct object *object, const struct wasm_type *type) {
    return type->kind == WASM_TYPE_ARRAY    ? object->length
           : type->kind == WASM_TYPE_STRUCT ? type->field_count
                                            : type->param_count;
}

static nacre_status find_part(const struct store *store, nacre_ref ref, uint32_t index,
                              struct part *part) {
    const struct wasm_type *type;
    struct object *object = object_of(store, ref, &type);
    if (!object || index >= part_count(object, type)) return NACRE_BOUNDS;
    if (type->kind == WASM_TYPE_FUNC) {
        size_t slot = 0;
        for (uint32_t i = 0; i < index; i++) slot += wasm_slots(wasm_params(type)[i]);
        *part = (struct part){object->bytes + slot * sizeof(uint64_t), wasm_params(type)[index],
                              false, true};
        return NACRE_OK;
    }
    bool is_array = type->kind == WASM_TYPE_ARRAY;
    const struct wasm_field *field = &type->fields[is_array ? 0 : index];
    size_t offset = is_array ? (size_t)index * type->bytes : field->offset;
    *part = (struct part){object->bytes + offset, field->type, field->is_mutable, false};
    return NACRE_OK;
}

/* As what a part stands on the stack. */
static wasm_valtype unpacked(wasm_valtype type) {
    return type == WASM_I8 || type == WASM_I16 ? (wasm_valtype)WASM_I32 : type;
}

uint32_t nacre_object_size(const nacre_store *store, nacre_ref ref) {
    const struct wasm_type *type;
    const struct object *object = object_of(&store->store, ref, &type);
    return object ? part_count(object, type) : 0;
}

nacre_status nacre_object_get(const nacre_store *store, nacre_ref ref, uint32_t index,
                              nacre_value *value) {
    const struct store *s = &store->store;
    struct part part;
    uint64_t slots[2] = {0};
    TRY(find_part(s, ref, index, &part));
    memcpy(slots, part.at, wasm_storage_size(part.type)); /* little-endian */
    api_from_slots(&s->engine->types, unpacked(part.type), slots, value);
    return NACRE_OK;
}

nacre_status nacre_object_set(nacre_store *store, nacre_ref ref, uint32_t index,
                              const nacre_value *value) {
    struct part part;
    uint64_t slots[2];
    TRY(find_part(&store->store, ref, index, &part));
    if (!part.is_mutable) return NACRE_ARGUMENT;
    if (api_to_slots(&store->store, value, unpacked(part.type), slots) != NACRE_OK)
        return NACRE_TYPE;
    memcpy(part.at, slots, wasm_storage_size(part.type));
    return NACRE_OK;
}

/* --- Tags and exceptions --- */

nacre_status nacre_tag_create(nacre_store *store, const nacre_functype *type, nacre_tag **tag) {
    uint32_t id;
    struct tag *t;
    if (type->result_count) return NACRE_ARGUMENT;
    TRY(api_add_type(&store->store, type, &id));
    nacre_status status = store_add_tag(&store->store, id, &t);
    if (status != NACRE_OK) {
        wasm_types_release(&store->store.engine->types, id);
        return status;
    }
    t->uses_type = true;
    *tag = (nacre_tag *)t;
    return NACRE_OK;
}

nacre_status nacre_tag_type(nacre_store *store, const nacre_tag *tag, nacre_functype *type) {
    *type = api_functype(&store->store.engine->types, api_tag(tag)->type);
    return NACRE_OK;
}

static nacre_status create_exception(struct store *s, const struct tag *tag,
                                     const nacre_value *values, nacre_ref *exception) {
    const struct wasm_type *type = wasm_type_get(&s->engine->types, tag->type);
    uint64_t bytes = type->param_slots * sizeof(uint64_t);
    uint32_t bad, ref = object_create(&s->thread, ASKED_BY_HOST, type->id, tag->number, bytes);
    if (!ref) return NACRE_NO_MEMORY;
    TRY(api_put_values(s, wasm_params(type), type->param_count, values,
                       (uint64_t *)(void *)heap_object(&s->heap, ref)->bytes, &bad));
    *exception = ref;
    return NACRE_OK;
}

static nacre_ref object_in(const nacre_value *value) {
    bool is_any = value->kind == NACRE_EXTERNREF || value->kind == NACRE_ANYREF ||
                  value->kind == NACRE_EXNREF;
    return is_any ? value->of.ref : NACRE_NULL;
}

/* Making the exception may collect what its values refer to, so they are kept meanwhile. */
nacre_status nacre_exception_create(nacre_store *store, const nacre_tag *tag,
                                    const nacre_value *values, uint32_t count,
                                    nacre_ref *exception) {
    const struct tag *t = api_tag(tag);
    const struct wasm_type *type = wasm_type_get(&store->store.engine->types, t->type);
    nacre_status status = count == type->param_count ? NACRE_OK : NACRE_TYPE;
    uint32_t kept = 0;
    for (; status == NACRE_OK && kept < count; kept++) {
        status = nacre_ref_keep(store, object_in(&values[kept]));
        if (status != NACRE_OK) break;
    }
    if (status == NACRE_OK) status = create_exception(&store->store, t, values, exception);
    while (kept-- > 0) nacre_ref_release(store, object_in(&values[kept]));
    return status;
}

static bool is_exception(const struct store *store, nacre_ref ref) {
    const struct wasm_type *type;
    return object_of(store, ref, &type) && type->kind == WASM_TYPE_FUNC;
}

nacre_tag *nacre_exception_tag(const nacre_store *store, nacre_ref exception) {
    const struct store *s = &store->store;
    if (!is_exception(s, exception)) return NULL;
    return (nacre_tag *)s->tags[heap_object(&s->heap, exception)->length];
}

nacre_ref nacre_store_exception(const nacre_store *store) {
    return store->store.thread.exception;
}

nacre_status nacre_caller_throw(nacre_caller *caller, nacre_ref exception) {
    struct store *s = caller->call->store;
    if (!is_exception(s, exception))
        return nacre_caller_fail(caller, "a host function threw what is no exception");
    s->thread.exception = exception;
    return NACRE_EXCEPTION;
}
