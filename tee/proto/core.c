/* core.c - see core.h */
#include "proto/core.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)

const char *calls_caught_text(const struct calls *calls) { return LOAD(calls->caught); }

enum port_errno calls_catch(struct calls *calls, const char *text) {
    const char *nothing = NULL;
    __atomic_compare_exchange_n(&calls->caught, &nothing, text, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    return PORT_EIO;
}

enum port_errno calls_caught(const struct calls_pass *p, const char *text) {
    return calls_catch(p->calls, text);
}

/* --- Slots --- */

static uint64_t all_slots(const struct calls *calls) {
    return calls->slot_count == 64 ? UINT64_MAX : (UINT64_C(1) << calls->slot_count) - 1;
}

static bool take_slot(struct calls *calls, uint32_t *index) {
    const uint64_t all = all_slots(calls);
    uint64_t taken = LOAD(calls->taken);
    do {
        if ((taken & all) == all) return false;
        *index = (uint32_t)__builtin_ctzll(~taken);
    } while (!__atomic_compare_exchange_n(&calls->taken, &taken, taken | UINT64_C(1) << *index,
                                          false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return true;
}

/* It may return with none that is free. */
static void wait_for_slot(struct calls *calls) {
    if (!calls->sleep) {
        calls->yield(calls->env);
        return;
    }
    /* Who gives one back then looks for who waits; who waits says so, then looks once more. */
    __atomic_fetch_add(&calls->waiting, 1, __ATOMIC_SEQ_CST);
    uint32_t freed = __atomic_load_n(&calls->freed, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&calls->taken, __ATOMIC_SEQ_CST) == all_slots(calls))
        calls->sleep(calls->env, &calls->freed, freed);
    __atomic_fetch_sub(&calls->waiting, 1, __ATOMIC_SEQ_CST);
}

enum port_errno calls_begin(struct calls_pass *p, void *context, enum calls_call call) {
    struct calls *calls = context;
    uint32_t index;
    /* What became of it is told all the same. */
    if (calls_caught_text(calls) && call != CALLS_ANSWER) return PORT_EIO;
    while (!take_slot(calls, &index)) wait_for_slot(calls);
    p->calls = calls;
    p->slot = &calls->slots[index];
    p->index = index;
    p->call = call;
    p->error = PORT_OK;
    p->word_count = p->data_size = 0;
    p->room = 0;
    return PORT_OK;
}

void calls_end(struct calls_pass *p) {
    struct calls *calls = p->calls;
    __atomic_fetch_and(&calls->taken, ~(UINT64_C(1) << p->index), __ATOMIC_SEQ_CST);
    if (!calls->wake || __atomic_load_n(&calls->waiting, __ATOMIC_SEQ_CST) == 0) return;
    __atomic_fetch_add(&calls->freed, 1, __ATOMIC_SEQ_CST);
    calls->wake(calls->env, &calls->freed);
}

enum port_errno calls_exchange(struct calls_pass *p) {
    struct calls_slot *slot = p->slot;
    if (p->error != PORT_OK) return p->error;
    uint32_t number = __atomic_add_fetch(&p->calls->number, 1, __ATOMIC_RELAXED);
    slot->call = p->call;
    slot->number = number;
    memcpy(slot->words, p->words, p->word_count * sizeof *p->words);
    p->calls->exchange(p->calls->env, p->index);
    uint32_t answered = LOAD(slot->answered), error = LOAD(slot->error);
    memcpy(p->words, slot->words, sizeof p->words);
    calls_copied();
    p->word_count = 0;
    if (answered != number) return calls_caught(p, "a reply to another call");
    if (error >= PORT_ERRNO_COUNT) return calls_caught(p, "a reply with an unknown error");
    return (enum port_errno)error;
}

/* --- Open files --- */

bool calls_is_new(const struct calls_pass *p, uint64_t number) {
    if (number >= CALLS_FILES_MAX) return false;
    struct calls_file *file = &p->calls->files[number];
    if (__atomic_exchange_n(&file->is_open, 1, __ATOMIC_ACQ_REL)) return false;
    __atomic_store_n(&file->position, CALLS_POSITION_UNKNOWN, __ATOMIC_RELEASE);
    __atomic_store_n(&file->is_plain, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&file->written, 0, __ATOMIC_RELEASE);
    return true;
}

/* Before the host hears of it, which may give the number away at once. */
void calls_forget(const struct calls_pass *p, uint64_t number) {
    if (number < CALLS_FILES_MAX)
        __atomic_store_n(&p->calls->files[number].is_open, 0, __ATOMIC_RELEASE);
}

/* --- Arguments --- */

static void too_long(struct calls_pass *p, enum port_errno error) {
    if (p->error == PORT_OK) p->error = error;
}

void calls_put(struct calls_pass *p, uint64_t word) { *calls_put_words(p, 1) = word; }

uint64_t *calls_put_words(struct calls_pass *p, uint32_t count) {
    uint64_t *words = p->words + p->word_count;
    p->word_count += count;
    return words;
}

void calls_put_text(struct calls_pass *p, const char *text, size_t most) {
    size_t size = strlen(text);
    if (size > most || size > CALLS_DATA - p->data_size) {
        too_long(p, PORT_ENAMETOOLONG);
        size = 0;
    }
    calls_put(p, size);
    memcpy(p->slot->data + p->data_size, text, size);
    p->data_size = calls_align(p->data_size + (uint32_t)size);
}

uint64_t calls_total(const struct port_span *spans, uint32_t count) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < count; i++) total += spans[i].size;
    return total;
}

void calls_put_bytes(struct calls_pass *p, const struct port_span *spans, uint32_t count) {
    uint8_t *to = p->slot->data + p->data_size;
    size_t left = CALLS_DATA - p->data_size, size = 0;
    for (uint32_t i = 0; i < count && left > 0; i++) {
        size_t part = spans[i].size < left ? spans[i].size : left;
        if (part) memcpy(to + size, spans[i].bytes, part);
        size += part;
        left -= part;
    }
    p->room = size;
    p->data_size = calls_align(p->data_size + (uint32_t)size);
    calls_put(p, size);
}

void calls_put_room(struct calls_pass *p, uint64_t size) {
    p->room = u64_min(size, CALLS_DATA);
    calls_put(p, p->room);
}

void calls_put_items(struct calls_pass *p, uint32_t count, uint32_t item_words) {
    p->room = u32_min(count, CALLS_DATA / 8 / item_words);
    calls_put(p, p->room);
}

void calls_put_list(struct calls_pass *p, uint32_t count, uint32_t item_words) {
    if (count > (CALLS_DATA - p->data_size) / 8 / item_words) too_long(p, PORT_E2BIG);
    else p->data_size += count * item_words * 8; /* items begin at 0: no text is before them */
    calls_put(p, count);
}

void calls_put_item(const struct calls_pass *p, uint32_t i, const uint64_t *words,
                    uint32_t count) {
    memcpy(p->slot->data + (size_t)i * count * 8, words, (size_t)count * 8);
}

/* --- Replies --- */

uint64_t calls_get(struct calls_pass *p) { return *calls_get_words(p, 1); }

const uint64_t *calls_get_words(struct calls_pass *p, uint32_t count) {
    const uint64_t *words = p->words + p->word_count;
    p->word_count += count;
    return words;
}

void calls_get_item(const struct calls_pass *p, uint32_t i, uint64_t *words, uint32_t count) {
    memcpy(words, p->slot->data + (size_t)i * count * 8, (size_t)count * 8);
    calls_copied();
}

void calls_get_bytes(const struct calls_pass *p, const struct port_span *spans, uint32_t count,
                     size_t size) {
    const uint8_t *from = p->slot->data;
    for (uint32_t i = 0; i < count && size > 0; i++) {
        size_t part = spans[i].size < size ? spans[i].size : size;
        if (part) memcpy(spans[i].bytes, from, part);
        from += part;
        size -= part;
    }
}

bool calls_is_label(const uint64_t *words, char *name, uint32_t *size) {
    const char *text = (const char *)(words + 1);
    if (words[0] > PORT_NAME_MAX || !calls_is_component(text, (size_t)words[0])) return false;
    memcpy(name, text, (size_t)words[0]);
    *size = (uint32_t)words[0];
    return true;
}
