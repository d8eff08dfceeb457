/* import.c - types of imports and exports, with their names. */
#include "capi/capi.h"

/* An export is an import without a module. */
struct wasm_importtype_t {
    wasm_name_t module, name;
    wasm_externtype_t *type;
};

wasm_importtype_t *wasm_importtype_new(wasm_name_t *module, wasm_name_t *name,
                                       wasm_externtype_t *type) {
    wasm_importtype_t *import = type ? calloc(1, sizeof *import) : NULL;
    if (import) {
        *import = (wasm_importtype_t){*module, *name, type};
        wasm_name_new_empty(module);
        wasm_name_new_empty(name);
        return import;
    }
    wasm_name_delete(module);
    wasm_name_delete(name);
    wasm_externtype_delete(type);
    return NULL;
}

void wasm_importtype_delete(wasm_importtype_t *import) {
    if (!import) return;
    wasm_name_delete(&import->module);
    wasm_name_delete(&import->name);
    wasm_externtype_delete(import->type);
    free(import);
}

wasm_importtype_t *wasm_importtype_copy(const wasm_importtype_t *import) {
    wasm_name_t module, name;
    wasm_name_copy(&module, &import->module);
    wasm_name_copy(&name, &import->name);
    bool is_whole = module.size == import->module.size && name.size == import->name.size;
    wasm_importtype_t *copy =
        wasm_importtype_new(&module, &name, wasm_externtype_copy(import->type));
    if (is_whole) return copy;
    wasm_importtype_delete(copy);
    return NULL;
}

const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *import) {
    return &import->module;
}

const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *import) { return &import->name; }

const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *import) {
    return import->type;
}

wasm_exporttype_t *wasm_exporttype_new(wasm_name_t *name, wasm_externtype_t *type) {
    wasm_name_t none = {0, NULL};
    return (wasm_exporttype_t *)wasm_importtype_new(&none, name, type);
}

void wasm_exporttype_delete(wasm_exporttype_t *export) {
    wasm_importtype_delete((wasm_importtype_t *)export);
}

wasm_exporttype_t *wasm_exporttype_copy(const wasm_exporttype_t *export) {
    return (wasm_exporttype_t *)wasm_importtype_copy((const wasm_importtype_t *)export);
}

const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *export) {
    return wasm_importtype_name((const wasm_importtype_t *)export);
}

const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *export) {
    return wasm_importtype_type((const wasm_importtype_t *)export);
}
