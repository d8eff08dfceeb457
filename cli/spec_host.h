/* spec_host.h - `spectest`, the module that conformance scripts import from. */
#ifndef CLI_SPEC_HOST_H
#define CLI_SPEC_HOST_H

#include <nacre/instance.h>

/* Defines spectest in the store. */
nacre_status spec_host_define(nacre_store *store);

#endif
