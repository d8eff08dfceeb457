/*
 * late.h - an image that comes while its module runs.
 *
 * A run has moments (transcript.h) at which the host has a say. At one of them the image comes.
 * Loops that functions are in then get stuck after a few rounds instead of many (loops.h), and go
 * on in continuations. Those that were compiled before the run are there with the image, or, in
 * some runs, at the first moment after a loop got stuck. What a run lacks is compiled for the
 * next, which is the same but for that: a run does not wait for the compiler.
 */
#ifndef TESTS_FUZZ_COMPILED_LATE_H
#define TESTS_FUZZ_COMPILED_LATE_H

#include "fuzz/compiled/images.h"
#include "fuzz/outcome/transcript.h"

enum { LATE_LOOPS_MAX = 6 };

/* Inside: a function waits for the host. Again: the same call as last time, in a loop mostly. */
enum late_kind { LATE_ANY, LATE_INSIDE, LATE_AGAIN, LATE_KINDS };

struct late_moments {
    uint32_t counts[LATE_KINDS];
    uint64_t record; /* of who called the host last, and where its frame is */
    const uint64_t *fp;
};

struct late {
    const struct images *images;
    const char *image;                /* the module's */
    nacre_loop loops[LATE_LOOPS_MAX]; /* that have a continuation */
    uint32_t loop_count;

    /* One run. */
    nacre_module *module;
    struct late_moments past;
    enum late_kind kind;     /* of moments: the image comes at one of them, ... */
    uint32_t first;          /* ... behind so many others */
    uint32_t rounds;         /* until a loop is stuck */
    bool is_eager;           /* continuations come with the image */
    nacre_loop lacking;      /* a loop that was stuck, ... */
    bool is_lacking;         /* ... if one was, and it has none */
    const uint64_t *state;   /* what a continuation begins with; NULL: not known yet */
    bool has_come, has_come_inside, has_continued; /* inside: of a function that was interpreted */
    nacre_error error;       /* if it failed, with a text */
};

/* transcript_way.moment, with a struct late_moments. */
void late_count(void *env, const struct thread *thread);
/* Readies a run with a module that has no image. `choice`: any number; `moments`: of a run that is
 * interpreted. */
void late_begin(struct late *late, nacre_module *module, uint32_t choice,
                const struct late_moments *moments);
/* transcript_way.moment, with a struct late. */
void late_moment(void *env, const struct thread *thread);
/* Compiles what the run lacked: whether it did, and something came of it. */
bool late_learn(struct late *late);
/* Removes the files of continuations. */
void late_clean(const struct late *late);

#endif
