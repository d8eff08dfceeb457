/*
 * large.c - writes a large module, for how long one takes from its cached image to its first
 * instruction:
 *
 *   bench_large MEGABYTES > large.wasm
 *
 * Half of it are functions of arithmetic, which call each other and are all in a table; half are
 * data. `_start` writes a line by WASI and calls none of them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *at;
    size_t size, room;
};

static void put(struct bytes *b, const void *bytes, size_t size) {
    if (b->size + size > b->room) {
        b->room = (b->size + size) * 2;
        b->at = realloc(b->at, b->room);
        if (!b->at) exit(1);
    }
    memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

static void put_byte(struct bytes *b, uint8_t byte) { put(b, &byte, 1); }

static void put_leb(struct bytes *b, uint32_t value) {
    for (; value >= 0x80; value >>= 7) put_byte(b, (uint8_t)(value | 0x80));
    put_byte(b, (uint8_t)value);
}

/* i32.const, of what is positive. */
static void put_const(struct bytes *b, uint32_t value) {
    put_byte(b, 0x41);
    for (; value >= 0x40; value >>= 7) put_byte(b, (uint8_t)(value | 0x80));
    put_byte(b, (uint8_t)value);
}

static void put_name(struct bytes *b, const char *name) {
    put_leb(b, (uint32_t)strlen(name));
    put(b, name, strlen(name));
}

/* Writes a section, or an entry of one, and empties it. */
static void flush(struct bytes *to, int id, struct bytes *from) {
    if (id >= 0) put_byte(to, (uint8_t)id);
    put_leb(to, (uint32_t)from->size);
    put(to, from->at, from->size);
    from->size = 0;
}

enum { FUNCTION_BYTES = 400, MEMORY_PAGES = 256, TEXT_AT = 16 };
static const char text[] = "a large module\n";

static void put_function(struct bytes *code, uint32_t number) {
    struct bytes body = {0};
    put_byte(&body, 0);
    put(&body, "\x20\x00", 2); /* local.get 0 */
    for (uint32_t n = number; body.size < FUNCTION_BYTES; n = n * 1103515245u + 12345u) {
        put_const(&body, n >> 8);
        put_byte(&body, n & 1 ? 0x6A : 0x73); /* i32.add, i32.xor */
        put(&body, "\x20\x00\x6C", 3);       /* times local 0 */
    }
    if (number > 1) {
        put_byte(&body, 0x10);
        put_leb(&body, number - 1);
    }
    put_byte(&body, 0x0B);
    flush(code, -1, &body);
    free(body.at);
}

/* fd_write(1, {TEXT_AT, size}, 1, 8) */
static void put_start(struct bytes *code) {
    struct bytes body = {0};
    put_byte(&body, 0);
    put(&body, "\x41\x00\x41\x10\x36\x02\x00", 7);
    put_const(&body, 4);
    put_const(&body, sizeof text - 1);
    put(&body, "\x36\x02\x00\x41\x01\x41\x00\x41\x01\x41\x08\x10\x00\x1A\x0B", 15);
    flush(code, -1, &body);
    free(body.at);
}

static void put_functions(struct bytes *module, uint32_t count) {
    struct bytes s = {0};
    put(&s, "\x03\x60\x04\x7F\x7F\x7F\x7F\x01\x7F\x60\x01\x7F\x01\x7F\x60\x00\x00", 17);
    flush(module, 1, &s);
    put_leb(&s, 1);
    put_name(&s, "wasi_snapshot_preview1");
    put_name(&s, "fd_write");
    put(&s, "\x00\x00", 2);
    flush(module, 2, &s);
    put_leb(&s, count + 1);
    for (uint32_t i = 0; i < count; i++) put_byte(&s, 1);
    put_byte(&s, 2);
    flush(module, 3, &s);
    put(&s, "\x01\x70\x00", 3);
    put_leb(&s, count);
    flush(module, 4, &s);
    put(&s, "\x01\x00", 2);
    put_leb(&s, MEMORY_PAGES);
    flush(module, 5, &s);
    put_leb(&s, 2);
    put_name(&s, "memory");
    put(&s, "\x02\x00", 2);
    put_name(&s, "_start");
    put_byte(&s, 0);
    put_leb(&s, count + 1);
    flush(module, 7, &s);
    put(&s, "\x01\x00\x41\x00\x0B", 5);
    put_leb(&s, count);
    for (uint32_t i = 0; i < count; i++) put_leb(&s, i + 1);
    flush(module, 9, &s);
    put_leb(&s, count + 1);
    for (uint32_t i = 0; i < count; i++) put_function(&s, i + 1);
    put_start(&s);
    flush(module, 10, &s);
    free(s.at);
}

static void put_data(struct bytes *module, uint32_t size) {
    struct bytes s = {0};
    put(&s, "\x01\x00", 2);
    put_const(&s, TEXT_AT);
    put_byte(&s, 0x0B);
    put_leb(&s, size);
    for (uint32_t i = 0; i < size; i++)
        put_byte(&s, i < sizeof text - 1 ? (uint8_t)text[i] : (uint8_t)(i * 7 + i / 251));
    flush(module, 11, &s);
    free(s.at);
}

int main(int argc, char **argv) {
    uint32_t half = (argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 16) << 19;
    struct bytes module = {0};
    put(&module, "\0asm\1\0\0\0", 8);
    put_functions(&module, half / FUNCTION_BYTES);
    put_data(&module, half);
    return fwrite(module.at, 1, module.size, stdout) == module.size ? 0 : 1;
}
