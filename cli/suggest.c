/* suggest.c - see suggest.h */
#include "suggest.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* How many letters must be added, left out, changed or swapped with a neighbour. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t rows[3][SUGGESTION_LONGEST + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++) row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(changed, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b_size];
}

struct suggestion suggest_for(const char *word, size_t word_size) {
    return (struct suggestion){.word = word, .word_size = word_size, .distance = SIZE_MAX};
}

void suggest_name(struct suggestion *suggestion, const char *name, size_t size) {
    if (size > SUGGESTION_LONGEST || suggestion->word_size > SUGGESTION_LONGEST) return;
    size_t far = distance(suggestion->word, suggestion->word_size, name, size);
    /* A word that was typed to its half only. */
    if (suggestion->word_size >= 3 && size > suggestion->word_size &&
        memcmp(name, suggestion->word, suggestion->word_size) == 0)
        far = 1;
    /* Two thirds of the longer one must be right; more than that is a guess. */
    size_t longer = size > suggestion->word_size ? size : suggestion->word_size;
    if (far > longer / 3 || far >= suggestion->distance) return;
    memcpy(suggestion->text, name, size);
    suggestion->text[size] = 0;
    suggestion->best = suggestion->text;
    suggestion->distance = far;
}
