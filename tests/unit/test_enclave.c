/* test_enclave.c - measuring, signing and describing SGX enclaves (nacre/enclave.h). What
 * MRENCLAVE and a signature's numbers have to be, tests/tee/sign.sh computes by other means. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <nacre/enclave.h>

#include "support/image.h"

#include "crypto/rsa.h"
#include "sgx/measure.h"
#include "sgx/sign/sigstruct.h"
#include "support/enclave.h"

static char folder[] = "/tmp/nacre-enclave-XXXXXX";
static char enclave_path[64], key_path[64], output_path[64];
static struct rsa_key *key;

/* The same numbers every time, so that the key is. */
static int numbers(void *env, unsigned char *bytes, size_t size) {
    uint64_t *state = env;
    for (size_t i = 0; i < size; i++) {
        *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] = (unsigned char)(*state >> 56);
    }
    return 0;
}
static uint64_t seed = 1;

static int no_numbers(void *env, unsigned char *bytes, size_t size) {
    (void)env, (void)bytes, (void)size;
    return -1;
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, uint8_t *bytes, size_t most) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, most, file);
    fclose(file);
    assert_true(size < most);
    return size;
}

static int set_up(void **state) {
    static struct enclave_sample sample;
    char pem[RSA_PEM_BYTES];
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(enclave_path, sizeof enclave_path, "%s/enclave.elf", folder);
    snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
    snprintf(output_path, sizeof output_path, "%s/signed.elf", folder);
    enclave_sample_fill(&sample);
    write_file(enclave_path, &sample, sizeof sample);
    if (rsa_generate(numbers, &seed, &key) != NACRE_OK || rsa_write(key, pem) != NACRE_OK)
        return -1;
    write_file(key_path, pem, strlen(pem));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rsa_destroy(key);
    (void)unlink(enclave_path);
    (void)unlink(key_path);
    (void)unlink(output_path);
    return rmdir(folder);
}

/* --- The measurement --- */

/* All that is hashed, in one piece; the offset is that of a page that was added late. */
static void test_buffering(void **state) {
    enum { PAGES = 40, BYTES = 64 + PAGES * (64 + 16 * (64 + 256)) };
    static uint8_t pages[PAGES * SGX_PAGE], all[BYTES];
    uint8_t *at = all, wanted[32], found[32];
    struct measurement m;
    (void)state;
    for (size_t i = 0; i < sizeof pages; i++) pages[i] = (uint8_t)(i * 7 >> 3);
    memcpy(at, "ECREATE\0\1\0\0\0\0\0\20", 15); /* one page, 2^20 bytes */
    at += 64;
    for (uint64_t i = 0; i < PAGES; i++) {
        const uint64_t offset = 0x3000 + i * SGX_PAGE, flags = SGX_REG | SGX_R;
        memcpy(at, "EADD", 4);
        memcpy(at + 8, &offset, 8);
        memcpy(at + 16, &flags, 8);
        at += 64;
        for (uint64_t part = 0; part < 16; part++) {
            const uint64_t from = offset + part * 256;
            memcpy(at, "EEXTEND", 7);
            memcpy(at + 8, &from, 8);
            memcpy(at + 64, pages + i * SGX_PAGE + part * 256, 256);
            at += 64 + 256;
        }
    }
    assert_int_equal(at - all, BYTES);
    crypto_sha256(all, sizeof all, wanted);
    assert_int_equal(measurement_begin(&m, 1 << 20), NACRE_OK);
    struct enclave_pages add = {.offset = 0x3000, .count = 1, .secinfo = SGX_REG | SGX_R,
                                .is_measured = true, .bytes = pages};
    assert_int_equal(measurement_add(&m, &add), NACRE_OK);
    add = (struct enclave_pages){.offset = 0x4000, .count = PAGES - 1, .secinfo = SGX_REG | SGX_R,
                                 .is_measured = true, .bytes = pages + SGX_PAGE};
    assert_int_equal(measurement_add(&m, &add), NACRE_OK);
    measurement_end(&m, found);
    assert_memory_equal(found, wanted, 32);
}

/* --- Keys --- */

static void test_keys(void **state) {
    char pem[RSA_PEM_BYTES], again[RSA_PEM_BYTES];
    struct rsa_key *other = NULL;
    uint64_t random = 2;
    (void)state;
    assert_int_equal(rsa_write(key, pem), NACRE_OK);
    assert_int_equal(rsa_read(pem, strlen(pem) + 1, numbers, &random, &other), NACRE_OK);
    assert_int_equal(rsa_write(other, again), NACRE_OK);
    assert_string_equal(pem, again);
    rsa_destroy(other);
    other = NULL;
    pem[400] = pem[400] == 'A' ? 'B' : 'A'; /* in the modulus or the secret exponent */
    assert_int_equal(rsa_read(pem, strlen(pem) + 1, numbers, &random, &other), NACRE_MALFORMED);
    assert_int_equal(rsa_read("", 1, numbers, &random, &other), NACRE_MALFORMED);
    assert_int_equal(rsa_generate(no_numbers, NULL, &other), NACRE_IO);
    assert_null(other);
    rsa_destroy(NULL);
}

static void test_made_key(void **state) {
    char path[96];
    nacre_error error;
    struct stat info;
    nacre_enclave_options options;
    (void)state;
    snprintf(path, sizeof path, "%s/new.pem", folder);
    assert_int_equal(nacre_enclave_make_key(path, &error), NACRE_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(nacre_enclave_make_key(path, &error), NACRE_IO); /* never overwritten */
    nacre_enclave_options_init(&options);
    options.key_path = path;
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error), NACRE_OK);
    unlink(path);
}

/* --- SIGSTRUCT --- */

static void make(struct sgx_sigstruct *s, struct sgx_secs *secs, bool debug) {
    struct sigstruct_content content = {.date = 0x20260131, .product_id = 7, .svn = 3,
                                        .debug = debug};
    memset(content.mrenclave, 0xAB, sizeof content.mrenclave);
    sigstruct_fill(s, &content);
    assert_int_equal(sigstruct_sign(s, key, numbers, &seed), NACRE_OK);
    sigstruct_secs(s, content.mrenclave, secs);
}

static void test_sigstruct(void **state) {
    struct sgx_sigstruct s;
    struct sgx_secs secs;
    uint8_t mrsigner[32];
    (void)state;
    make(&s, &secs, false);
    assert_int_equal(secs.attributes.flags, SGX_ATTRIBUTE_MODE64BIT);
    assert_int_equal(sigstruct_check(&s, &secs), SIGSTRUCT_OK);
    crypto_sha256(s.modulus, sizeof s.modulus, mrsigner);
    assert_memory_equal(secs.mrsigner, mrsigner, 32);
    assert_int_equal(secs.isvprodid, 7);
    assert_int_equal(secs.isvsvn, 3);
    assert_int_equal(secs.attributes.flags, SGX_ATTRIBUTE_MODE64BIT | SGX_ATTRIBUTE_INIT);
    assert_int_equal(sigstruct_sign(&s, key, no_numbers, NULL), NACRE_IO);
}

/* Whatever is changed of it, by one bit, the processor refuses it. */
static void test_damage(void **state) {
    struct sgx_sigstruct s;
    struct sgx_secs secs;
    (void)state;
    make(&s, &secs, false);
    for (size_t at = 0; at < sizeof s; at++) {
        const struct sgx_secs before = secs;
        ((uint8_t *)&s)[at] ^= (uint8_t)(1 << at % 8);
        assert_int_not_equal(sigstruct_check(&s, &secs), SIGSTRUCT_OK);
        assert_memory_equal(&secs, &before, sizeof secs);
        ((uint8_t *)&s)[at] ^= (uint8_t)(1 << at % 8);
    }
    assert_int_equal(sigstruct_check(&s, &secs), SIGSTRUCT_OK);
}

static void test_faults(void **state) {
    struct sgx_sigstruct s;
    struct sgx_secs secs;
    const struct { size_t at; enum sigstruct_fault fault; } rows[] = {
        {offsetof(struct sgx_sigstruct, header), SIGSTRUCT_INVALID_FORM},
        {offsetof(struct sgx_sigstruct, vendor), SIGSTRUCT_INVALID_FORM},
        {offsetof(struct sgx_sigstruct, header2), SIGSTRUCT_INVALID_FORM},
        {offsetof(struct sgx_sigstruct, exponent), SIGSTRUCT_INVALID_FORM},
        {offsetof(struct sgx_sigstruct, cet), SIGSTRUCT_INVALID_FORM},
        {offsetof(struct sgx_sigstruct, isvextprodid), SIGSTRUCT_INVALID_FORM},
        {offsetof(struct sgx_sigstruct, date), SIGSTRUCT_INVALID_SIGNATURE},
        {offsetof(struct sgx_sigstruct, modulus), SIGSTRUCT_INVALID_SIGNATURE},
        {offsetof(struct sgx_sigstruct, signature), SIGSTRUCT_INVALID_SIGNATURE},
        {offsetof(struct sgx_sigstruct, isvsvn), SIGSTRUCT_INVALID_SIGNATURE},
        {offsetof(struct sgx_sigstruct, q1), SIGSTRUCT_INVALID_SIGNATURE},
        {offsetof(struct sgx_sigstruct, q2), SIGSTRUCT_INVALID_SIGNATURE},
    };
    (void)state;
    make(&s, &secs, false);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        ((uint8_t *)&s)[rows[i].at] ^= 1;
        assert_int_equal(sigstruct_check(&s, &secs), rows[i].fault);
        ((uint8_t *)&s)[rows[i].at] ^= 1;
    }
    memset(s.modulus, 0, sizeof s.modulus); /* nothing is below it */
    assert_int_equal(sigstruct_check(&s, &secs), SIGSTRUCT_INVALID_SIGNATURE);
}

/* Which enclaves a signature is for. */
static void test_attributes(void **state) {
    static const struct {
        uint64_t flags, xfrm; /* of the SECS, changed */
        uint32_t miscselect;
        bool fits;
    } rows[] = {
        {0, 0, 0, true},
        {0, SGX_XFRM_AVX, 0, true},    /* a processor without AVX */
        {0, SGX_XFRM_AVX512, 0, true}, /* one with AVX-512 */
        {0, SGX_XFRM_LEGACY, 0, false},
        {0, UINT64_C(1) << 9, 0, false},  /* PKRU */
        {0, UINT64_C(3) << 17, 0, false}, /* AMX: frames would need more than a page */
        {SGX_ATTRIBUTE_DEBUG, 0, 0, false},
        {SGX_ATTRIBUTE_MODE64BIT, 0, 0, false},
        {UINT64_C(1) << 4, 0, 0, false}, /* the provisioning key */
        {UINT64_C(1) << 63, 0, 0, false},
        {0, 0, 1, false},
    };
    struct sgx_sigstruct s;
    (void)state;
    for (int debug = 0; debug < 2; debug++)
        for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
            struct sgx_secs secs;
            make(&s, &secs, debug);
            assert_int_equal((secs.attributes.flags & SGX_ATTRIBUTE_DEBUG) != 0, debug);
            secs.attributes.flags ^= rows[i].flags;
            secs.attributes.xfrm ^= rows[i].xfrm;
            secs.miscselect = rows[i].miscselect;
            assert_int_equal(sigstruct_check(&s, &secs),
                             rows[i].fits ? SIGSTRUCT_OK : SIGSTRUCT_INVALID_ATTRIBUTE);
            secs.mrenclave[31] ^= 1;
            assert_int_equal(sigstruct_check(&s, &secs), SIGSTRUCT_INVALID_MEASUREMENT);
        }
}

/* --- Files --- */

static nacre_enclave_options options_for(const char *const *images, size_t image_count) {
    nacre_enclave_options options;
    nacre_enclave_options_init(&options);
    options.key_path = key_path;
    options.time_seconds = 1769860800; /* 31 January 2026, noon */
    options.images = images;
    options.image_count = image_count;
    return options;
}

static void test_file(void **state) {
    static uint8_t first[1 << 16], second[1 << 16];
    nacre_enclave_options options = options_for(NULL, 0);
    nacre_enclave_description d;
    nacre_error error;
    (void)state;
    assert_int_equal(nacre_enclave_describe(enclave_path, &d, &error), NACRE_MALFORMED);
    options.product_id = 65535;
    options.svn = 9;
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error), NACRE_OK);
    size_t size = read_file(output_path, first, sizeof first);
    assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_OK);
    assert_int_equal(d.product_id, 65535);
    assert_int_equal(d.svn, 9);
    assert_int_equal(d.date, 20260131);
    assert_int_equal(d.threads, 16);
    assert_int_equal(d.stack_bytes, 256 << 10);
    assert_int_equal(d.heap_bytes, 64 << 20);
    assert_int_equal(d.heap_max_bytes, UINT64_C(16) << 30);
    assert_int_equal(d.size_bytes, UINT64_C(32) << 30);
    assert_int_equal(d.attributes, SGX_ATTRIBUTE_MODE64BIT);
    assert_int_equal(d.xfrm, 7);
    assert_int_equal(d.file_bytes, size);
    assert_false(d.debug);
    /* Signed again where it is: the same. */
    assert_int_equal(nacre_enclave_sign(output_path, NULL, &options, &error), NACRE_OK);
    assert_int_equal(read_file(output_path, second, sizeof second), size);
    assert_memory_equal(first, second, size);
    options.debug = true;
    assert_int_equal(nacre_enclave_sign(output_path, NULL, &options, &error), NACRE_OK);
    assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_OK);
    assert_true(d.debug);
}

/* Changed anywhere in what is measured or signed, or cut anywhere, it is not described. */
static void test_changed_file(void **state) {
    static uint8_t bytes[1 << 16];
    nacre_enclave_options options = options_for(NULL, 0);
    nacre_enclave_description d;
    nacre_error error;
    (void)state;
    options.heap_bytes = 1 << 16;
    options.threads = 1;
    options.stack_bytes = SGX_PAGE;
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error), NACRE_OK);
    size_t size = read_file(output_path, bytes, sizeof bytes);
    const size_t from = offsetof(struct enclave_sample, text);
    const size_t last = offsetof(struct enclave_sample, signature.baked_file_offset);
    for (size_t at = from; at < last; at += at % 397 + 5) {
        const size_t after = at - from;
        bool unused = (after >= SAMPLE_TEXT && after < sizeof(uint8_t[2 * SGX_PAGE])) ||
                      (at >= offsetof(struct enclave_sample, unused2) &&
                       at < offsetof(struct enclave_sample, data)) ||
                      (at >= offsetof(struct enclave_sample, signature_head) &&
                       at < offsetof(struct enclave_sample, signature) - SAMPLE_HEAD);
        if (unused) continue;
        bytes[at] ^= 0x10;
        write_file(output_path, bytes, size);
        assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_MALFORMED);
        bytes[at] ^= 0x10;
    }
    for (size_t cut = 0; cut < last; cut += cut % 89 + 1) {
        write_file(output_path, bytes, cut);
        assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_MALFORMED);
    }
    write_file(output_path, bytes, size);
    assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_OK);
}

static void test_options(void **state) {
    nacre_enclave_description d;
    nacre_error error;
    (void)state;
    unlink(output_path);
#define REFUSED(field, value, wanted)                                                          \
    do {                                                                                       \
        nacre_enclave_options o = options_for(NULL, 0);                                        \
        o.field = value;                                                                       \
        assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &o, &error), (wanted)); \
        assert_int_equal(error.status, (wanted));                                              \
        assert_int_equal(access(output_path, F_OK), -1);                                       \
    } while (0)
    REFUSED(key_path, NULL, NACRE_ARGUMENT);
    REFUSED(key_path, "/nowhere/key", NACRE_NOT_FOUND);
    REFUSED(key_path, enclave_path, NACRE_MALFORMED);
    REFUSED(threads, 0, NACRE_ARGUMENT);
    REFUSED(threads, 65, NACRE_ARGUMENT);
    REFUSED(stack_bytes, 0, NACRE_ARGUMENT);
    REFUSED(stack_bytes, 5000, NACRE_ARGUMENT);
    REFUSED(heap_bytes, 0, NACRE_ARGUMENT);
    REFUSED(heap_bytes, 4096, NACRE_ARGUMENT);
    REFUSED(heap_bytes, UINT64_C(32) << 30, NACRE_ARGUMENT);
    REFUSED(heap_max_bytes, (UINT64_C(16) << 30) + 4096, NACRE_ARGUMENT);
    REFUSED(heap_max_bytes, UINT64_C(1) << 41, NACRE_LIMIT);
    REFUSED(time_seconds, UINT64_MAX, NACRE_ARGUMENT);
    REFUSED(time_seconds, UINT64_C(1) << 40, NACRE_ARGUMENT); /* the year 36812 */
#undef REFUSED
    nacre_enclave_options options = options_for(NULL, 0);
    assert_int_equal(nacre_enclave_sign("/nowhere/enclave", output_path, &options, &error),
                     NACRE_NOT_FOUND);
    assert_int_equal(nacre_enclave_sign(key_path, output_path, &options, &error),
                     NACRE_MALFORMED);
    assert_int_equal(nacre_enclave_sign(enclave_path, "/nowhere/out", &options, &error),
                     NACRE_IO);
    assert_int_equal(nacre_enclave_sign(folder, output_path, &options, &error), NACRE_IO);
    assert_int_equal(nacre_enclave_describe("/nowhere/enclave", &d, &error), NACRE_NOT_FOUND);
}

static size_t count_files(void) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    while (readdir(dir)) count++;
    closedir(dir);
    return count;
}

/* What can't be written whole leaves what was there, and nothing else. */
static void test_no_space(void **state) {
    char text[8] = "";
    nacre_enclave_options options = options_for(NULL, 0);
    nacre_error error;
    struct rlimit before, little;
    (void)state;
    write_file(output_path, "before", 6);
    const size_t files = count_files();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = (struct rlimit){.rlim_cur = 5000, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    nacre_status status = nacre_enclave_sign(enclave_path, output_path, &options, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, NACRE_IO);
    assert_int_equal(read_file(output_path, (uint8_t *)text, sizeof text), 6);
    assert_string_equal(text, "before");
    assert_int_equal(count_files(), files);
}

/* --- Programs --- */

static void write_image(const char *path, uint32_t machine, uint32_t flags) {
    struct sample s;
    uint8_t *bytes = NULL;
    uint64_t size;
    sample_init(&s, machine, true);
    s.source.note.flags = flags;
    assert_int_equal(image_write(&s.source, &s.allocator, &bytes, &size), NACRE_OK);
    write_file(path, bytes, (size_t)size);
    alloc_free(&s.allocator, bytes, (size_t)size, 1);
    sample_deinit(&s);
}

static void test_bake(void **state) {
    static uint8_t one[1 << 17], two[1 << 17];
    char good[96], bad[96];
    nacre_enclave_description d, baked;
    nacre_error error;
    (void)state;
    snprintf(good, sizeof good, "%s/good.nimg", folder);
    snprintf(bad, sizeof bad, "%s/bad.nimg", folder);
    const char *const images[] = {good, good}, *const bad_images[] = {good, bad};
    write_image(good, IMAGE_X86_64, IMAGE_EXPLICIT_BOUNDS);
    nacre_enclave_options options = options_for(images, 2), keep = options_for(NULL, 0);
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error), NACRE_OK);
    assert_int_equal(nacre_enclave_describe(output_path, &baked, &error), NACRE_OK);
    assert_int_equal(baked.images, 2);
    /* Signed again, it keeps them, or gets them instead: the same file. */
    size_t size = read_file(output_path, one, sizeof one);
    assert_int_equal(nacre_enclave_sign(output_path, NULL, &keep, &error), NACRE_OK);
    assert_int_equal(read_file(output_path, two, sizeof two), size);
    assert_memory_equal(one, two, size);
    assert_int_equal(nacre_enclave_sign(output_path, NULL, &options, &error), NACRE_OK);
    assert_int_equal(read_file(output_path, two, sizeof two), size);
    assert_memory_equal(one, two, size);
    /* They are measured. */
    one[size - SGX_PAGE] ^= 1;
    write_file(output_path, one, size);
    assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_MALFORMED);
    options.image_count = 0;
    assert_int_equal(nacre_enclave_sign(output_path, NULL, &options, &error), NACRE_OK);
    assert_int_equal(nacre_enclave_describe(output_path, &d, &error), NACRE_OK);
    assert_int_equal(d.images, 0);
    assert_memory_not_equal(d.mrenclave, baked.mrenclave, 32);

    static const struct { uint32_t machine, flags; nacre_status status; } rows[] = {
        {IMAGE_X86_64, 0, NACRE_UNSUPPORTED}, /* guard pages */
        {IMAGE_X86_64, IMAGE_EXPLICIT_BOUNDS | IMAGE_CONTINUATION, NACRE_UNSUPPORTED},
        {IMAGE_AARCH64, IMAGE_EXPLICIT_BOUNDS, NACRE_UNSUPPORTED},
    };
    options = options_for(bad_images, 2);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        write_image(bad, rows[i].machine, rows[i].flags);
        assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error),
                         rows[i].status);
    }
    write_file(bad, "not an image", 12);
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error),
                     NACRE_MALFORMED);
    unlink(bad);
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error),
                     NACRE_NOT_FOUND);
    options.image_count = ENCLAVE_BAKED_MAX + 1;
    assert_int_equal(nacre_enclave_sign(enclave_path, output_path, &options, &error),
                     NACRE_LIMIT);
    unlink(good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffering),    cmocka_unit_test(test_keys),
        cmocka_unit_test(test_made_key),     cmocka_unit_test(test_sigstruct),
        cmocka_unit_test(test_damage),       cmocka_unit_test(test_faults),
        cmocka_unit_test(test_attributes),   cmocka_unit_test(test_file),
        cmocka_unit_test(test_changed_file), cmocka_unit_test(test_options),
        cmocka_unit_test(test_no_space),     cmocka_unit_test(test_bake),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
