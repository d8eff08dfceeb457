/* report.c - filling in errors with text that is put together, and names; see client.h */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sys/random.h>

#include "client/client.h"

nacre_status client_fail(nacre_error *error, nacre_status status, const char *format, ...) {
    if (!error) return status;
    *error = (nacre_error){.status = status, .offset = NACRE_NO_OFFSET};
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return status;
}

nacre_status client_fail_io(nacre_error *error, const char *what, int number) {
    char text[128];
    return client_fail(error, NACRE_IO, "%s: %s", what, strerror_r(number, text, sizeof text));
}

bool client_temporary_name(const char *name, char *text, size_t size) {
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) return false;
    return (size_t)snprintf(text, size, "%s.%016llx.tmp", name, (unsigned long long)number) < size;
}
