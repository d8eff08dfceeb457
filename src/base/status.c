/* status.c - names of statuses and traps; filling in errors. See status.h, nacre/status.h. */
#include "base/status.h"

const char *nacre_status_text(nacre_status status) {
    switch (status) {
#define NACRE_STATUS(name, number, text) \
    case NACRE_##name: return text;
#include <nacre/status.def>
#undef NACRE_STATUS
    }
    return "unknown status";
}

const char *nacre_trap_text(nacre_trap trap) {
    switch (trap) {
#define NACRE_TRAP(name, number, text) \
    case NACRE_TRAP_##name: return text;
#include <nacre/trap.def>
#undef NACRE_TRAP
    }
    return "unknown trap";
}

nacre_status error_set(nacre_error *error, nacre_status status, uint64_t offset,
                       const char *text) {
    if (!error) return status;
    error->status = status;
    error->trap = NACRE_TRAP_NONE;
    error->exit_code = 0;
    error->offset = offset;
    error->frame_count = 0;
    error->frames_total = 0;
    error->text[0] = 0;
    struct text t = error_text(error);
    text_add(&t, text);
    return status;
}

struct text error_text(nacre_error *error) {
    if (!error) return (struct text){0};
    struct text t = {.at = error->text, .end = error->text + sizeof error->text};
    t.at += strlen(error->text);
    return t;
}
