/* none.c - SGX, for processors that have none; see ../sgx.h */
#include "client/client.h"
#include "sgx/host/sgx.h"

static nacre_status start(const struct server_setup *setup, struct server **server,
                          nacre_error *error) {
    (void)setup;
    (void)server;
    return client_fail(error, NACRE_UNSUPPORTED, "SGX is of x86-64, and this is another machine");
}

bool sgx_is_there(void) { return false; }

const struct server_kind sgx_kind = {.start = start}, sgx_hardware_kind = {.start = start},
                         sgx_simulated_kind = {.start = start};
