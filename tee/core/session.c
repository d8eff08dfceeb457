/* session.c - see session.h */
#include "core/session.h"

#include "base/status.h"
#include "core/guest.h"

struct session {
    struct calls *calls;
    struct allocator allocator;
    struct guest guest;
};

/* The bytes of an order; NULL for lack of memory, or of bytes. */
static uint8_t *fetch(const struct session *s, uint64_t size) {
    const struct allocator *a = &s->allocator;
    const uint64_t room = u64_max(size, 1);
    uint8_t *bytes = size <= SIZE_MAX ? a->resize(a->context, NULL, 0, (size_t)room) : NULL;
    for (uint64_t at = 0; bytes && at < size;) {
        const struct port_span rest = {bytes + at, (size_t)(size - at)};
        size_t got = 0;
        if (calls_fetch(s->calls, at, &rest, 1, &got) != PORT_OK || got == 0) {
            alloc_free(a, bytes, (size_t)size, 1);
            return NULL;
        }
        at += got;
    }
    return bytes;
}

/* The outcome, and the items behind it. */
static bool tell(const struct session *s, struct order_writer *answer, nacre_error *error) {
    uint8_t outcome[OUTCOME_BYTES_MAX];
    const char *caught = calls_caught_text(s->calls);
    size_t sent;
    if (error->status == NACRE_OK && answer->failed)
        error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "no memory for the answer");
    if (error->status == NACRE_OK && answer->size > CALLS_DATA - OUTCOME_BYTES_MAX)
        error_set(error, NACRE_LIMIT, NACRE_NO_OFFSET, "more than an answer can hold");
    if (caught) error_set(error, NACRE_HOST, NACRE_NO_OFFSET, caught);
    const struct port_span spans[] = {
        {outcome, outcome_write(error, outcome)},
        {answer->bytes, error->status == NACRE_OK ? answer->size : 0},
    };
    return calls_answer(s->calls, spans, 2, &sent) == PORT_OK &&
           sent == spans[0].size + spans[1].size;
}

/* The host gave what can't be an order: what it was caught at is told. False: nothing is. */
static bool tell_no_order(const struct session *s) {
    nacre_error error = {.offset = NACRE_NO_OFFSET};
    struct order_writer none;
    if (!calls_caught_text(s->calls)) return false;
    order_begin(&none, &s->allocator);
    return tell(s, &none, &error);
}

static bool carry_out(struct session *s, enum order_command command, uint64_t size) {
    nacre_error error;
    struct order_writer answer;
    (void)error_set(&error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "no memory for the order");
    order_begin(&answer, &s->allocator);
    uint8_t *bytes = fetch(s, size);
    if (bytes && !guest_do(&s->guest, command, bytes, (size_t)size, &answer, &error))
        bytes = NULL; /* the guest's now */
    bool is_told = tell(s, &answer, &error);
    order_free(&answer);
    if (bytes) alloc_free(&s->allocator, bytes, (size_t)size, 1);
    return is_told;
}

bool session_run(struct calls *calls, const struct allocator *allocator) {
    struct session s = {.calls = calls, .allocator = *allocator};
    bool ok = true, is_over = false;
    guest_init(&s.guest, allocator);
    while (ok && !is_over) {
        enum order_command command;
        uint64_t size;
        ok = calls_next(calls, &command, &size) == PORT_OK;
        is_over = !ok || command == ORDER_END;
        if (!ok) ok = tell_no_order(&s);
        else if (!is_over) ok = carry_out(&s, command, size);
    }
    guest_deinit(&s.guest);
    return ok;
}
