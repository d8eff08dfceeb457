/*
 * builder.h - modules for tests, made byte by byte: sections of a fixed order, each from entries.
 *
 *   struct builder b = {0};
 *   build_functype(&b, "ii", "i");
 *   build_func(&b, 0, "f", code, sizeof code);     type 0, exported as f
 *   build_module(&b, &bytes, &size);               to be released with build_free
 */
#ifndef TESTS_SUPPORT_BUILDER_H
#define TESTS_SUPPORT_BUILDER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

enum { SECTIONS = 14 };

struct builder {
    struct bytes sections[SECTIONS];
    uint32_t counts[SECTIONS];
    uint32_t imported_funcs;
    struct bytes module;
};

static inline void put(struct bytes *b, const void *data, size_t size) {
    if (b->size + size > b->capacity) {
        b->capacity = (b->size + size) * 2;
        b->data = realloc(b->data, b->capacity);
        if (!b->data) abort();
    }
    if (size) memcpy(b->data + b->size, data, size);
    b->size += size;
}
static inline void put_byte(struct bytes *b, uint8_t byte) { put(b, &byte, 1); }
static inline void put_leb(struct bytes *b, uint64_t value) {
    do {
        uint8_t byte = value & 0x7F;
        value >>= 7;
        put_byte(b, (uint8_t)(byte | (value ? 0x80 : 0)));
    } while (value);
}
static inline void put_sleb(struct bytes *b, int64_t value) {
    for (;;) {
        uint8_t byte = value & 0x7F;
        value >>= 7;
        if ((value == 0 && !(byte & 0x40)) || (value == -1 && (byte & 0x40))) {
            put_byte(b, byte);
            return;
        }
        put_byte(b, byte | 0x80);
    }
}
static inline void put_name(struct bytes *b, const char *name) {
    put_leb(b, strlen(name));
    put(b, name, strlen(name));
}

static inline uint8_t valtype_of(char letter) {
    switch (letter) {
    case 'I': return 0x7E;
    case 'f': return 0x7D;
    case 'F': return 0x7C;
    case 'v': return 0x7B;
    case 'r': return 0x70;
    case 'e': return 0x6F;
    case 'a': return 0x6E;
    case 'x': return 0x69;
    default: return 0x7F;
    }
}
static inline void put_types(struct bytes *b, const char *letters) {
    put_leb(b, strlen(letters));
    for (; *letters; letters++) put_byte(b, valtype_of(*letters));
}

static inline struct bytes *entry(struct builder *b, int section) {
    b->counts[section]++;
    return &b->sections[section];
}
static inline void build_functype(struct builder *b, const char *params, const char *results) {
    struct bytes *s = entry(b, 1);
    put_byte(s, 0x60);
    put_types(s, params);
    put_types(s, results);
}
static inline void build_import_func(struct builder *b, const char *module, const char *name,
                                     uint32_t type) {
    struct bytes *s = entry(b, 2);
    put_name(s, module);
    put_name(s, name);
    put_byte(s, 0);
    put_leb(s, type);
    b->imported_funcs++;
}
static inline void build_export(struct builder *b, const char *name, uint8_t kind,
                                uint32_t index) {
    struct bytes *s = entry(b, 7);
    put_name(s, name);
    put_byte(s, kind);
    put_leb(s, index);
}
/* A function with local declarations (raw, NULL: none) and instructions without the last `end`. */
static inline uint32_t build_func_locals(struct builder *b, uint32_t type, const char *export,
                                         const struct bytes *locals, const void *code,
                                         size_t size) {
    uint32_t index = b->imported_funcs + b->counts[3];
    put_leb(entry(b, 3), type);
    struct bytes *s = entry(b, 10);
    put_leb(s, (locals ? locals->size : 1) + size + 1);
    if (locals) put(s, locals->data, locals->size);
    else put_byte(s, 0);
    put(s, code, size);
    put_byte(s, 0x0B);
    if (export) build_export(b, export, 0, index);
    return index;
}
static inline uint32_t build_func(struct builder *b, uint32_t type, const char *export,
                                  const void *code, size_t size) {
    return build_func_locals(b, type, export, NULL, code, size);
}
static inline void build_memory(struct builder *b, uint64_t min, uint64_t max) {
    struct bytes *s = entry(b, 5);
    put_byte(s, max != UINT64_MAX);
    put_leb(s, min);
    if (max != UINT64_MAX) put_leb(s, max);
}
static inline void build_table(struct builder *b, uint64_t min) {
    struct bytes *s = entry(b, 4);
    put_byte(s, 0x70);
    put_byte(s, 0);
    put_leb(s, min);
}

static inline void build_module(struct builder *b, const uint8_t **data, size_t *size) {
    static const uint8_t order[] = {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11};
    put(&b->module, "\0asm\1\0\0\0", 8);
    for (size_t i = 0; i < sizeof order; i++) {
        struct bytes count = {0};
        if (b->counts[order[i]] == 0) continue;
        put_leb(&count, b->counts[order[i]]);
        put_byte(&b->module, order[i]);
        put_leb(&b->module, count.size + b->sections[order[i]].size);
        put(&b->module, count.data, count.size);
        put(&b->module, b->sections[order[i]].data, b->sections[order[i]].size);
        free(count.data);
    }
    if (b->sections[0].size) { /* one custom section: its name, then its contents */
        put_byte(&b->module, 0);
        put_leb(&b->module, b->sections[0].size);
        put(&b->module, b->sections[0].data, b->sections[0].size);
    }
    *data = b->module.data;
    *size = b->module.size;
}
static inline void build_free(struct builder *b) {
    for (int i = 0; i < SECTIONS; i++) free(b->sections[i].data);
    free(b->module.data);
    memset(b, 0, sizeof *b);
}

#endif
