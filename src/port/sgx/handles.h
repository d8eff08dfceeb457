/* handles.h - what the files of this port share. */
#ifndef PORT_SGX_HANDLES_H
#define PORT_SGX_HANDLES_H

#include "port/region/region.h"
#include "port/sgx/sgx.h"

extern const struct port_threads sgx_threads;
extern const struct port_seal sgx_seal;
struct enclave_config;
extern struct port_code sgx_code;
void sgx_code_open(const struct enclave_config *config);
extern const struct port_contents sgx_contents;
extern struct region sgx_heap;
nacre_status sgx_random(void *context, uint8_t *bytes, size_t size);

#endif
