/* handles.h - what the files of this port share. */
#ifndef PORT_SGX_HANDLES_H
#define PORT_SGX_HANDLES_H

#include "port/region/region.h"
#include "port/sgx/sgx.h"

extern const struct port_threads sgx_threads;
extern const struct port_seal sgx_seal;
extern struct port_code sgx_code; /* sgx_open counts the baked images */
extern const struct port_contents sgx_contents;
extern struct region sgx_heap;
nacre_status sgx_random(void *context, uint8_t *bytes, size_t size);

#endif
