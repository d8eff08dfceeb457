/* test_image.c - images: what is written is read back; what is damaged, forged or for something
 * else is refused, and nothing outside of it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/image.h"

#include "crypto/crypto.h"
#include "image/layout.h"
#include "image/lines.h"
#include "port/fake/fake.h"

static uint32_t random_u32(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

/* Bytes of exactly that size, for the sanitizer to watch; malloc aligns as images must be. */
static uint8_t *copy_exactly(const uint8_t *bytes, uint64_t size) {
    uint8_t *exact = malloc(size ? (size_t)size : 1);
    assert_non_null(exact);
    if (size) memcpy(exact, bytes, (size_t)size);
    return exact;
}

static void write_sample(struct sample *s, uint8_t **bytes, uint64_t *size) {
    assert_int_equal(image_write(&s->source, &s->allocator, bytes, size), NACRE_OK);
}

static void refuse(const struct sample *s, const uint8_t *bytes, uint64_t size,
                   nacre_status status, const char *text) {
    struct image image;
    nacre_error error = {0};
    assert_int_equal(image_open(&image, bytes, size, &s->wanted, &error), status);
    assert_int_equal(error.status, status);
    if (!strstr(error.text, text)) fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static uint64_t expected_line(uint64_t code, bool is_return) {
    uint64_t wasm = 0;
    if (is_return) code--;
    for (uint32_t i = 0; i < SAMPLE_LINES && sample_lines[i].code <= code; i++)
        wasm = sample_lines[i].wasm;
    return wasm ? wasm : NACRE_NO_OFFSET;
}

static void check_round_trip(uint32_t machine, bool is_ordered) {
    struct sample s;
    struct image image;
    uint8_t *bytes, *again;
    uint64_t size, again_size;
    nacre_error error;
    sample_init(&s, machine, is_ordered);
    write_sample(&s, &bytes, &size);
    write_sample(&s, &again, &again_size);
    assert_int_equal(size, again_size);
    assert_memory_equal(bytes, again, size);
    assert_int_equal(image_open(&image, bytes, size, &s.wanted, &error), NACRE_OK);

    const struct image_note *note = image.note;
    uint64_t text = note->text.offset, page = layout_page(machine);
    assert_int_equal(text % page, 0);
    assert_memory_equal(bytes + text, s.text, sizeof s.text);
    assert_memory_equal(bytes + text - image_rodata_distance(machine, sizeof s.rodata), s.rodata,
                        sizeof s.rodata);
    assert_string_equal(note->compiler, "test 1");
    assert_true(is_ordered == !image.order);
    for (uint32_t i = 0; i < SAMPLE_DEFINED; i++) {
        assert_int_equal(image.funcs[i], text + s.funcs[i]);
        assert_int_equal(image_func_find(&image, text + s.funcs[i]), i);
        assert_int_equal(image_func_find(&image, text + s.funcs[i] + s.sizes[i] - 1), i);
        assert_int_equal(image_func_find(&image, text + s.funcs[i] + s.sizes[i]), UINT32_MAX);
    }
    assert_int_equal(image_func_find(&image, text - 1), UINT32_MAX);
    assert_int_equal(image_func_find(&image, UINT64_MAX), UINT32_MAX);
    for (uint64_t code = 0; code < sizeof s.text; code++) {
        assert_int_equal(image_line_find(&image, text + code, false), expected_line(code, false));
        if (code == 0) continue;
        assert_int_equal(image_line_find(&image, text + code, true), expected_line(code, true));
    }
    assert_int_equal(image_line_find(&image, text, true), NACRE_NO_OFFSET);
    assert_int_equal(image_line_find(&image, 0, false), NACRE_NO_OFFSET);
    assert_int_equal(image.signatures[1].leave, text + 72);
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    alloc_free(&s.allocator, again, (size_t)again_size, 1);
    sample_deinit(&s);
}

static void test_round_trip(void **state) {
    (void)state;
    check_round_trip(IMAGE_X86_64, true);
    check_round_trip(IMAGE_X86_64, false);
    check_round_trip(IMAGE_AARCH64, true);
    check_round_trip(IMAGE_AARCH64, false);
}

/* --- Damage --- */

/* A byte is changed: the image is refused, or all answers are what they were. */
static void test_damage(void **state) {
    static const uint8_t masks[] = {0x01, 0x80, 0xFF};
    struct sample s;
    struct image image;
    uint8_t *bytes;
    uint64_t size;
    (void)state;
    sample_init(&s, IMAGE_X86_64, false);
    write_sample(&s, &bytes, &size);
    uint8_t *copy = copy_exactly(bytes, size);
    assert_int_equal(image_open(&image, copy, size, &s.wanted, NULL), NACRE_OK);
    uint64_t good = sample_ask(&image);
    uint64_t lines = image.note->lines.offset, lines_end = lines + image.note->lines.count;
    /* All that is ever read, and some of the rest. */
    for (uint64_t at = 0; at < size; at += at < lines_end ? 1 : 13) {
        for (size_t i = 0; i < ARRAY_COUNT(masks); i++) {
            copy[at] ^= masks[i];
            nacre_status status = image_open(&image, copy, size, &s.wanted, NULL);
            assert_true(at >= lines || status != NACRE_OK);
            /* The lines are decoded when they are needed: then, no answer is impossible. */
            if (status == NACRE_OK && sample_ask(&image) != good)
                assert_true(at >= lines && at < lines_end);
            copy[at] ^= masks[i];
        }
    }
    free(copy);
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    sample_deinit(&s);
}

static void test_truncation(void **state) {
    struct sample s;
    struct image image;
    uint8_t *bytes;
    uint64_t size;
    (void)state;
    sample_init(&s, IMAGE_X86_64, true);
    write_sample(&s, &bytes, &size);
    for (uint64_t shorter = 0; shorter < size; shorter++) {
        uint8_t *copy = copy_exactly(bytes, shorter);
        assert_int_not_equal(image_open(&image, copy, shorter, &s.wanted, NULL), NACRE_OK);
        free(copy);
    }
    uint8_t *longer = copy_exactly(bytes, size);
    longer = realloc(longer, (size_t)size + 1);
    longer[size] = 0;
    refuse(&s, longer, size + 1, NACRE_MALFORMED, "behind its end");
    free(longer);
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    sample_deinit(&s);
}

/* Whoever forges an image computes its checksum too. */
static void repair(uint8_t *bytes, uint64_t size) {
    struct image_note note;
    uint64_t at = offsetof(struct layout_start, note);
    memcpy(&note, bytes + at, sizeof note);
    if (note.lines.offset < sizeof(struct layout_start) || note.lines.offset > size) return;
    note.checksum = layout_checksum(bytes, &note);
    memcpy(bytes + at, &note, sizeof note);
}

static void test_forgery(void **state) {
    static const uint8_t masks[] = {0x01, 0x02, 0x10, 0x80, 0xFF};
    struct sample s;
    struct image image;
    uint8_t *bytes;
    uint64_t size, accepted = 0;
    (void)state;
    sample_init(&s, IMAGE_X86_64, false);
    write_sample(&s, &bytes, &size);
    uint8_t *copy = copy_exactly(bytes, size);
    assert_int_equal(image_open(&image, bytes, size, &s.wanted, NULL), NACRE_OK);
    uint64_t end = image.note->lines.offset + image.note->lines.count;
    for (uint64_t at = 0; at < end; at++) {
        for (size_t i = 0; i < ARRAY_COUNT(masks); i++) {
            memcpy(copy, bytes, (size_t)size);
            copy[at] ^= masks[i];
            repair(copy, size);
            if (image_open(&image, copy, size, &s.wanted, NULL) != NACRE_OK) continue;
            sample_ask(&image);
            accepted++;
        }
    }
    assert_true(accepted > 0); /* or nothing was tried */
    free(copy);
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    sample_deinit(&s);
}

/* Tables that do not fit together, in images that are whole. */
static void test_tables(void **state) {
    static const uint32_t bad_type_signatures[SAMPLE_TYPES] = {0, 0, 1};
    static const uint32_t bad_func_signatures[SAMPLE_FUNCS] = {1, 0, 2, 1};
    static const struct image_signature outside[2] = {{48, 56}, {64, 100}};
    static const char functions[] = "overlap or are outside", signatures[] = "do not match";
    (void)state;
    for (int what = 0; what < 8; what++) {
        struct sample s;
        uint8_t *bytes;
        uint64_t size;
        const char *text = functions;
        sample_init(&s, IMAGE_X86_64, true);
        switch (what) {
        case 0: s.sizes[0] = 17; break;
        case 1: s.sizes[1] = 0; break;
        case 2: s.sizes[2] = 100; break;
        case 3: s.funcs[0] = s.funcs[1]; break;
        case 4: s.source.type_signatures = bad_type_signatures, text = signatures; break;
        case 5: s.source.func_signatures = bad_func_signatures, text = signatures; break;
        case 6: s.source.signatures = outside, text = signatures; break;
        case 7: s.source.func_count--, text = "of another size"; break;
        }
        write_sample(&s, &bytes, &size);
        refuse(&s, bytes, size, NACRE_MALFORMED, text);
        alloc_free(&s.allocator, bytes, (size_t)size, 1);
        sample_deinit(&s);
    }
}

/* What memory 0 begins with: where it may lie, and in whose. */
static void test_memory(void **state) {
    (void)state;
    for (int what = 0; what < 9; what++) {
        struct sample s;
        struct image image;
        uint8_t *bytes;
        uint64_t size;
        sample_init(&s, IMAGE_X86_64, true);
        struct wasm_limits memory = {.min = 8, .max = 8};
        struct wasm_data data = {.mode = WASM_SEGMENT_ACTIVE, .size = 300000};
        uint8_t *contents = calloc(6, WASM_PAGE_SIZE);
        contents[WASM_PAGE_SIZE] = 77;
        s.module.memory_count = s.module.data_count = 1;
        s.module.memories = &memory;
        s.module.datas = &data;
        s.source.memory = contents;
        s.source.memory_size = 6 * WASM_PAGE_SIZE;
        s.source.note.memory_at = 2 * WASM_PAGE_SIZE;
        write_sample(&s, &bytes, &size);
        assert_int_equal(image_open(&image, bytes, size, &s.wanted, NULL), NACRE_OK);
        assert_int_equal(bytes[image.note->memory.offset + WASM_PAGE_SIZE], 77);
        struct image_note *note =
            (struct image_note *)(void *)(bytes + offsetof(struct layout_start, note));
        switch (what) {
        case 0: note->memory.count -= 4096; break;
        case 1: note->memory.offset += 4096; break;
        case 2: note->memory_at += 4096; break;
        case 3: note->memory_at += WASM_PAGE_SIZE; break; /* one page beyond its end */
        case 4: note->memory.offset += UINT64_C(1) << 63; break;
        case 5: note->memory.offset = size / WASM_PAGE_SIZE * WASM_PAGE_SIZE; break;
        case 6: memory.is_shared = true; break;
        case 7: data.size = 1000; break;
        case 8: s.module.imported[WASM_EXTERN_TABLE] = 1; break;
        }
        repair(bytes, size);
        refuse(&s, bytes, size, NACRE_MALFORMED, "a memory that is not the module's");
        alloc_free(&s.allocator, bytes, (size_t)size, 1);
        free(contents);
        s.module.memory_count = s.module.data_count = 0;
        sample_deinit(&s);
    }
}

/* A continuation is of the loop that was asked for, and of one function. */
static void test_continuation(void **state) {
    (void)state;
    for (int what = 0; what < 7; what++) {
        struct sample s;
        struct image image;
        uint8_t *bytes;
        uint64_t size;
        const char *text = "more than one function";
        sample_init(&s, IMAGE_X86_64, true);
        s.source.note.flags |= IMAGE_CONTINUATION;
        s.source.note.func = 2;
        s.source.note.loop = 99;
        s.source.func_count = 1;
        s.source.function_count = s.source.signature_count = s.source.type_count = 0;
        s.wanted.flags_known |= IMAGE_CONTINUATION;
        s.wanted.flags |= IMAGE_CONTINUATION;
        s.wanted.func = 2;
        s.wanted.loop = 99;
        switch (what) {
        case 1: s.source.func_count = 2; break;
        case 2: s.source.function_count = SAMPLE_FUNCS; break;
        case 3: s.source.signature_count = 2; break;
        case 4: s.wanted.func = 3, text = "another loop"; break;
        case 5: s.wanted.loop = 98, text = "another loop"; break;
        case 6: s.wanted.flags = IMAGE_METERING, text = "compiled with one function"; break;
        }
        write_sample(&s, &bytes, &size);
        if (what == 0) {
            assert_int_equal(image_open(&image, bytes, size, &s.wanted, NULL), NACRE_OK);
            uint64_t at = image.note->text.offset + s.funcs[0];
            assert_int_equal(image_func_find(&image, at), 1); /* the second of the module */
            assert_ptr_equal(image_func_code(&image, 1), bytes + at);
            assert_int_equal(image_func_find(&image, at + s.sizes[0]), UINT32_MAX);
        } else {
            bool is_wrong_purpose = what >= 4;
            refuse(&s, bytes, size, is_wrong_purpose ? NACRE_UNSUPPORTED : NACRE_MALFORMED, text);
        }
        alloc_free(&s.allocator, bytes, (size_t)size, 1);
        sample_deinit(&s);
    }
}

/* --- Purpose --- */

static void test_purpose(void **state) {
    static const uint8_t other[32] = {9};
    struct sample s;
    uint8_t *bytes;
    uint64_t size;
    (void)state;
    sample_init(&s, IMAGE_X86_64, true);
    write_sample(&s, &bytes, &size);
    struct image_wanted wanted = s.wanted;
    s.wanted.machine = IMAGE_AARCH64;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "another machine");
    s.wanted = wanted, s.wanted.cpu_features = 6;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "lacks sse3");
    s.wanted = wanted, s.wanted.flags = 0;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "compiled with metering");
    s.wanted = wanted, s.wanted.flags_known |= IMAGE_EXPLICIT_BOUNDS;
    s.wanted.flags |= IMAGE_EXPLICIT_BOUNDS;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "compiled without explicit bounds checks");
    s.wanted = wanted, s.wanted.wasm_features = 1;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "a feature that is not allowed");
    s.wanted = wanted, s.wanted.module_sha256 = other;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "another module");
    s.wanted = wanted;
    bytes[offsetof(struct layout_start, note.abi)]++;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "another version");
    assert_int_equal(image_open(&(struct image){0}, bytes + 8, size - 8, &s.wanted, NULL),
                     NACRE_ARGUMENT);
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    sample_deinit(&s);
}

/* RFC 8032, 7.1, tests 1 and 3. */
static void test_ed25519(void **state) {
    static const uint8_t secret[33] =
        "\xc5\xaa\x8d\xf4\x3f\x9f\x83\x7b\xed\xb7\x44\x2f\x31\xdc\xb7\xb1"
        "\x66\xd3\x85\x35\x07\x6f\x09\x4b\x85\xce\x3a\x2e\x0b\x44\x58\xf7";
    static const uint8_t public[33] =
        "\xfc\x51\xcd\x8e\x62\x18\xa1\xa3\x8d\xa4\x7e\xd0\x02\x30\xf0\x58"
        "\x08\x16\xed\x13\xba\x33\x03\xac\x5d\xeb\x91\x15\x48\x90\x80\x25";
    static const uint8_t expected[65] =
        "\x62\x91\xd6\x57\xde\xec\x24\x02\x48\x27\xe6\x9c\x3a\xbe\x01\xa3"
        "\x0c\xe5\x48\xa2\x84\x74\x3a\x44\x5e\x36\x80\xd7\xdb\x5a\xc3\xac"
        "\x18\xff\x9b\x53\x8d\x16\xf2\x90\xae\x67\xf7\x60\x98\x4d\xc6\x59"
        "\x4a\x7c\x15\xe9\x71\x6e\xd2\x8d\xc0\x27\xbe\xce\xea\x1e\xc4\x0a";
    static const uint8_t message[2] = {0xaf, 0x82};
    uint8_t key[32], signature[64];
    (void)state;
    crypto_ed25519_public_key(secret, key);
    assert_memory_equal(key, public, sizeof key);
    crypto_ed25519_sign(secret, message, sizeof message, signature);
    assert_memory_equal(signature, expected, sizeof signature);
    assert_true(crypto_ed25519_verify(key, message, sizeof message, signature));
    assert_false(crypto_ed25519_verify(key, message, 1, signature));
    signature[63] ^= 1;
    assert_false(crypto_ed25519_verify(key, message, sizeof message, signature));
}

static void test_proof(void **state) {
    static const uint8_t secret[32] = {7, 7, 7}, other_secret[32] = {8};
    struct sample s;
    struct image image;
    struct image_proof proof, found;
    uint8_t *bytes, other[32];
    uint64_t size, signed_size;
    (void)state;
    sample_init(&s, IMAGE_X86_64, true);
    write_sample(&s, &bytes, &size);
    crypto_ed25519_public_key(secret, proof.key);
    crypto_ed25519_public_key(other_secret, other);
    s.wanted.public_key = proof.key;
    s.wanted.verify = crypto_ed25519_verify;
    assert_false(image_proof_find(bytes, size, &signed_size, &found));
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "not signed");

    uint64_t unsigned_size = size;
    crypto_ed25519_sign(secret, bytes, (size_t)size, proof.signature);
    assert_int_equal(image_proof_append(&proof, &s.allocator, &bytes, &size), NACRE_OK);
    assert_true(image_proof_find(bytes, size, &signed_size, &found));
    assert_int_equal(signed_size, unsigned_size);
    assert_memory_equal(&found, &proof, sizeof proof);
    assert_int_equal(image_open(&image, bytes, size, &s.wanted, NULL), NACRE_OK);
    s.wanted.public_key = other;
    refuse(&s, bytes, size, NACRE_UNSUPPORTED, "not that of the key wanted");
    s.wanted.public_key = NULL; /* a signature that nobody asks for does no harm */
    assert_int_equal(image_open(&image, bytes, size, &s.wanted, NULL), NACRE_OK);

    s.wanted.public_key = proof.key;
    uint64_t key_at = unsigned_size + offsetof(struct layout_end, proof.key);
    for (uint64_t at = 0; at < size; at += at + 300 < unsigned_size ? 97 : 1) {
        if (at >= key_at && at < key_at + sizeof proof.key) continue; /* a hint, no more */
        bytes[at] ^= 0x40;
        assert_int_not_equal(image_open(&image, bytes, size, &s.wanted, NULL), NACRE_OK);
        bytes[at] ^= 0x40;
    }
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    sample_deinit(&s);
}

/* --- Lines --- */

static void check_lines(const struct image_line *rows, uint32_t count, uint32_t *size) {
    struct allocator allocator = port_default_allocator();
    uint8_t *packed;
    assert_int_equal(lines_pack(rows, count, &allocator, &packed, size), NACRE_OK);
    uint8_t *exact = copy_exactly(packed, *size);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t next = i + 1 < count ? rows[i + 1].code : UINT32_MAX;
        assert_int_equal(lines_find(exact, *size, rows[i].code), rows[i].wasm);
        assert_int_equal(lines_find(exact, *size, next - 1), rows[i].wasm);
    }
    if (count && rows[0].code) assert_int_equal(lines_find(exact, *size, rows[0].code - 1), 0);
    free(exact);
    alloc_free(&allocator, packed, *size, 1);
}

static void test_lines(void **state) {
    static const struct image_line few[] = {
        {0, 5}, {1, 4}, {2, 0}, {3, 4}, {4, 4}, {5, 0}, {6, 0}, {7, UINT32_MAX},
        {UINT32_MAX - 2, 1}, {UINT32_MAX - 1, 0}};
    static struct image_line rows[3000];
    uint64_t random = 1;
    uint32_t size;
    (void)state;
    check_lines(NULL, 0, &size);
    check_lines(few, ARRAY_COUNT(few), &size);
    for (unsigned round = 0; round < 20; round++) {
        uint32_t code = 0, wasm = 1000, unit = round % 2 ? 4 : 1;
        for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
            uint32_t r = random_u32(&random);
            code += unit * (1 + r % 12);
            wasm += 1 + (r >> 8) % 9;
            if ((r >> 16) % 8 == 0) wasm = 1000 + (r >> 19) % 4096;
            rows[i] = (struct image_line){code, (r >> 16) % 11 == 1 ? 0 : wasm};
        }
        check_lines(rows, round * 150, &size);
    }
    check_lines(rows, ARRAY_COUNT(rows), &size);
    assert_true(size < ARRAY_COUNT(rows) * 5 / 3); /* small it must be */
}

static void test_lines_of_any_bytes(void **state) {
    uint64_t random = 2;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[200];
        uint32_t size = random_u32(&random) % sizeof bytes;
        for (uint32_t i = 0; i < size; i++) bytes[i] = (uint8_t)random_u32(&random);
        if (size > 8 && round % 4) { /* a head that makes sense */
            bytes[0] %= 3, bytes[1] %= 8, bytes[2] %= 8;
            bytes[4] %= 100, bytes[5] %= 4, bytes[6] = bytes[7] = 0;
        }
        if (size > 20 && round % 8 == 3) bytes[16] = 20, bytes[17] = bytes[18] = bytes[19] = 0;
        uint8_t *exact = copy_exactly(bytes, size);
        for (unsigned i = 0; i < 10; i++) lines_find(exact, size, random_u32(&random));
        free(exact);
    }
}

/* --- Memory and processors --- */

static void test_no_memory(void **state) {
    struct sample s;
    (void)state;
    sample_init(&s, IMAGE_X86_64, false);
    for (uint64_t n = 0;; n++) {
        struct fake *fake = fake_create();
        uint8_t *bytes = NULL;
        uint64_t size = 0;
        fake_fail(fake, n, PORT_EIO);
        nacre_status status = image_write(&s.source, fake_allocator(fake), &bytes, &size);
        bool was_hit = fake_fault_hit(fake);
        assert_int_equal(status, was_hit ? NACRE_NO_MEMORY : NACRE_OK);
        if (status == NACRE_OK) alloc_free(fake_allocator(fake), bytes, (size_t)size, 1);
        else assert_null(bytes);
        assert_int_equal(fake_live_allocations(fake), 0);
        fake_destroy(fake);
        if (!was_hit) break;
    }
    sample_deinit(&s);
}

static void test_processors(void **state) {
    (void)state;
    assert_int_equal(image_cpu_x86_level(1), 0);
    assert_int_equal(image_cpu_x86_level(2), 0x7F);
    assert_int_equal(image_cpu_x86_level(4), 0xFFFFF);
    assert_string_equal(image_cpu_name(IMAGE_X86_64, IMAGE_CPU_X86_AVX2), "avx2");
    assert_string_equal(image_cpu_name(IMAGE_AARCH64, IMAGE_CPU_ARM_LSE), "lse");
    assert_null(image_cpu_name(IMAGE_X86_64, 63));
    const struct port *port = port_default();
    uint64_t features = port->cpu_features(port->context);
    for (uint32_t bit = 0; bit < 64; bit++)
        if (features >> bit & 1)
            assert_true(image_cpu_name(IMAGE_X86_64, bit) || image_cpu_name(IMAGE_AARCH64, bit));
    struct fake *fake = fake_create();
    port = fake_port(fake);
    fake_set_cpu_features(fake, 5);
    assert_int_equal(port->cpu_features(port->context), 5);
    fake_destroy(fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_damage),
        cmocka_unit_test(test_truncation),  cmocka_unit_test(test_forgery),
        cmocka_unit_test(test_tables),      cmocka_unit_test(test_memory),
        cmocka_unit_test(test_purpose),     cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_proof),       cmocka_unit_test(test_lines),
        cmocka_unit_test(test_no_memory),   cmocka_unit_test(test_lines_of_any_bytes),
        cmocka_unit_test(test_processors),  cmocka_unit_test(test_continuation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
