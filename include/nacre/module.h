/*
 * nacre/module.h - a decoded and validated WebAssembly module.
 *
 * For: loading a module once, asking what it imports, exports and needs.
 * Not for: running it; see nacre/instance.h.
 *
 * Threads: a module never changes after nacre_module_create; any thread may use it.
 * Memory: a module belongs to the caller; destroy it after all of its instances' stores.
 */
#ifndef NACRE_MODULE_H
#define NACRE_MODULE_H

#include <nacre/engine.h>
#include <nacre/value.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nacre_module nacre_module;

/* Decodes and validates `size` bytes of the binary format.
 * The bytes are borrowed: they must stay as they are until the module is destroyed.
 * NACRE_NOT_WASM, NACRE_MALFORMED, NACRE_INVALID, NACRE_UNSUPPORTED, NACRE_LIMIT,
 * NACRE_NO_MEMORY; `error` has the offset. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_create(nacre_engine *engine,
                                                            const void *bytes, size_t size,
                                                            nacre_module **module,
                                                            nacre_error *error);

/* Releases the module. NULL is allowed. */
NACRE_API void nacre_module_destroy(nacre_module *module);

/* One import or export. The strings belong to the module. */
typedef struct nacre_item {
    const char *module;      /* an import's module name; NULL for an export */
    const char *name;
    size_t module_size;      /* the names do not end with a NUL: these are their sizes */
    size_t name_size;
    nacre_extern_kind kind;
    char type[NACRE_ERROR_TEXT]; /* in the text format, e.g. "(func (param i32))"; may be cut */
} nacre_item;

/* How many there are, and the one at `index` (less than the count).
 * NACRE_NOT_FOUND past the end. */
NACRE_API uint32_t nacre_module_import_count(const nacre_module *module);
NACRE_API uint32_t nacre_module_export_count(const nacre_module *module);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_import(const nacre_module *module,
                                                            uint32_t index, nacre_item *item);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_export(const nacre_module *module,
                                                            uint32_t index, nacre_item *item);

/* The type of one. NACRE_NOT_FOUND past the end. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_import_type(const nacre_module *module,
                                                                 uint32_t index,
                                                                 nacre_externtype *type);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_export_type(const nacre_module *module,
                                                                 uint32_t index,
                                                                 nacre_externtype *type);

/* One section of the binary, in file order. */
typedef struct nacre_section {
    const char *name;  /* "type", "code", ... or a custom section's own name (not NUL-ended) */
    size_t name_size;
    bool custom;
    uint64_t offset;   /* of the section's contents in the module */
    uint64_t size_bytes;
    uint32_t count;    /* entries of a section that is a list; else 0 */
} nacre_section;

/* The section at `index`. NACRE_NOT_FOUND past the end. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_section(const nacre_module *module,
                                                             uint32_t index,
                                                             nacre_section *section);

/* The name of the feature (e.g. "simd") at `index` among those that the module uses beyond
 * WebAssembly 1.0, or NULL past the end. The string lives for ever. */
NACRE_API const char *nacre_module_feature(const nacre_module *module, uint32_t index);

/* How many functions the module has, imports first, and the name of the one at `index` from
 * the name section, else from the exports, else "". Cut to `size` bytes with the NUL. */
NACRE_API uint32_t nacre_module_function_count(const nacre_module *module);
NACRE_API void nacre_module_function_name(const nacre_module *module, uint32_t index, char *text,
                                          size_t size);

/* Where the body of the function at `index` begins in the module (its locals, then its
 * instructions); NACRE_NO_OFFSET when it is imported, or past the end. */
NACRE_API uint64_t nacre_module_function_offset(const nacre_module *module, uint32_t index);

/* How many branch hints it has (branch hinting proposal); malformed ones do not count. */
NACRE_API uint32_t nacre_module_branch_hints(const nacre_module *module);

/* SHA-256 of the module's bytes (FIPS 180-4). */
NACRE_API void nacre_module_sha256(const nacre_module *module, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
