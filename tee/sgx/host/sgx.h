/* sgx.h - cores in SGX enclaves, which threads of this process enter; see host/server.h. */
#ifndef SGX_HOST_SGX_H
#define SGX_HOST_SGX_H

#include "host/server.h"

/* By the processor, else simulated; only by the processor; and always simulated. */
extern const struct server_kind sgx_kind, sgx_hardware_kind, sgx_simulated_kind;

/* `start` of both, by a loader; the functions of either end and explain what it started. */
struct sgx_loader;
nacre_status sgx_start(const struct sgx_loader *loader, const struct server_setup *setup,
                       struct server **server, nacre_error *error);
struct sgx_enclave *sgx_enclave_of(struct server *server);

/* Has this machine a processor with SGX that its system offers? */
bool sgx_is_there(void);

#endif
