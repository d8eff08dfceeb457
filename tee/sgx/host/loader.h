/*
 * loader.h - two ways to have an enclave: by the processor, and simulated. Both take the same
 * pages and the same signature, and are entered in the same way; all else is shared.
 */
#ifndef SGX_HOST_LOADER_H
#define SGX_HOST_LOADER_H

#include "host/server.h"
#include "sgx/gate.h"

#include <nacre/status.h>

/* How an entry ended, as the kernel's struct sgx_enclave_run tells it: the same layout. */
struct sgx_run {
    uint64_t tcs;
    uint32_t function; /* SGX_EEXIT: it came out by itself; else an exception ended it */
    uint16_t vector, error_code;
    uint64_t address;
    uint64_t user_handler, user_data;
    uint8_t reserved[216];
};
_Static_assert(sizeof(struct sgx_run) == 256, "as in asm/sgx.h");

struct sgx_loader;
struct sgx_enclave {
    const struct sgx_loader *loader;
    struct enclave_image image;
    uint8_t *base;   /* its range of addresses */
    uint64_t size;
    bool has_sgx2;   /* pages can be added while it runs */
    void *state;     /* the loader's */
    struct server_times times;
};

struct sgx_loader {
    /* In this order. ECREATE; EADD and EEXTEND; EINIT. Each says in *error what was wrong. */
    nacre_status (*create)(struct sgx_enclave *e, nacre_error *error);
    nacre_status (*add)(struct sgx_enclave *e, const struct enclave_pages *pages,
                        nacre_error *error);
    nacre_status (*init)(struct sgx_enclave *e, nacre_error *error);
    /* EMODPR: pages that may be read, and no longer written, so that the enclave can make them
     * executable. False: it can't be done. */
    bool (*make_code)(struct sgx_enclave *e, uint64_t offset, uint64_t size);
    /* Nothing of it is executed any more: who is inside gets an exception. */
    void (*stop)(struct sgx_enclave *e);
    /* At any time behind create, when nobody is inside. */
    void (*destroy)(struct sgx_enclave *e);
    /* By a thread: SGX_EENTER or SGX_ERESUME. False: it can't be entered by this thread. */
    bool (*enter)(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                  struct sgx_run *run);
};

extern const struct sgx_loader sgx_hardware, sgx_simulated;

/* Makes an enclave of a file, which is read until sgx_unload. */
nacre_status sgx_load(struct sgx_enclave *e, const struct sgx_loader *loader, uint8_t *file,
                      uint64_t size, nacre_error *error);
void sgx_unload(struct sgx_enclave *e);
/* The TCS of a thread. */
uint64_t sgx_tcs(const struct sgx_enclave *e, uint32_t thread);

#endif
