/* suggest.h - "did you mean ...?": the name that is nearest to a mistyped one. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *word; /* as typed */
    size_t word_size;
    const char *best; /* the nearest name so far, or NULL when none is near */
    size_t distance;
};

struct suggestion suggest_for(const char *word, size_t word_size);

/* Offers a name of `size` bytes; it is remembered if it is nearer than the others were. */
void suggest_name(struct suggestion *suggestion, const char *name, size_t size);

#endif
