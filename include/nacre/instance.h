/*
 * nacre/instance.h - stores, imports, instances and calls.
 *
 * A store holds instances that may link to each other, the definitions that imports are looked
 * up in, and the limits that all of them share.
 *
 * Threads: a store and everything in it may be used by one thread at a time. Different stores
 *          may run at once in different threads.
 * Memory: everything made in a store lives until the store is destroyed; the modules that its
 *         instances were made of must live longer than it.
 */
#ifndef NACRE_INSTANCE_H
#define NACRE_INSTANCE_H

#include <nacre/module.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nacre_store nacre_store;
typedef struct nacre_instance nacre_instance;
typedef struct nacre_memory nacre_memory;
typedef struct nacre_table nacre_table;
typedef struct nacre_global nacre_global;
typedef struct nacre_tag nacre_tag;
typedef struct nacre_caller nacre_caller;

/* Makes a store. `limits` may be NULL (the defaults) and is copied.
 * NACRE_ARGUMENT for a fuel or deadline limit without config.metering; NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_store_create(nacre_engine *engine,
                                                           const nacre_limits *limits,
                                                           nacre_store **store);

/* Releases the store and all that was made in it. NULL is allowed. Threads that the guest started
 * are ended first: at once where they wait or call a host function, else within 100,000
 * instructions where config.metering is set; where it is not, this waits until they end. */
NACRE_API void nacre_store_destroy(nacre_store *store);

/* Fuel that is left (NACRE_UNLIMITED when there is no limit), and setting it anew. */
NACRE_API uint64_t nacre_store_fuel(const nacre_store *store);
NACRE_API void nacre_store_set_fuel(nacre_store *store, uint64_t fuel);

/* Anything that can be imported or exported. */
typedef struct nacre_extern {
    nacre_extern_kind kind;
    union {
        nacre_ref func;
        nacre_table *table;
        nacre_memory *memory;
        nacre_global *global;
        nacre_tag *tag;
    } of;
} nacre_extern;

/* A host function. `args` and `results` have the counts and kinds of its type; the results'
 * kinds are filled in. Returns NACRE_OK, or NACRE_TRAP to trap the guest (say why with
 * nacre_caller_fail), NACRE_EXCEPTION to throw (see nacre_caller_throw), or NACRE_EXIT to end it
 * (see nacre_caller_exit; after a call of its own that ended so, the code is that call's). Any
 * other status ends the guest's call with that status. It may call back into the store. Threads of
 * the guest call it on theirs, and `caller` is then of another store: only what takes a caller may
 * be used. */
typedef nacre_status (*nacre_callback)(void *env, nacre_caller *caller, const nacre_value *args,
                                       nacre_value *results);

/* The instance whose code called, or NULL when the embedder called the function itself. */
NACRE_API nacre_instance *nacre_caller_instance(nacre_caller *caller);
/* Sets the text of the trap and returns NACRE_TRAP. */
NACRE_API nacre_status nacre_caller_fail(nacre_caller *caller, const char *text);
/* Sets the exit code and returns NACRE_EXIT. */
NACRE_API nacre_status nacre_caller_exit(nacre_caller *caller, int32_t code);

/* Makes things in the store. `env` is handed to the callback. A global's kind is that of `value`.
 * A maximum may be NACRE_UNLIMITED; memory sizes are in pages of 65,536 bytes.
 * NACRE_NO_MEMORY, NACRE_LIMIT, NACRE_ARGUMENT (a kind that is none, minimum over maximum). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_func_create(nacre_store *store,
                                                          const nacre_functype *type,
                                                          nacre_callback callback, void *env,
                                                          nacre_ref *func);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_memory_create(nacre_store *store,
                                                            uint64_t min_pages,
                                                            uint64_t max_pages, bool is64,
                                                            nacre_memory **memory);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_table_create(nacre_store *store, nacre_kind kind,
                                                           uint64_t min, uint64_t max, bool is64,
                                                           nacre_table **table);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_global_create(nacre_store *store,
                                                            const nacre_value *value,
                                                            bool is_mutable,
                                                            nacre_global **global);

/* Defines what imports of `module`.`name` get. A later definition of the same name wins. Sizes
 * are in bytes; names may hold NULs, are UTF-8 and copied.
 * NACRE_NO_MEMORY, NACRE_ARGUMENT (a function that is none). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_store_define(nacre_store *store, const char *module,
                                                           size_t module_size, const char *name,
                                                           size_t name_size,
                                                           const nacre_extern *definition);
/* Defines all exports of an instance under the module name `module`. NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_store_define_instance(nacre_store *store,
                                                                    const char *module,
                                                                    size_t module_size,
                                                                    nacre_instance *instance);

/* Makes and defines the shared memories that a module imports and nobody defined: programs with
 * threads import theirs, and expect that of who runs them. The module must outlive the store.
 * NACRE_LIMIT, NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_store_define_shared(nacre_store *store,
                                                                  const nacre_module *module);

/* Threads of the store's program that run now, the first included. */
NACRE_API uint32_t nacre_store_threads(const nacre_store *store);

/* Instantiates a module: resolves its imports in the store's definitions, makes its memories,
 * tables and globals, runs its initialisers and its start function.
 * NACRE_UNKNOWN_IMPORT, NACRE_IMPORT_TYPE, NACRE_LIMIT, NACRE_NO_MEMORY, and all that
 * nacre_call may return. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_instance_create(nacre_store *store,
                                                              const nacre_module *module,
                                                              nacre_instance **instance,
                                                              nacre_error *error);

/* The same with its imports given, in the module's order: things of this store, `count` of them.
 * NACRE_IMPORT_TYPE also when the module has another number of imports. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_instance_create_with(nacre_store *store,
                                                                   const nacre_module *module,
                                                                   const nacre_extern *imports,
                                                                   uint32_t count,
                                                                   nacre_instance **instance,
                                                                   nacre_error *error);

/* The module that an instance was made of. */
NACRE_API const nacre_module *nacre_instance_module(const nacre_instance *instance);

/* The export `name` of `name_size` bytes. NACRE_NOT_FOUND. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_instance_export(const nacre_instance *instance,
                                                              const char *name, size_t name_size,
                                                              nacre_extern *item);

/* The kinds of a function's parameters and results; valid as long as the store.
 * NACRE_ARGUMENT when `func` is null or none of the store's. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_func_type(nacre_store *store, nacre_ref func,
                                                        nacre_functype *type);

/* The type of anything in the store. Of memories and tables, the minimum is the size now.
 * NACRE_ARGUMENT when it is a function that is null or none of the store's. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_extern_type(const nacre_store *store,
                                                          const nacre_extern *item,
                                                          nacre_externtype *type);

/* Calls a function with `arg_count` arguments; writes `result_count` results.
 * NACRE_TYPE (counts or kinds differ from the function's type), NACRE_ARGUMENT (a reference that
 * is none of the store's), NACRE_TRAP, NACRE_EXIT, NACRE_EXCEPTION, what a callback returned. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_call(nacre_store *store, nacre_ref func,
                                                   const nacre_value *args, uint32_t arg_count,
                                                   nacre_value *results, uint32_t result_count,
                                                   nacre_error *error);

/* Size of the memory in bytes now. As everywhere, `memory` must not be NULL. */
NACRE_API uint64_t nacre_memory_size(const nacre_memory *memory);
/* Adds `delta_pages`; the size before, in pages, goes to *old_pages (may be NULL).
 * NACRE_LIMIT, NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_memory_grow(nacre_memory *memory,
                                                          uint64_t delta_pages,
                                                          uint64_t *old_pages);
/* Copies out of and into the memory. Nothing is copied unless all of it is inside: NACRE_BOUNDS.
 * A size of 0 needs an offset that is no more than the memory's size. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_memory_read(const nacre_memory *memory,
                                                          uint64_t offset, void *to, size_t size);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_memory_write(nacre_memory *memory, uint64_t offset,
                                                           const void *from, size_t size);
/* The memory's first byte; valid until the next call into the store. May be NULL when empty. */
NACRE_API uint8_t *nacre_memory_data(nacre_memory *memory);

/* A global's value now, and setting it. NACRE_ARGUMENT (not mutable), NACRE_TYPE (kind). */
NACRE_API void nacre_global_get(const nacre_global *global, nacre_value *value);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_global_set(nacre_global *global,
                                                         const nacre_value *value);

/* A table's size and elements. NACRE_BOUNDS, NACRE_TYPE (the reference's type does not fit),
 * NACRE_LIMIT. */
NACRE_API uint64_t nacre_table_size(const nacre_table *table);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_table_get(const nacre_table *table, uint64_t index,
                                                        nacre_value *value);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_table_set(nacre_table *table, uint64_t index,
                                                        nacre_ref ref);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_table_grow(nacre_table *table, uint64_t delta,
                                                         nacre_ref ref, uint64_t *old_size);

/* What config.profile counted, one row a function that ran, most instructions first.
 * Writes at most `capacity` rows and returns how many functions ran. A straight run of
 * instructions is counted when it begins: one that traps counts for those behind it too. */
typedef struct nacre_profile_row {
    uint32_t function;      /* index in the module */
    uint64_t instructions;  /* WebAssembly instructions executed in its own body */
    uint64_t calls;
} nacre_profile_row;
NACRE_API size_t nacre_instance_profile(const nacre_instance *instance, nacre_profile_row *rows,
                                        size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
