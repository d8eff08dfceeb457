/* module.c - modules: made, shared between stores, and in bytes. See capi.h */
#include "capi/capi.h"

/* --- What stores share --- */

wasm_shared_module_t *capi_module_load(wasm_engine_t *engine, const void *bytes, size_t size) {
    if (size > SIZE_MAX - sizeof(wasm_shared_module_t)) return NULL;
    wasm_shared_module_t *shared = malloc(sizeof *shared + size);
    if (!shared) return NULL;
    if (size) memcpy(shared->bytes, bytes, size);
    if (nacre_module_create(engine->engine, shared->bytes, size, &shared->module, NULL) !=
        NACRE_OK) {
        free(shared);
        return NULL;
    }
    atomic_init(&shared->count, 1);
    shared->engine = capi_engine_hold(engine);
    shared->size = size;
    return shared;
}

wasm_shared_module_t *capi_module_hold(wasm_shared_module_t *shared) {
    atomic_fetch_add(&shared->count, 1);
    return shared;
}

void wasm_shared_module_delete(wasm_shared_module_t *shared) {
    if (!shared || atomic_fetch_sub(&shared->count, 1) > 1) return;
    nacre_module_destroy(shared->module);
    wasm_engine_delete(shared->engine);
    free(shared);
}

wasm_module_t *capi_module_in(wasm_store_t *store, wasm_shared_module_t *shared) {
    wasm_module_t *module =
        shared ? capi_ref_new(store, CAPI_MODULE, sizeof *module) : NULL;
    if (module) module->shared = shared;
    else wasm_shared_module_delete(shared);
    return module;
}

wasm_shared_module_t *wasm_module_share(const wasm_module_t *module) {
    return capi_module_hold(module->shared);
}

/* Types belong to an engine, so another one reads the module anew. */
wasm_module_t *wasm_module_obtain(wasm_store_t *store, const wasm_shared_module_t *shared) {
    wasm_shared_module_t *own = (wasm_shared_module_t *)(uintptr_t)shared;
    if (shared->engine == store->engine) capi_module_hold(own);
    else own = capi_module_load(store->engine, shared->bytes, shared->size);
    return capi_module_in(store, own);
}

/* --- A store's --- */

static bool has_bytes(const wasm_byte_vec_t *binary) {
    return binary && (binary->data || binary->size == 0);
}

wasm_module_t *wasm_module_new(wasm_store_t *store, const wasm_byte_vec_t *binary) {
    if (!has_bytes(binary)) return NULL;
    return capi_module_in(store, capi_module_load(store->engine, binary->data, binary->size));
}

bool wasm_module_validate(wasm_store_t *store, const wasm_byte_vec_t *binary) {
    nacre_module *module;
    if (!has_bytes(binary) || nacre_module_create(store->engine->engine, binary->data,
                                                  binary->size, &module, NULL) != NACRE_OK)
        return false;
    nacre_module_destroy(module);
    return true;
}

/* A name, and whether there was memory for it. */
static bool name_of(wasm_name_t *out, const char *bytes, size_t size) {
    wasm_name_new(out, size, bytes);
    return out->size == size;
}

static wasm_importtype_t *import_at(const nacre_module *module, uint32_t index) {
    nacre_item item;
    nacre_externtype type;
    wasm_name_t from, name;
    if (nacre_module_import(module, index, &item) != NACRE_OK ||
        nacre_module_import_type(module, index, &type) != NACRE_OK)
        return NULL;
    bool is_whole = name_of(&from, item.module, item.module_size);
    is_whole &= name_of(&name, item.name, item.name_size);
    return wasm_importtype_new(&from, &name, is_whole ? capi_externtype(&type) : NULL);
}

static wasm_exporttype_t *export_at(const nacre_module *module, uint32_t index) {
    nacre_item item;
    nacre_externtype type;
    wasm_name_t name;
    if (nacre_module_export(module, index, &item) != NACRE_OK ||
        nacre_module_export_type(module, index, &type) != NACRE_OK)
        return NULL;
    bool is_whole = name_of(&name, item.name, item.name_size);
    return wasm_exporttype_new(&name, is_whole ? capi_externtype(&type) : NULL);
}

void wasm_module_imports(const wasm_module_t *module, wasm_importtype_vec_t *out) {
    const nacre_module *inner = module->shared->module;
    wasm_importtype_vec_new_uninitialized(out, nacre_module_import_count(inner));
    for (uint32_t i = 0; i < out->size; i++) {
        out->data[i] = import_at(inner, i);
        if (!out->data[i]) wasm_importtype_vec_delete(out);
    }
}

void wasm_module_exports(const wasm_module_t *module, wasm_exporttype_vec_t *out) {
    const nacre_module *inner = module->shared->module;
    wasm_exporttype_vec_new_uninitialized(out, nacre_module_export_count(inner));
    for (uint32_t i = 0; i < out->size; i++) {
        out->data[i] = export_at(inner, i);
        if (!out->data[i]) wasm_exporttype_vec_delete(out);
    }
}

/* --- In bytes: what this is, the SHA-256 of the module, the module --- */

enum { MAGIC_SIZE = 8, DIGEST_SIZE = 32, HEADER_SIZE = MAGIC_SIZE + DIGEST_SIZE };
static const char magic[MAGIC_SIZE] = {'\0', 'n', 'a', 'c', 'r', 'e', 'm', 1};

void wasm_module_serialize(const wasm_module_t *module, wasm_byte_vec_t *out) {
    const wasm_shared_module_t *shared = module->shared;
    wasm_byte_vec_new_uninitialized(out, HEADER_SIZE + shared->size);
    if (!out->size) return;
    memcpy(out->data, magic, MAGIC_SIZE);
    nacre_module_sha256(shared->module, (uint8_t *)out->data + MAGIC_SIZE);
    memcpy(out->data + HEADER_SIZE, shared->bytes, shared->size);
}

/* Nothing in the bytes is believed: the module is validated like any other. The digest tells what
 * was damaged and is valid all the same. */
wasm_module_t *wasm_module_deserialize(wasm_store_t *store, const wasm_byte_vec_t *bytes) {
    uint8_t digest[DIGEST_SIZE];
    if (!bytes || !bytes->data || bytes->size < HEADER_SIZE ||
        memcmp(bytes->data, magic, MAGIC_SIZE) != 0)
        return NULL;
    wasm_shared_module_t *shared = capi_module_load(store->engine, bytes->data + HEADER_SIZE,
                                                    bytes->size - HEADER_SIZE);
    if (!shared) return NULL;
    nacre_module_sha256(shared->module, digest);
    if (memcmp(digest, bytes->data + MAGIC_SIZE, DIGEST_SIZE) != 0) {
        wasm_shared_module_delete(shared);
        return NULL;
    }
    return capi_module_in(store, shared);
}
