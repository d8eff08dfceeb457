/* errno_text.h - what errors are called, for people. */
#ifndef PORT_ERRNO_TEXT_H
#define PORT_ERRNO_TEXT_H

#include "port/files.h"

static inline const char *port_errno_text(enum port_errno error) {
    static const char *const texts[PORT_ERRNO_COUNT] = {
#define PORT_ERRNO(name, number, text) [number] = text,
#include "port/errno.def"
#undef PORT_ERRNO
    };
    return error < PORT_ERRNO_COUNT ? texts[error] : "unknown error";
}

#endif
