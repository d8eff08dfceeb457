/* suggest.h - "did you mean ...?": the name that is nearest to a mistyped one. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

enum { SUGGESTION_LONGEST = 48 };

struct suggestion {
    const char *word; /* as typed */
    size_t word_size;
    const char *best; /* the nearest name so far, which is below; or NULL when none is near */
    size_t distance;
    char text[SUGGESTION_LONGEST + 1];
};

struct suggestion suggest_for(const char *word, size_t word_size);

/* Offers a name of `size` bytes; it is kept if it is nearer than the others were. */
void suggest_name(struct suggestion *suggestion, const char *name, size_t size);

#endif
