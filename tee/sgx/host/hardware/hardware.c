/* hardware.c - see hardware.h */
#define _GNU_SOURCE 1
#include <asm/sgx.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client/client.h"
#include "sgx/host/hardware/hardware.h"
#include "sgx/sign/sigstruct.h"

/* What is handed to the driver at once, from a buffer that it may read: it takes no bytes from a
 * file of a file system without executables. */
enum { PART_BYTES = 1 << 20 };

struct hardware {
    const struct sgx_system *system;
    int file;
    uint8_t *reserved; /* the addresses that `base` was cut out of */
    uint64_t reserved_size;
    uint8_t *part, *zeros;
    const void *enter;
};

static void destroy(struct sgx_enclave *e) {
    struct hardware *h = e->state;
    const struct sgx_system *y = h->system;
    if (h->reserved) (void)y->unmap(y->env, h->reserved, h->reserved_size);
    if (h->part) (void)y->unmap(y->env, h->part, PART_BYTES);
    if (h->zeros) (void)y->unmap(y->env, h->zeros, PART_BYTES);
    if (h->file >= 0) (void)y->close_device(y->env, h->file);
    free(h);
    e->state = NULL;
}

/* Is the same to be asked again? A signal came, a page is on its way, or another thread's request
 * is. */
static bool is_passing(int number) {
    return number == EINTR || number == EAGAIN || number == EBUSY;
}

/* --- ECREATE --- */

static nacre_status failed(nacre_error *error, const char *what) {
    return client_fail(error, NACRE_IO, "the SGX driver: %s: %s", what, strerror(errno));
}

static bool map_all(struct hardware *h, struct sgx_enclave *e) {
    const struct sgx_system *y = h->system;
    const int rw = PROT_READ | PROT_WRITE;
    h->reserved_size = 2 * e->size;
    void *at = y->map(y->env, NULL, h->reserved_size, PROT_NONE, -1, 0);
    if (at == MAP_FAILED) return false;
    h->reserved = at;
    e->base = (uint8_t *)(((uintptr_t)at + e->size - 1) / e->size * e->size);
    void *part = y->map(y->env, NULL, PART_BYTES, rw, -1, 0);
    void *zeros = y->map(y->env, NULL, PART_BYTES, rw, -1, 0);
    h->part = part == MAP_FAILED ? NULL : part;
    h->zeros = zeros == MAP_FAILED ? NULL : zeros;
    return h->part && h->zeros;
}

static nacre_status create_on(struct hardware *h, struct sgx_enclave *e, nacre_error *error) {
    static const uint8_t unmeasured[32];
    const struct sgx_system *y = h->system;
    struct sgx_secs secs __attribute__((aligned(SGX_PAGE)));
    h->file = y->open_device(y->env);
    if (h->file < 0)
        return client_fail(error, NACRE_UNSUPPORTED, "SGX needs /dev/sgx_enclave: %s",
                           strerror(errno));
    h->enter = y->find_enter(y->env);
    if (!h->enter)
        return client_fail(error, NACRE_UNSUPPORTED,
                           "the kernel's vDSO enters no enclaves: Linux 5.11 or later is needed");
    if (!map_all(h, e))
        return client_fail(error, NACRE_NO_MEMORY, "no addresses for an enclave of %llu MiB",
                           (unsigned long long)(e->size >> 20));
    sigstruct_secs(&e->image.signature->sigstruct, unmeasured, &secs);
    /* ECREATE takes no others; EINIT sees to those that the signer insists on. */
    secs.attributes.xfrm &= y->kept_state(y->env);
    secs.size = e->size;
    secs.baseaddr = (uint64_t)e->base;
    secs.ssaframesize = SGX_SSA_PAGES;
    struct sgx_enclave_create argument = {.src = (uint64_t)&secs};
    if (y->control(y->env, h->file, SGX_IOC_ENCLAVE_CREATE, &argument))
        return failed(error, "no enclave can be created");
    return NACRE_OK;
}

nacre_status hardware_create(struct sgx_enclave *e, const struct sgx_system *system,
                             nacre_error *error) {
    struct hardware *h = calloc(1, sizeof *h);
    if (!h) return client_fail(error, NACRE_NO_MEMORY, "no memory for an enclave");
    *h = (struct hardware){.system = system, .file = -1};
    e->state = h;
    nacre_status status = create_on(h, e, error);
    if (status != NACRE_OK) destroy(e);
    return status;
}

static nacre_status create(struct sgx_enclave *e, nacre_error *error) {
    return hardware_create(e, &hardware_linux, error);
}

/* --- EADD, EEXTEND --- */

/* The driver may take fewer pages than it was given, when a signal comes. */
static nacre_status add_part(const struct hardware *h, struct sgx_enclave_add_pages *argument,
                             nacre_error *error) {
    const struct sgx_system *y = h->system;
    while (argument->length) {
        argument->count = 0;
        int result = y->control(y->env, h->file, SGX_IOC_ENCLAVE_ADD_PAGES, argument);
        if (result && !is_passing(errno)) return failed(error, "pages can't be added");
        if (argument->count > argument->length || argument->count % SGX_PAGE)
            return client_fail(error, NACRE_IO, "the SGX driver: it added more than it was asked");
        argument->src += argument->count;
        argument->offset += argument->count;
        argument->length -= argument->count;
    }
    return NACRE_OK;
}

static int protection_of(uint64_t secinfo) {
    if (secinfo & SGX_TCS) return PROT_READ | PROT_WRITE;
    return (secinfo & SGX_R ? PROT_READ : 0) | (secinfo & SGX_W ? PROT_WRITE : 0) |
           (secinfo & SGX_X ? PROT_EXEC : 0);
}

static nacre_status add(struct sgx_enclave *e, const struct enclave_pages *pages,
                        nacre_error *error) {
    const struct hardware *h = e->state;
    const struct sgx_system *y = h->system;
    const struct sgx_secinfo secinfo = {.flags = pages->secinfo};
    const uint64_t all = pages->count * SGX_PAGE;
    for (uint64_t at = 0; at < all; at += PART_BYTES) {
        const uint64_t size = u64_min(all - at, PART_BYTES);
        if (pages->bytes) memcpy(h->part, pages->bytes + at, size);
        struct sgx_enclave_add_pages argument = {
            .src = (uint64_t)(pages->bytes ? h->part : h->zeros), .offset = pages->offset + at,
            .length = size, .secinfo = (uint64_t)&secinfo,
            .flags = pages->is_measured ? SGX_PAGE_MEASURE : 0};
        TRY(add_part(h, &argument, error));
    }
    if (y->map(y->env, e->base + pages->offset, all, protection_of(pages->secinfo), h->file,
               0) == MAP_FAILED)
        return failed(error, "its pages can't be mapped");
    return NACRE_OK;
}

/* --- EINIT --- */

/* The driver knows the request from Linux 6.0 on, and it refuses no pages at all. */
static bool can_change_pages(const struct hardware *h) {
    const struct sgx_system *y = h->system;
    struct sgx_enclave_restrict_permissions nothing = {0};
    return y->control(y->env, h->file, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &nothing) == 0 ||
           (errno != ENOTTY && errno != ENODEV);
}

static nacre_status init(struct sgx_enclave *e, nacre_error *error) {
    const struct hardware *h = e->state;
    const struct sgx_system *y = h->system;
    const struct enclave_config *c = e->image.config;
    struct sgx_enclave_init argument = {.sigstruct = (uint64_t)&e->image.signature->sigstruct};
    int result;
    do result = y->control(y->env, h->file, SGX_IOC_ENCLAVE_INIT, &argument);
    while (result < 0 && is_passing(errno));
    if (result > 0 || (result < 0 && errno == EPERM))
        return client_fail(error, NACRE_MALFORMED,
                           "the processor does not take the enclave's signature");
    if (result) return failed(error, "the enclave can't be initialised");
    const uint64_t more = c->heap_max_bytes - c->heap_bytes;
    e->has_sgx2 = more && can_change_pages(h);
    if (e->has_sgx2 &&
        y->map(y->env, e->base + c->heap_offset + c->heap_bytes, more, PROT_READ | PROT_WRITE,
               h->file, 0) == MAP_FAILED)
        return failed(error, "the rest of its heap can't be mapped");
    return NACRE_OK;
}

/* --- While it runs --- */

static bool make_code(struct sgx_enclave *e, uint64_t offset, uint64_t size) {
    const struct hardware *h = e->state;
    const struct sgx_system *y = h->system;
    for (uint64_t at = 0; at < size;) {
        struct sgx_enclave_restrict_permissions argument = {
            .offset = offset + at, .length = size - at, .permissions = SGX_R};
        int result =
            y->control(y->env, h->file, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &argument);
        if (argument.count > size - at || argument.count % SGX_PAGE) return false;
        if (result && !is_passing(errno)) return false;
        at += argument.count;
    }
    return y->protect(y->env, e->base + offset, size, PROT_READ | PROT_EXEC) == 0;
}

/* Nobody can go on at an address that is not mapped so. */
static void stop(struct sgx_enclave *e) {
    const struct hardware *h = e->state;
    (void)h->system->protect(h->system->env, e->base, e->size, PROT_NONE);
}

static bool enter(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                  struct sgx_run *run) {
    const struct hardware *h = e->state;
    return hardware_enter(h->enter, gate, function, run) == 0;
}

const struct sgx_loader sgx_hardware = {create, add, init, make_code, stop, destroy, enter};
