/* functions.h - the handler of every function. It finds the guest's arguments in call->args and
 * returns the guest's result. */
#ifndef WASI_FUNCTIONS_H
#define WASI_FUNCTIONS_H

#include "port/files.h"

struct wasi_call;

#define WASI_FUNCTION(name, params, results) enum port_errno wasi_##name(struct wasi_call *c);
#include "wasi/functions.def"
#undef WASI_FUNCTION

#endif
