/* tee.h - cores of any kind of TEE. */
#ifndef HOST_TEE_H
#define HOST_TEE_H

#include <nacre/tee.h>

#include "host/server.h"

/* nacre_tee_open with a kind that may have no number. */
nacre_status tee_open(const struct server_kind *kind, const nacre_tee_program *granted,
                      const char *const *images, uint32_t image_count, nacre_tee **tee,
                      nacre_error *error);

#endif
