/* session.c - see session.h */
#include "core/session.h"

#include "core/program.h"

/* The bytes of an order; NULL for lack of memory, or of bytes. */
static uint8_t *fetch(struct calls *calls, const struct allocator *a, uint64_t size) {
    uint8_t *bytes = size <= SIZE_MAX ? a->resize(a->context, NULL, 0, (size_t)size) : NULL;
    for (uint64_t at = 0; bytes && at < size;) {
        const struct port_span rest = {bytes + at, (size_t)(size - at)};
        size_t got = 0;
        if (calls_fetch(calls, at, &rest, 1, &got) != PORT_OK || got == 0) {
            alloc_free(a, bytes, (size_t)size, 1);
            return NULL;
        }
        at += got;
    }
    return bytes;
}

static bool run_one(struct calls *calls, const struct allocator *a, uint64_t size) {
    uint8_t outcome[OUTCOME_BYTES_MAX];
    nacre_error error = {.status = NACRE_NO_MEMORY, .offset = NACRE_NO_OFFSET,
                         .text = "no memory for the module"};
    size_t sent;
    uint8_t *bytes = size ? fetch(calls, a, size) : NULL;
    if (bytes) program_run(bytes, (size_t)size, &error);
    if (bytes) alloc_free(a, bytes, (size_t)size, 1);
    const struct port_span answer = {outcome, outcome_write(&error, outcome)};
    return calls_answer(calls, &answer, 1, &sent) == PORT_OK && sent == answer.size;
}

bool session_run(struct calls *calls, const struct allocator *allocator) {
    for (;;) {
        enum order_command command;
        uint64_t size;
        if (calls_next(calls, &command, &size) != PORT_OK) return false;
        if (command == ORDER_END) return true;
        if (!run_one(calls, allocator, size)) return false;
    }
}
