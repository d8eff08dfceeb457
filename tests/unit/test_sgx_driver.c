/*
 * test_sgx_driver.c - the loader for processors with SGX, against a double of Linux's driver: what
 * it is asked, in which order, and what becomes of an enclave when any of it fails.
 */
#include <asm/sgx.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "sgx/host/hardware/hardware.h"
#include "sgx/measure.h"
#include "sgx/sign/sigstruct.h"

#define ENCLAVE getenv("PROBE")
enum { DEVICE = 77 };

/* The driver, as its documentation says; with one call that fails. */
static struct driver {
    unsigned calls, fails_at; /* fails_at: the call of this number, from 1 */
    int open_files, mappings;
    struct sgx_secs secs;
    struct measurement measurement;
    bool is_measuring, is_initialised, has_no_sgx2, was_interrupted, was_busy;
    uint64_t pages, measured_pages, mapped_bytes, restricted_from, restricted_size;
    uint64_t next_offset; /* pages come by rising offset */
    int last_protection;
    uint64_t entered_tcs;
} driver;
static uint64_t kept = UINT64_MAX; /* XCR0 */

static bool fails(int number) {
    errno = number;
    return ++driver.calls == driver.fails_at;
}

static int open_device(void *env) {
    (void)env;
    if (fails(EACCES)) return -1;
    driver.open_files++;
    return DEVICE;
}

static int close_device(void *env, int file) {
    (void)env;
    assert_int_equal(file, DEVICE);
    driver.open_files--;
    return 0;
}

static void *map(void *env, void *at, uint64_t size, int protection, int file, uint64_t offset) {
    (void)env;
    if (fails(ENOMEM)) return MAP_FAILED;
    if (file < 0) {
        driver.mappings++;
        return mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    assert_int_equal(file, DEVICE);
    assert_int_equal(offset, 0);
    assert_true((uint64_t)at >= driver.secs.baseaddr &&
                (uint64_t)at + size <= driver.secs.baseaddr + driver.secs.size);
    assert_false(protection & PROT_WRITE && protection & PROT_EXEC);
    driver.mapped_bytes += size;
    return at;
}

static int protect(void *env, void *at, uint64_t size, int protection) {
    (void)env;
    (void)at;
    (void)size;
    driver.last_protection = protection;
    return fails(EACCES) ? -1 : 0;
}

static int unmap(void *env, void *at, uint64_t size) {
    (void)env;
    driver.mappings--;
    return munmap(at, size);
}

static int create(const struct sgx_enclave_create *argument) {
    memcpy(&driver.secs, (const void *)argument->src, sizeof driver.secs);
    assert_int_equal(driver.secs.baseaddr % driver.secs.size, 0);
    assert_int_equal(driver.secs.ssaframesize, SGX_SSA_PAGES);
    assert_int_equal(driver.secs.attributes.flags, SGX_ATTRIBUTE_MODE64BIT);
    assert_int_equal(measurement_begin(&driver.measurement, driver.secs.size), NACRE_OK);
    driver.is_measuring = true;
    return 0;
}

/* Half of what is asked, every now and then, as when a signal comes. */
static int add_pages(struct sgx_enclave_add_pages *argument) {
    const struct sgx_secinfo *secinfo = (const struct sgx_secinfo *)argument->secinfo;
    const bool is_cut = driver.calls % 3 == 0 && argument->length > SGX_PAGE;
    assert_true(driver.is_measuring && !driver.is_initialised);
    assert_int_equal(argument->src % SGX_PAGE, 0);
    assert_int_equal(argument->offset % SGX_PAGE, 0);
    assert_true(argument->length > 0 && argument->length % SGX_PAGE == 0);
    assert_true(argument->offset >= driver.next_offset);
    if (secinfo->flags & SGX_TCS) assert_int_equal(secinfo->flags, SGX_TCS);
    argument->count = is_cut ? SGX_PAGE : argument->length;
    const struct enclave_pages pages = {
        .offset = argument->offset, .count = argument->count / SGX_PAGE,
        .secinfo = secinfo->flags, .is_measured = argument->flags & SGX_PAGE_MEASURE,
        .bytes = (const uint8_t *)argument->src};
    (void)measurement_add(&driver.measurement, &pages);
    driver.next_offset = argument->offset + argument->count;
    driver.pages += pages.count;
    if (pages.is_measured) driver.measured_pages += pages.count;
    errno = EINTR;
    return is_cut ? -1 : 0;
}

/* A signal comes first. */
static int init(const struct sgx_enclave_init *argument) {
    const struct sgx_sigstruct *signature = (const void *)argument->sigstruct;
    errno = EINTR;
    if (!driver.was_interrupted) {
        driver.was_interrupted = true;
        return -1;
    }
    measurement_end(&driver.measurement, driver.secs.mrenclave);
    driver.is_measuring = false;
    errno = EPERM;
    if (sigstruct_check(signature, &driver.secs) != SIGSTRUCT_OK) return -1;
    driver.is_initialised = true;
    return 0;
}

static int restrict_pages(struct sgx_enclave_restrict_permissions *argument) {
    assert_true(driver.is_initialised);
    errno = driver.has_no_sgx2 ? ENOTTY : EINVAL;
    if (argument->length == 0 || driver.has_no_sgx2) return -1;
    assert_int_equal(argument->permissions, SGX_R);
    errno = EBUSY; /* another thread asks for something */
    if (!driver.was_busy) {
        driver.was_busy = true;
        return -1;
    }
    if (!driver.restricted_size) driver.restricted_from = argument->offset;
    argument->count = SGX_PAGE; /* one by one */
    driver.restricted_size += argument->count;
    errno = EAGAIN;
    return argument->count < argument->length ? -1 : 0;
}

static int control(void *env, int file, unsigned long request, void *argument) {
    (void)env;
    assert_int_equal(file, DEVICE);
    if (fails(EIO)) return -1;
    switch (request) {
    case SGX_IOC_ENCLAVE_CREATE: return create(argument);
    case SGX_IOC_ENCLAVE_ADD_PAGES: return add_pages(argument);
    case SGX_IOC_ENCLAVE_INIT: return init(argument);
    case SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS: return restrict_pages(argument);
    default: fail_msg("a request that there is not: %lx", request); return -1;
    }
}

/* In place of the vDSO's function: the enclave comes out at once. Like it, it keeps no register
 * that it does not have to. */
static int enter_enclave(unsigned long rdi, unsigned long rsi, unsigned long rdx,
                         unsigned int function, unsigned long r8, unsigned long r9,
                         struct sgx_run *run) {
    assert_true(rdi != 0 && rsi == 0 && rdx == 0 && r8 == 0 && r9 == 0);
    assert_int_equal(function, SGX_EENTER);
    driver.entered_tcs = run->tcs;
    run->function = SGX_EEXIT;
    __asm__ volatile("" : : : "rbx", "r12", "r13", "r14", "r15");
    return 0;
}

static const void *find_enter(void *env) {
    const void *found;
    int (*function)(unsigned long, unsigned long, unsigned long, unsigned int, unsigned long,
                    unsigned long, struct sgx_run *) = enter_enclave;
    (void)env;
    memcpy(&found, &function, sizeof found);
    return found;
}

static uint64_t kept_state(void *env) {
    (void)env;
    return kept;
}

static const struct sgx_system system_double = {open_device, control, map, protect, unmap,
                                                close_device, find_enter, kept_state, NULL};

static nacre_status create_on_double(struct sgx_enclave *e, nacre_error *error) {
    return hardware_create(e, &system_double, error);
}

/* --- The tests --- */

static uint8_t *file;
static size_t file_size;

static nacre_status load(struct sgx_enclave *e, unsigned fails_at) {
    static struct sgx_loader loader;
    nacre_error error;
    loader = sgx_hardware;
    loader.create = create_on_double;
    const bool has_no_sgx2 = driver.has_no_sgx2;
    memset(&driver, 0, sizeof driver);
    driver.fails_at = fails_at;
    driver.has_no_sgx2 = has_no_sgx2;
    return sgx_load(e, &loader, file, file_size, &error);
}

static void check_released(void) {
    uint8_t unused[32];
    if (driver.is_measuring) measurement_end(&driver.measurement, unused);
    assert_int_equal(driver.open_files, 0);
    assert_int_equal(driver.mappings, 0);
}

static void test_load(void **state) {
    struct sgx_enclave e;
    struct enclave_gate gate = {0};
    (void)state;
    assert_int_equal(load(&e, 0), NACRE_OK);
    const struct enclave_config *c = e.image.config;
    assert_true(driver.is_initialised && e.has_sgx2);
    assert_memory_equal(driver.secs.mrenclave, e.image.signature->sigstruct.enclavehash, 32);
    const uint64_t heap_pages = c->heap_bytes / SGX_PAGE;
    assert_true(driver.pages > heap_pages && driver.measured_pages < driver.pages - heap_pages);
    assert_int_equal(driver.mapped_bytes,
                     driver.pages * SGX_PAGE + c->heap_max_bytes - c->heap_bytes);
    struct sgx_run run = {.tcs = sgx_tcs(&e, 3)};
    assert_true(e.loader->enter(&e, &gate, SGX_EENTER, &run));
    assert_int_equal(run.function, SGX_EEXIT);
    assert_int_equal(driver.entered_tcs, sgx_tcs(&e, 3));
    assert_true(e.loader->make_code(&e, c->heap_offset, 3 * SGX_PAGE));
    assert_int_equal(driver.restricted_from, c->heap_offset);
    assert_int_equal(driver.restricted_size, 3 * SGX_PAGE);
    assert_int_equal(driver.last_protection, PROT_READ | PROT_EXEC);
    e.loader->stop(&e);
    assert_int_equal(driver.last_protection, PROT_NONE);
    sgx_unload(&e);
    check_released();
}

/* A kernel, or a processor, that changes no pages. */
static void test_without_sgx2(void **state) {
    struct sgx_enclave e;
    (void)state;
    driver.has_no_sgx2 = true;
    assert_int_equal(load(&e, 0), NACRE_OK);
    assert_false(e.has_sgx2);
    assert_int_equal(driver.mapped_bytes, driver.pages * SGX_PAGE);
    assert_false(e.loader->make_code(&e, e.image.config->heap_offset, SGX_PAGE));
    sgx_unload(&e);
    check_released();
    driver.has_no_sgx2 = false;
}

/* A processor without AVX: it takes the enclave all the same. */
static void test_without_avx(void **state) {
    struct sgx_enclave e;
    (void)state;
    kept = SGX_XFRM_LEGACY;
    assert_int_equal(load(&e, 0), NACRE_OK);
    assert_int_equal(driver.secs.attributes.xfrm, SGX_XFRM_LEGACY);
    sgx_unload(&e);
    check_released();
    kept = UINT64_MAX;
}

/* Each call fails once. What it asks the driver for only to know whether it can is no failure. */
static void test_failures(void **state) {
    unsigned failed = 0;
    (void)state;
    for (unsigned i = 1;; i++) {
        struct sgx_enclave e;
        nacre_status status = load(&e, i);
        bool is_past = driver.calls < i;
        if (status == NACRE_OK) sgx_unload(&e);
        else failed++;
        check_released();
        if (is_past) break;
    }
    assert_true(failed > 100);
}

/* Changed after it was signed. */
static void test_changed(void **state) {
    struct sgx_enclave e;
    (void)state;
    file[0x1100] ^= 1;
    assert_int_equal(load(&e, 0), NACRE_MALFORMED);
    file[0x1100] ^= 1;
    check_released();
}

/* The kernel's own: there is a vDSO, whatever the processor. */
static void test_vdso(void **state) {
    (void)state;
    const uint8_t *found = hardware_linux.find_enter(NULL);
    if (!found) puts("this kernel's vDSO enters no enclaves");
    else assert_int_not_equal(*found, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),     cmocka_unit_test(test_without_sgx2),
        cmocka_unit_test(test_without_avx),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_changed),
        cmocka_unit_test(test_vdso),
    };
    FILE *in = ENCLAVE ? fopen(ENCLAVE, "rb") : NULL;
    if (!in) {
        puts("SKIPPED: no enclave (the environment's PROBE)");
        return 77;
    }
    fseek(in, 0, SEEK_END);
    file_size = (size_t)ftell(in);
    rewind(in);
    file = malloc(file_size);
    if (!file || fread(file, 1, file_size, in) != file_size) return 1;
    fclose(in);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(file);
    return failed;
}
