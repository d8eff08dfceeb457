/* inspect_enclave.h - what `nacre inspect` says of an SGX enclave. */
#ifndef CLI_INSPECT_ENCLAVE_H
#define CLI_INSPECT_ENCLAVE_H

#include <stdbool.h>

/* Does the file begin as an enclave does, or another shared object? */
bool enclave_may_be(const char *path);

/* Prints what it is. Returns the exit status. */
int enclave_inspect(const char *path, bool json);

#endif
