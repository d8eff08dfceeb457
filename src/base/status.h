/* status.h - filling in a nacre_error. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/text.h"

/* Clears *error (if not NULL), sets status and offset, starts its text with `text`, and returns
 * `status`, so that a failure is one line: return error_set(e, NACRE_LIMIT, off, "..."); */
nacre_status error_set(nacre_error *error, nacre_status status, uint64_t offset,
                       const char *text);

/* The text of an error for adding to; when error is NULL, adding does nothing. */
struct text error_text(nacre_error *error);

#endif
