/* late.c - see late.h */
#include "fuzz/compiled/late.h"

#include <stdio.h>
#include <unistd.h>

#include "exec/frames.h"
#include "exec/loops.h"

enum { PATH_BYTES = 4096, STATE_SLOTS = 64 };
static const uint64_t unused = 0xA5A5A5A5A5A5A5A5; /* what no continuation should begin with */

static void path_of(const struct late *late, uint32_t loop, char path[PATH_BYTES]) {
    snprintf(path, PATH_BYTES, "%s/loop-%u", late->images->folder, loop);
}

/* Does a function that is interpreted wait for the host? */
static bool is_inside(const struct thread *thread) {
    return thread->hosts && (int32_t)(uint32_t)thread->hosts->record >= 0;
}

void late_count(void *env, const struct thread *thread) {
    struct late_moments *moments = env;
    const struct host_frame *host = thread->hosts;
    moments->counts[LATE_ANY]++;
    if (!is_inside(thread)) return;
    moments->counts[LATE_INSIDE]++;
    moments->counts[LATE_AGAIN] += host->record == moments->record && host->fp == moments->fp;
    moments->record = host->record;
    moments->fp = host->fp;
}

void late_begin(struct late *late, nacre_module *module, uint32_t choice,
                const struct late_moments *moments) {
    late->module = module;
    late->past = (struct late_moments){0};
    late->kind = choice & 7 ? LATE_AGAIN : choice & 8 ? LATE_INSIDE : LATE_ANY;
    while (moments->counts[late->kind] == 0) late->kind--;
    late->first = (choice >> 4) % moments->counts[late->kind];
    choice = way_mix(choice, late->first);
    late->rounds = choice & 1 ? 0 : choice >> 1 & 3;
    late->is_eager = choice >> 3 & 3;
    late->is_lacking = late->has_come = late->has_come_inside = late->has_continued = false;
    late->state = NULL;
}

/* --- Was there a continuation that ran? --- */

static void mark_state(struct late *late, const struct thread *thread) {
    if (late->state || !thread->native_base) return;
    uint64_t *state = thread->image.values + IMAGE_STATE_SLOT;
    for (uint32_t i = 0; i < STATE_SLOTS; i++) state[i] = unused;
    late->state = state;
}

static bool is_marked(const struct late *late) {
    for (uint32_t i = 0; i < STATE_SLOTS; i++)
        if (late->state[i] != unused) return false;
    return true;
}

/* --- Loops --- */

/* Has it be stuck after that many rounds. */
static void hurry(const struct late *late) {
    struct code_loops *loops = &late->module->code.loops;
    for (uint32_t i = 0; i < loops->count; i++)
        loops->list[i].visits = LOOPS_VISITS - 1 - late->rounds;
}

static void give(struct late *late, uint32_t n) {
    char path[PATH_BYTES];
    path_of(late, n, path);
    if (nacre_module_continue(late->module, &late->loops[n], path, NULL, &late->error) == NACRE_OK)
        hurry(late);
}

/* Has the loop be stuck now, if the module runs it, and go on. */
static void give_at_once(struct late *late, uint32_t n) {
    struct code_module *module = &late->module->code;
    for (uint32_t i = 0; i < module->loops.count; i++) {
        struct code_loop *loop = &module->loops.list[i];
        if (loop->func != late->loops[n].function || loop->offset != late->loops[n].offset)
            continue;
        loop->visits = LOOPS_VISITS - 1;
        loops_count(module, loop);
        give(late, n);
    }
}

static void look_for_stuck(struct late *late) {
    if (!nacre_module_stuck(late->module, &late->lacking)) return;
    for (uint32_t i = 0; i < late->loop_count; i++)
        if (memcmp(&late->loops[i], &late->lacking, sizeof late->lacking) == 0) {
            give(late, i);
            return;
        }
    late->is_lacking = true;
}

/* --- Moments --- */

static void bring(struct late *late, const struct thread *thread) {
    late->has_come = true;
    late->has_come_inside = is_inside(thread);
    if (nacre_module_use_image(late->module, late->image, NULL, &late->error) != NACRE_OK) return;
    mark_state(late, thread);
    hurry(late);
    for (uint32_t i = 0; late->is_eager && i < late->loop_count; i++) give_at_once(late, i);
}

void late_moment(void *env, const struct thread *thread) {
    struct late *late = env;
    const uint32_t *passed = &late->past.counts[late->kind];
    uint32_t before = *passed;
    late_count(&late->past, thread);
    if (late->state && !is_marked(late)) late->has_continued = true;
    if (late->has_come) look_for_stuck(late);
    else if (before == late->first && *passed > before) bring(late, thread);
}

bool late_learn(struct late *late) {
    char path[PATH_BYTES];
    if (!late->is_lacking || late->loop_count == LATE_LOOPS_MAX) return false;
    path_of(late, late->loop_count, path);
    if (images_compile(late->images, &late->lacking, path, &late->error) != NACRE_OK) return false;
    late->loops[late->loop_count++] = late->lacking;
    return true;
}

void late_clean(const struct late *late) {
    char path[PATH_BYTES];
    for (uint32_t i = 0; i < late->loop_count; i++) {
        path_of(late, i, path);
        unlink(path);
    }
}
