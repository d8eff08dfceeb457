/*
 * image.h - a small module and an image for it, for tests of the image format. The code is not
 * code: functions of up to 16 bytes, then the signatures' thunks.
 */
#ifndef TESTS_SUPPORT_IMAGE_H
#define TESTS_SUPPORT_IMAGE_H

#include "support/builder.h" /* first: base.h makes macros of <string.h>'s functions */

#include "image/cpu.h"
#include "image/image.h"
#include "port/default.h"
#include "wasm/module.h"

enum { SAMPLE_DEFINED = 3, SAMPLE_FUNCS = 4, SAMPLE_TYPES = 3, SAMPLE_LINES = 5 };

struct sample {
    struct allocator allocator;
    struct wasm_types types;
    struct wasm_module module;
    struct builder builder;
    struct image_source source;
    struct image_wanted wanted;
    uint32_t funcs[SAMPLE_DEFINED], sizes[SAMPLE_DEFINED];
    uint8_t text[100], rodata[70];
};

static const uint32_t sample_func_signatures[SAMPLE_FUNCS] = {1, 0, 0, 1};
static const uint32_t sample_type_signatures[SAMPLE_TYPES] = {0, UINT32_MAX, 1};
static const struct image_signature sample_signatures[2] = {{48, 56}, {64, 72}};
static const struct image_line sample_lines[SAMPLE_LINES] = {
    {0, 100}, {5, 103}, {20, 0}, {24, 103}, {48, 0}};
static const struct image_symbol sample_symbols[2] = {{0, 16, {"first", 5}},
                                                      {32, 16, {"se\ncond\0!", 9}}};

/* What is decoded: types (func, struct, func), an imported function, three defined ones. */
static inline void sample_module(struct sample *s) {
    static const struct hash_key key = {{1, 2}};
    static const uint8_t nothing[] = {0x01};
    const uint8_t *bytes;
    size_t size;
    build_functype(&s->builder, "", "");
    put(entry(&s->builder, 1), "\x5F\x01\x7F\x00", 4);
    build_functype(&s->builder, "i", "");
    build_import_func(&s->builder, "host", "f", 2);
    build_func(&s->builder, 0, NULL, nothing, sizeof nothing);
    build_func(&s->builder, 0, NULL, nothing, sizeof nothing);
    build_func(&s->builder, 2, NULL, nothing, sizeof nothing);
    build_module(&s->builder, &bytes, &size);
    if (!wasm_types_init(&s->types, &s->allocator, &key)) abort();
    if (wasm_module_decode(&s->module, &s->allocator, &s->types, UINT32_MAX, false, bytes, size,
                           NULL))
        abort();
}

/* Functions in the order of their indices, or not. */
static inline void sample_init(struct sample *s, uint32_t machine, bool is_ordered) {
    static const uint8_t digest[32] = {1, 2, 3};
    memset(s, 0, sizeof *s);
    s->allocator = port_default_allocator();
    sample_module(s);
    for (uint32_t i = 0; i < SAMPLE_DEFINED; i++) {
        s->funcs[i] = 16 * (is_ordered ? i : (i + 1) % SAMPLE_DEFINED);
        s->sizes[i] = 12 + i;
    }
    for (size_t i = 0; i < sizeof s->text; i++) s->text[i] = (uint8_t)(i + 1);
    for (size_t i = 0; i < sizeof s->rodata; i++) s->rodata[i] = (uint8_t)(200 - i);
    s->source = (struct image_source){
        .note = {.machine = machine, .flags = IMAGE_METERING, .compiler = "test 1",
                 .target = "any", .options = "O0", .cpu_features = 1, .wasm_features = 3},
        .text = s->text, .text_size = sizeof s->text,
        .rodata = s->rodata, .rodata_size = sizeof s->rodata,
        .funcs = s->funcs, .sizes = s->sizes, .func_count = SAMPLE_DEFINED,
        .func_signatures = sample_func_signatures, .function_count = SAMPLE_FUNCS,
        .signatures = sample_signatures, .signature_count = 2,
        .type_signatures = sample_type_signatures, .type_count = SAMPLE_TYPES,
        .lines = sample_lines, .line_count = SAMPLE_LINES,
        .symbols = sample_symbols, .symbol_count = 2,
    };
    memcpy(s->source.note.module_sha256, digest, sizeof digest);
    s->wanted = (struct image_wanted){
        .machine = machine, .flags_known = IMAGE_METERING, .flags = IMAGE_METERING,
        .cpu_features = 7, .wasm_features = 0xFF, .module_sha256 = digest,
        .module = &s->module,
    };
}

static inline void sample_deinit(struct sample *s) {
    wasm_module_deinit(&s->module);
    wasm_types_deinit(&s->types);
    build_free(&s->builder);
}

/* Asks all that can be asked of an image that was opened, at every place of the code and around
 * it. The sum of the answers; nothing outside of the bytes may be read meanwhile, and what is
 * answered must be possible. */
static inline uint64_t sample_ask(const struct image *image) {
    const struct image_note *note = image->note;
    uint64_t sum = note->funcs.count + note->cpu_features * 3 + note->flags * 5;
    for (uint64_t at = note->text.offset - 20; at < note->text.offset + note->text.count + 20;
         at++) {
        uint32_t func = image_func_find(image, at);
        if (func != UINT32_MAX && func >= note->funcs.count) abort();
        sum = sum * 31 + func;
        sum = sum * 31 + image_line_find(image, at, false);
        sum = sum * 31 + image_line_find(image, at, true);
    }
    for (uint32_t i = 0; i < note->func_signatures.count; i++) {
        const struct image_signature *s = &image->signatures[image->func_signatures[i]];
        if (s->enter - note->text.offset >= note->text.count) abort();
        if (s->leave - note->text.offset >= note->text.count) abort();
        sum = sum * 31 + s->enter + s->leave * 7;
    }
    for (uint32_t i = 0; i < note->type_signatures.count; i++)
        sum = sum * 31 + image->type_signatures[i];
    return sum;
}

#endif
