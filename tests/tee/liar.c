/*
 * liar.c - a command whose side of the boundary lies: linked in place of served_answer, it answers
 * and then changes what the variable LIE says. tests/tee/lies.sh says what a core must make of it.
 */
#include <stdlib.h>

#include "proto/host.h"

enum what { ERROR, NUMBER, WORD };

static const struct lie {
    uint32_t call; /* whose reply is changed */
    enum what what;
    uint32_t word;
    uint64_t value; /* what is added to a number, or stands there instead */
} lies[] = {
    {CALLS_WRITE, NUMBER, 0, 1},          {CALLS_WRITE, ERROR, 0, 1000},
    {CALLS_WRITE, WORD, 0, UINT64_MAX},   {CALLS_STANDARD, WORD, 0, UINT64_MAX},
    {CALLS_FILE_STAT, NUMBER, 0, 77},     {CALLS_NEXT, WORD, 0, 1000},
    {CALLS_NEXT, WORD, 1, UINT64_MAX},    {CALLS_FETCH, WORD, 0, UINT64_MAX},
};

void __real_served_answer(struct served *s, struct calls_slot *slot);
void __wrap_served_answer(struct served *s, struct calls_slot *slot);
void __wrap_served_answer(struct served *s, struct calls_slot *slot) {
    const char *number = getenv("LIE");
    const struct lie *lie = number ? &lies[strtoul(number, NULL, 10)] : NULL;
    const uint32_t call = slot->call;
    __real_served_answer(s, slot);
    if (!lie || lie->call != call) return;
    if (lie->what == NUMBER) slot->answered += (uint32_t)lie->value;
    if (lie->what == ERROR) slot->error = (uint32_t)lie->value;
    if (lie->what == WORD) slot->words[lie->word] = lie->value;
}
