/*
 * nacre/engine.h - the engine: what modules and stores share.
 *
 * For: choosing the features, the memory allocator and the limits once.
 * Not for: running anything; see nacre/instance.h.
 *
 * Threads: one engine may be used from any number of threads at once.
 * Memory: destroy every store, then every module, before their engine.
 */
#ifndef NACRE_ENGINE_H
#define NACRE_ENGINE_H

#include <stdbool.h>

#include <nacre/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nacre_engine nacre_engine;

/* Where Nacre gets memory. One function does everything:
 *   resize(context, NULL, 0, n)     n bytes, aligned to 16, or NULL
 *   resize(context, p, old, n)      the same bytes moved or extended, or NULL (p stays valid)
 *   resize(context, p, old, 0)      releases p; the result is ignored
 * It may be called from every thread that uses the engine. */
typedef struct nacre_allocator {
    void *(*resize)(void *context, void *pointer, size_t old_size, size_t new_size);
    void *context;
} nacre_allocator;

/* Spares: so many destroyed stores, and of each module so many instances' first memories, are
 * kept for the next ones, which then take microseconds to make. What guests left in them is
 * cleared when their store is destroyed. One takes 256 KiB of memory or more, and address
 * space. */
typedef struct nacre_config {
    nacre_allocator allocator; /* resize == NULL: the platform's own */
    bool metering;             /* code counts fuel and watches deadlines (see nacre_limits) */
    bool profile;              /* code counts instructions a function */
    bool deterministic;        /* NaNs are canonical: results are the same on every machine */
    uint32_t features_off;     /* see nacre_config_switch */
    bool gc_stress;            /* every object made collects garbage first: to test, very slow */
    uint32_t spares;           /* see above. Default: 16; more than 65,536 counts as that */
} nacre_config;

#define NACRE_UNLIMITED UINT64_MAX

/* A guest's stack has at least, and at most, this many bytes: 64 KiB, 1 GiB. */
#define NACRE_STACK_BYTES_MIN 0x10000u
#define NACRE_STACK_BYTES_MAX 0x40000000u

/* What one store may use. Every limit holds whatever the guest does. */
typedef struct nacre_limits {
    uint64_t fuel;           /* instructions in all; needs config.metering. Default: unlimited */
    uint64_t deadline_ms;    /* of an outermost call; needs config.metering. Default: unlimited */
    uint64_t memory_bytes;   /* linear memories and objects together. Default: unlimited */
    uint64_t table_elements; /* of all tables together. Default: 10,000,000 */
    uint64_t stack_bytes;    /* of the guest's values and calls. Default: 8 MiB. What is less than
                              * NACRE_STACK_BYTES_MIN or more than _MAX counts as that */
    uint64_t reserve_bytes;  /* of address space for each memory, which never grows beyond. Below
                              * 9 GiB there are no guard pages: compiled code must check bounds
                              * itself (nacre/compiler.h), or is not used. Default: unlimited */
    uint32_t instances;      /* in the store. Default: 10,000 */
    uint32_t files;          /* open WASI file descriptors. Default: 1,024 */
    uint32_t threads;        /* running at once, the first included; see nacre_wasi_attach.
                              * Default: 1. Fuel and memory are those of all together, tables,
                              * stack and instances are each thread's own. */
} nacre_limits;

/* Fills in the defaults that are named above. */
NACRE_API void nacre_config_init(nacre_config *config);
NACRE_API void nacre_limits_init(nacre_limits *limits);

/* Switches a feature of WebAssembly on or off by its name, e.g. "simd"; all are on by default. A
 * module that needs one that is off is refused with NACRE_UNSUPPORTED. NACRE_NOT_FOUND. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_config_switch(nacre_config *config,
                                                            const char *feature, bool on);
/* The names of the features; NULL past the end. The strings live for ever. */
NACRE_API const char *nacre_feature_name(uint32_t index);

/* Makes an engine. `config` may be NULL (all defaults) and is copied.
 * NACRE_NO_MEMORY, NACRE_IO (the system gives no random bytes). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_engine_create(const nacre_config *config,
                                                            nacre_engine **engine);

/* Releases the engine. NULL is allowed. */
NACRE_API void nacre_engine_destroy(nacre_engine *engine);

/* The version of the library, e.g. "0.1.0". The string lives for ever. */
NACRE_API const char *nacre_version(void);

#ifdef __cplusplus
}
#endif
#endif
