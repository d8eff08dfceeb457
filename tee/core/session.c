/* session.c - see session.h */
#include "core/session.h"

#include "base/status.h"
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

static bool tell(struct calls *calls, nacre_error *error) {
    uint8_t outcome[OUTCOME_BYTES_MAX];
    const char *caught = calls_caught_text(calls);
    size_t sent;
    if (caught) error_set(error, NACRE_HOST, NACRE_NO_OFFSET, caught);
    const struct port_span answer = {outcome, outcome_write(error, outcome)};
    return calls_answer(calls, &answer, 1, &sent) == PORT_OK && sent == answer.size;
}

/* The outcome is told before the program's threads are waited for: they may wait for input. */
static bool run_one(struct calls *calls, const struct allocator *a, uint64_t size) {
    nacre_error error = {.status = NACRE_NO_MEMORY, .offset = NACRE_NO_OFFSET,
                         .text = "no memory for the module"};
    uint8_t *bytes = size ? fetch(calls, a, size) : NULL;
    struct program *program = bytes ? program_run(bytes, (size_t)size, &error) : NULL;
    bool is_told = tell(calls, &error);
    program_end(program);
    if (bytes) alloc_free(a, bytes, (size_t)size, 1);
    return is_told;
}

bool session_run(struct calls *calls, const struct allocator *allocator) {
    for (;;) {
        enum order_command command;
        uint64_t size;
        nacre_error none = {.offset = NACRE_NO_OFFSET};
        if (calls_next(calls, &command, &size) != PORT_OK)
            return calls_caught_text(calls) && tell(calls, &none);
        if (command == ORDER_END) return true;
        if (!run_one(calls, allocator, size)) return false;
    }
}
