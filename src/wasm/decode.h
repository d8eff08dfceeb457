/* decode.h - shared by the decoders of the sections, one file each. */
#ifndef WASM_DECODE_H
#define WASM_DECODE_H

#include "base/reader.h"
#include "base/status.h"
#include "wasm/module.h"
#include "wasm/walk.h"

struct decoder {
    struct wasm_module *module;
    bool skips_code;
    struct reader r; /* start is the module's first byte; end the current section's */
    nacre_error *error;
    uint32_t code_count; /* bodies seen */
    struct walk walk;    /* for constant expressions */
};

/* A failure at an offset; returns `status`. decode_malformed: the reader's. */
nacre_status decode_fail(struct decoder *d, nacre_status status, size_t offset, const char *text);
nacre_status decode_malformed(struct decoder *d);
nacre_status decode_no_memory(struct decoder *d);

#define READ(d, call)                                \
    do {                                             \
        if (!(call)) return decode_malformed(d);     \
    } while (0)

/* Notes that the module uses a feature; NACRE_UNSUPPORTED when it is not allowed. */
nacre_status decode_use(struct decoder *d, enum wasm_feature feature, size_t offset);

/* A list's length, at most `max` and no more than bytes are left (every entry has one). */
nacre_status decode_count(struct decoder *d, uint32_t max, const char *what, uint32_t *count);

/* Types. Heap types come out with canonical ids; a type index must be below `type_limit`, which
 * inside of a recursive group counts its members too (they come out relative: WASM_HEAP_GROUP). */
struct type_scope {
    uint32_t first;  /* type index where the group being read begins; all types outside of one */
    uint32_t limit;  /* type indices below this may be named */
};
nacre_status decode_heaptype(struct decoder *d, struct type_scope scope, uint32_t *heap);
nacre_status decode_valtype(struct decoder *d, struct type_scope scope, wasm_valtype *type);
nacre_status decode_reftype(struct decoder *d, wasm_valtype *type);
static inline struct type_scope decode_all_types(const struct decoder *d) {
    return (struct type_scope){d->module->type_count, d->module->type_count};
}

nacre_status decode_type_index(struct decoder *d, enum wasm_type_kind kind, uint32_t *id);
nacre_status decode_limits(struct decoder *d, struct wasm_limits *limits);
nacre_status decode_tabletype(struct decoder *d, struct wasm_table *table);
nacre_status decode_memorytype(struct decoder *d, struct wasm_limits *limits);
nacre_status decode_globaltype(struct decoder *d, struct wasm_global *global);
nacre_status decode_tagtype(struct decoder *d, uint32_t *type);

/* A constant expression of the given type; validates it and skips it. */
nacre_status decode_expr(struct decoder *d, wasm_valtype type, struct wasm_expr *expr);

/* Checks a function's index and notes that ref.func may name it. */
nacre_status decode_declare(struct decoder *d, uint32_t func, size_t offset);

nacre_status decode_type_section(struct decoder *d);
/* The module uses its types no longer. */
void wasm_module_release_types(struct wasm_module *module);
nacre_status decode_import_section(struct decoder *d);
nacre_status decode_function_section(struct decoder *d);
nacre_status decode_table_section(struct decoder *d);
nacre_status decode_memory_section(struct decoder *d);
nacre_status decode_tag_section(struct decoder *d);
nacre_status decode_global_section(struct decoder *d);
nacre_status decode_export_section(struct decoder *d);
nacre_status decode_start_section(struct decoder *d);
nacre_status decode_element_section(struct decoder *d);
nacre_status decode_data_count_section(struct decoder *d);
nacre_status decode_code_section(struct decoder *d);
nacre_status decode_data_section(struct decoder *d);
nacre_status decode_custom_section(struct decoder *d, struct wasm_section *section);

#endif
