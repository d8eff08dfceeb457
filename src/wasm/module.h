/*
 * module.h - a decoded module: what the sections say, with every index checked.
 *
 * The module borrows the bytes that it was decoded from; everything else is in its arena. It does
 * not change after wasm_module_decode. Offsets count from the module's first byte.
 */
#ifndef WASM_MODULE_H
#define WASM_MODULE_H

#include "base/arena.h"
#include "base/reader.h"
#include "wasm/opcodes.h"
#include "wasm/types.h"

enum wasm_extern_kind {
    WASM_EXTERN_FUNC,
    WASM_EXTERN_TABLE,
    WASM_EXTERN_MEMORY,
    WASM_EXTERN_GLOBAL,
    WASM_EXTERN_TAG,
    WASM_EXTERN_COUNT
};

struct wasm_name {
    const char *bytes; /* in the module's bytes; not NUL-ended */
    uint32_t size;
};

struct wasm_limits {
    uint64_t min, max; /* max is UINT64_MAX when there is none */
    bool has_max, is64, is_shared;
};

/* A constant expression: its instructions with the closing `end`, and the type wanted. */
struct wasm_expr {
    uint32_t offset, size; /* size 0: there is none */
    wasm_valtype type;
};

struct wasm_func {
    uint32_t type;         /* canonical id */
    uint32_t offset, size; /* of its body: locals and instructions; 0 for an import */
};

struct wasm_table {
    wasm_valtype type;
    struct wasm_limits limits;
    struct wasm_expr init; /* size 0: null */
};

struct wasm_global {
    wasm_valtype type;
    bool is_mutable;
    struct wasm_expr init; /* not for an import */
};

struct wasm_import {
    struct wasm_name module, name;
    uint8_t kind;   /* enum wasm_extern_kind */
    uint32_t index; /* in the index space of its kind */
};

struct wasm_export {
    struct wasm_name name;
    uint8_t kind;
    uint32_t index;
};

enum wasm_segment_mode { WASM_SEGMENT_ACTIVE, WASM_SEGMENT_PASSIVE, WASM_SEGMENT_DECLARATIVE };

struct wasm_elem {
    uint8_t mode;
    bool has_exprs;   /* items are constant expressions, else function indices */
    uint32_t table;   /* of an active one */
    struct wasm_expr offset;
    wasm_valtype type;
    uint32_t count;
    uint32_t items, items_size; /* where they are in the module */
};

struct wasm_data {
    uint8_t mode;
    uint32_t memory;
    struct wasm_expr offset;
    uint32_t bytes, size;
};

struct wasm_section {
    uint8_t id;
    uint32_t offset, size; /* of the contents */
    uint32_t count;        /* entries, where it is a list */
    struct wasm_name name; /* of a custom section */
};

struct wasm_module {
    struct arena arena;
    struct wasm_types *registry;
    const uint8_t *bytes;
    uint32_t size;
    uint32_t allowed, features; /* that may be, and are used: bits 1 << enum wasm_feature */

    uint32_t type_count, import_count, func_count, table_count, memory_count, global_count,
        tag_count, export_count, elem_count, data_count, section_count;
    uint32_t imported[WASM_EXTERN_COUNT]; /* how many of each kind are imported */
    uint32_t *types;                      /* canonical ids by type index */
    struct wasm_import *imports;
    struct wasm_func *funcs;
    struct wasm_table *tables;
    struct wasm_limits *memories;
    struct wasm_global *globals;
    uint32_t *tags; /* canonical ids of function types */
    struct wasm_export *exports;
    uint32_t *export_buckets; /* hash table of export indices by name; UINT32_MAX is free */
    uint32_t export_bucket_count;
    struct wasm_elem *elems;
    struct wasm_data *datas;
    struct wasm_section *sections;
    bool has_start, has_data_count;
    bool has_bodies; /* offset and size of each function are known; atomic */
    bool changes_tables; /* an instruction of its functions does; known after wasm_validate */
    uint32_t start;
    uint8_t *declared;     /* bit per function: ref.func may name it (3.4.10: C.refs); or NULL */
    uint32_t names_offset; /* contents of the name section; size 0 if there is none */
    uint32_t names_size;
    uint32_t hints_offset, hints_size; /* the same of the branch hints */
};

/* Limits of the implementation, after those of the WebAssembly JavaScript interface. */
enum {
    WASM_MODULE_SIZE_MAX = 1 << 30,
    WASM_FUNCS_MAX = 1000000,
    WASM_IMPORTS_MAX = 1000000,
    WASM_EXPORTS_MAX = 1000000,
    WASM_GLOBALS_MAX = 1000000,
    WASM_TAGS_MAX = 1000000,
    WASM_SEGMENTS_MAX = 100000,
    WASM_ELEM_ITEMS_MAX = 10000000,
    WASM_TABLES_MAX = 100000,
    WASM_MEMORIES_MAX = 100,
    WASM_PARAMS_MAX = 1000,
    WASM_RESULTS_MAX = 1000,
    WASM_FIELDS_MAX = 10000,
    WASM_SUBTYPE_DEPTH_MAX = 63,
    WASM_LOCALS_MAX = 50000,
    WASM_BR_TABLE_MAX = 65520,
    WASM_PAGE_SIZE = 65536
};

/* Decodes and validates everything but the functions' bodies. The bytes are borrowed. `features`
 * are those that it may use. `skips_code`: somebody has validated the functions; where their
 * bodies are is looked for when one is wanted (wasm_module_find_bodies).
 * NACRE_NOT_WASM, NACRE_MALFORMED, NACRE_INVALID, NACRE_UNSUPPORTED, NACRE_LIMIT,
 * NACRE_NO_MEMORY. On failure nothing is left to release. */
nacre_status wasm_module_decode(struct wasm_module *module, const struct allocator *allocator,
                                struct wasm_types *registry, uint32_t features, bool skips_code,
                                const uint8_t *bytes, size_t size, nacre_error *error);
/* Fills in the functions' offsets and sizes, if they are not there; one thread at a time.
 * NACRE_MALFORMED. */
nacre_status wasm_module_find_bodies(struct wasm_module *module, nacre_error *error);
/* Where a function's body is, or NACRE_NO_OFFSET; they need not be known. */
uint64_t wasm_func_offset(const struct wasm_module *module, uint32_t func);
void wasm_module_deinit(struct wasm_module *module);

static inline const struct wasm_type *wasm_func_type(const struct wasm_module *m, uint32_t func) {
    return wasm_type_get(m->registry, m->funcs[func].type);
}
static inline bool wasm_func_is_declared(const struct wasm_module *m, uint32_t func) {
    return m->declared && (m->declared[func / 8] >> (func % 8) & 1);
}

/* Notes that ref.func may name a function, while decoding; false for lack of memory. */
bool wasm_func_declare(struct wasm_module *module, uint32_t func);

/* The export of a name, or NULL. */
const struct wasm_export *wasm_export_find(const struct wasm_module *module, const char *name,
                                           size_t size);

/* The name of a function: from the name section, else of its first export, else size 0. */
struct wasm_name wasm_func_name(const struct wasm_module *module, uint32_t func);

/* The branch hints of a function, in the order of its instructions: of an if or br_if at an offset
 * from the function's first byte (of its locals), whether it is likely to be taken. */
struct wasm_hints {
    struct reader r;
    uint32_t left;
};
struct wasm_hints wasm_func_hints(const struct wasm_module *module, uint32_t func);
bool wasm_hints_next(struct wasm_hints *hints, uint32_t *offset, bool *likely);
/* Of all functions together. */
uint32_t wasm_hint_count(const struct wasm_module *module);

/* Text of a section's id: "type", "import", ...; NULL for an id that is none. */
const char *wasm_section_name(uint8_t id);

#endif
