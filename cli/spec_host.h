/* spec_host.h - `spectest`, the module that conformance scripts import from. */
#ifndef CLI_SPEC_HOST_H
#define CLI_SPEC_HOST_H

#include <nacre/instance.h>

/* Defines spectest in the store. */
nacre_status spec_host_define(nacre_store *store);

/* The same as a module, for where there are no functions of ours: NULL if it does not fit. */
enum { SPEC_HOST_SIZE = 1024 };
const uint8_t *spec_host_module(uint8_t bytes[SPEC_HOST_SIZE], size_t *size);

#endif
