/*
 * compiler.h - one compilation: a module's bytes and options in, an image's bytes out.
 *
 * It runs as a process of its own: what a module can do to it costs that compilation and nothing
 * else. Nothing here is part of the trusted core, but what it makes is trusted: see docs/trust.md.
 */
#ifndef COMPILER_COMPILER_H
#define COMPILER_COMPILER_H

#include "compiler/fixed.h"
#include "compiler/link.h"
#include "image/image.h"
#include "wasm/module.h"

struct compile_options {
    const char *target;    /* "x86-64", "x86-64-v3", "aarch64", ...; NULL: x86-64 */
    bool explicit_bounds;
    bool metering;
    bool deterministic;
    uint32_t level;        /* 0 to 3 */
    uint32_t jobs;         /* threads; 0: one a processor */
    bool continues;        /* compile but a continuation of `func`, from the loop at an offset in
                              the module on */
    uint32_t func, loop;
    bool debug;            /* lines of the sources, for debuggers, if the module knows them */
    uint8_t module_sha256[32];
    const char *pipeline;  /* of LLVM's passes, to try others; NULL: the level's */
    const char *dump;      /* a folder for LLVM's intermediate form, to look at; or NULL */
    bool verify;           /* have LLVM check that form: to find mistakes of ours */
};

struct signatures;

/* A type of the module by its canonical id. */
struct compile_type {
    uint32_t id, index;
};

/* What all chunks of a compilation share; they only read it. */
struct compile {
    const struct allocator *allocator;
    struct compile_options options;
    const struct wasm_module *module;
    const struct signatures *signatures;
    const struct compile_type *types; /* by id */
    struct fixed_table *fixed;        /* by table; NULL: there is none */
    uint32_t machine;
    uint64_t cpu_features; /* that the target takes for granted, of image/cpu.h */
    const char *target, *triple, *cpu, *features;
    bool has_exceptions, has_tail_calls;
};

/* Compiles; *image is the caller's, from the allocator. Statuses of wasm_module_decode, and
 * NACRE_UNSUPPORTED (target). */
nacre_status compile_module(const struct compile_options *options,
                            const struct allocator *allocator, const uint8_t *bytes, size_t size,
                            uint8_t **image, uint64_t *image_size, nacre_error *error);

/* The module's index of a function, structure or array type by its canonical id. */
uint32_t compile_type_index(const struct compile *compile, uint32_t id);

#endif
