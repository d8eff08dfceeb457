/*
 * hardware.h - enclaves of a processor with SGX, by Linux's driver (/dev/sgx_enclave, since 5.11;
 * pages that are added while one runs, since 6.0) and its vDSO; see the kernel's
 * Documentation/arch/x86/sgx.rst and asm/sgx.h.
 *
 * It has been run against a recording double of the driver, and never on such a processor.
 */
#ifndef SGX_HOST_HARDWARE_HARDWARE_H
#define SGX_HOST_HARDWARE_HARDWARE_H

#include "sgx/host/loader.h"

/* The system, as far as the loader uses it: each returns what the system call does, or -1 and
 * errno. */
struct sgx_system {
    int (*open_device)(void *env);
    int (*control)(void *env, int file, unsigned long request, void *argument);
    /* `file` -1: addresses that nothing stands at yet. At: where; NULL: anywhere. */
    void *(*map)(void *env, void *at, uint64_t size, int protection, int file, uint64_t offset);
    int (*protect)(void *env, void *at, uint64_t size, int protection);
    int (*unmap)(void *env, void *at, uint64_t size);
    int (*close_device)(void *env, int file);
    /* The vDSO's function; NULL: there is none. */
    const void *(*find_enter)(void *env);
    /* XCR0: which registers it keeps. */
    uint64_t (*kept_state)(void *env);
    void *env;
};

/* create of a struct sgx_loader, on a system; the loader's other functions are sgx_hardware's. */
nacre_status hardware_create(struct sgx_enclave *e, const struct sgx_system *system,
                             nacre_error *error);

extern const struct sgx_system hardware_linux;

/* enter.S: calls the vDSO's function `enter`, which keeps fewer registers than C wants. */
int hardware_enter(const void *enter, struct enclave_gate *gate, uint32_t function,
                   struct sgx_run *run);

#endif
