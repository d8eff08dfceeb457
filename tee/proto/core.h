/*
 * core.h - the core's side of the boundary: the calls, and what their generated code stands on.
 *
 * A call takes a slot, or waits for one, so that as many threads may call at once as there are
 * slots. What comes back is checked against what was asked. A host that gives what can't be is
 * caught: the call fails with PORT_EIO, as do all later ones, and calls_caught_text says what it
 * did. Outputs of a call that failed are untouched, but for lists and bytes.
 */
#ifndef PROTO_CORE_H
#define PROTO_CORE_H

#include "proto/slot.h"

enum calls_position { CALLS_POSITION_UNKNOWN, CALLS_POSITION_NONE, CALLS_POSITION, CALLS_APPENDS };

struct calls_file {
    uint32_t is_open; /* atomic */
    uint32_t position; /* atomic, enum calls_position: has it one? */
    uint32_t is_plain; /* atomic: the host said that it is a regular file, and writes go where the
                        * core says */
    uint64_t written; /* atomic: it is at least so long, by what was written to it */
};

struct calls {
    struct calls_slot *slots; /* shared with the host */
    uint32_t slot_count;      /* at most CALLS_SLOTS_MAX */
    uint64_t taken;           /* atomic: a bit a slot */
    uint32_t number;          /* atomic: of the last call */
    const char *caught;       /* atomic: see above */
    struct calls_file files[CALLS_FILES_MAX];
    void *env;
    /* Has the host answer the call in a slot; returns when it says that it has. */
    void (*exchange)(void *env, uint32_t slot);
    /* What is done when all slots are taken: lets other threads run, or, where there is a way to
     * sleep (else NULL), sleeps while *word is `expected`, until it is woken. */
    void (*yield)(void *env);
    void (*sleep)(void *env, const uint32_t *word, uint32_t expected);
    void (*wake)(void *env, const uint32_t *word);
    uint32_t waiting, freed; /* atomic: who sleeps, or is about to; slots given back meanwhile */
};

/* What the host was caught at, e.g. "read: more than was asked for"; NULL: nothing. */
const char *calls_caught_text(const struct calls *calls);

/* Notes that it was. PORT_EIO. */
enum port_errno calls_catch(struct calls *calls, const char *text);

/* --- For generated code: a call in the making, and its reply --- */

struct calls_pass {
    struct calls *calls;
    struct calls_slot *slot;
    uint32_t index, call;
    enum port_errno error; /* PORT_OK, or why it can't be asked */
    uint64_t words[CALLS_WORDS];
    uint32_t word_count;   /* put, then got */
    uint32_t data_size;    /* put */
    uint64_t room;         /* the most that may be moved, or items that may come */
};

/* PORT_EIO: the host was caught. */
enum port_errno calls_begin(struct calls_pass *p, void *context, enum calls_call call);
/* The host's error, or why it was not asked. */
enum port_errno calls_exchange(struct calls_pass *p);
void calls_end(struct calls_pass *p);

/* Arguments. What is too long makes the exchange fail: PORT_ENAMETOOLONG, PORT_E2BIG. */
void calls_put(struct calls_pass *p, uint64_t word);
uint64_t *calls_put_words(struct calls_pass *p, uint32_t count);
void calls_put_text(struct calls_pass *p, const char *text, size_t most);
/* As much of the bytes as a slot has room for. */
void calls_put_bytes(struct calls_pass *p, const struct port_span *spans, uint32_t count);
void calls_put_list(struct calls_pass *p, uint32_t count, uint32_t item_words);
void calls_put_item(const struct calls_pass *p, uint32_t i, const uint64_t *words, uint32_t count);
/* Room for bytes, or for items, that come back: no more than a slot has. */
void calls_put_room(struct calls_pass *p, uint64_t size);
void calls_put_items(struct calls_pass *p, uint32_t count, uint32_t item_words);
uint64_t calls_total(const struct port_span *spans, uint32_t count);

/* The reply. */
uint64_t calls_get(struct calls_pass *p);
const uint64_t *calls_get_words(struct calls_pass *p, uint32_t count);
void calls_get_item(const struct calls_pass *p, uint32_t i, uint64_t *words, uint32_t count);
void calls_get_bytes(const struct calls_pass *p, const struct port_span *spans, uint32_t count,
                     size_t size);
/* A name of a directory's entry: its size, and PORT_NAME_MAX + 1 bytes. */
bool calls_is_label(const uint64_t *words, char *name, uint32_t *size);
enum port_errno calls_caught(const struct calls_pass *p, const char *text);

/* Notes that a file is open, and no longer. False: the number is not for a new one. */
bool calls_is_new(const struct calls_pass *p, uint64_t number);
void calls_forget(const struct calls_pass *p, uint64_t number);

#endif
