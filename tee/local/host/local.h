/* local.h - cores that are processes without privileges. */
#ifndef LOCAL_HOST_LOCAL_H
#define LOCAL_HOST_LOCAL_H

#include "host/server.h"

extern const struct server_kind local_kind;

#endif
