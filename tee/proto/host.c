/* host.c - see host.h */
#include "proto/host.h"

void served_init(struct served *s, const struct port *port, const struct allocator *allocator,
                 const struct served_grants *grants, uint32_t files_max) {
    *s = (struct served){.port = port, .allocator = *allocator, .grants = *grants,
                         .files_max = files_max};
    s->dirs = ALLOC_ARRAY(allocator, struct served_dir, grants->dirs.count);
    for (uint32_t i = 0; s->dirs && i < grants->dirs.count; i++)
        s->dirs[i].error = port->files->open_root(port->files_context, grants->dirs.items[i].text,
                                                  &s->dirs[i].dir);
}

void served_deinit(struct served *s) {
    for (uint32_t i = 0; i < s->entry_count; i++)
        if (s->entries[i].is_open)
            s->port->files->close(s->port->files_context, s->entries[i].file);
    alloc_free(&s->allocator, s->entries, s->entry_capacity, sizeof *s->entries);
    for (uint32_t i = 0; s->dirs && i < s->grants.dirs.count; i++)
        if (s->dirs[i].error == PORT_OK)
            s->port->files->close(s->port->files_context, s->dirs[i].dir);
    ALLOC_FREE_ARRAY(&s->allocator, s->dirs, s->grants.dirs.count);
    s->entries = NULL;
    s->dirs = NULL;
    s->entry_count = s->entry_capacity = 0;
}

/* --- Open files --- */

static enum port_errno hold(struct served *s, struct served_pass *p, uint64_t number, bool forget,
                            uint64_t *file) {
    mutex_take(s->port, &s->mutex);
    struct served_entry *entry = number < s->entry_count ? &s->entries[number] : NULL;
    bool is_held = entry && entry->is_open && p->held_count < p->held_most;
    if (is_held) {
        *file = entry->file;
        p->read_only |= entry->read_only;
        p->held[p->held_count++] = (uint32_t)number;
        entry->users++;
        if (forget) entry->is_open = false;
    }
    mutex_give(s->port, &s->mutex);
    return is_held ? PORT_OK : PORT_EBADF;
}

/* The last call that uses a file which the core has closed closes it. */
static void let_go(struct served *s, uint32_t number) {
    mutex_take(s->port, &s->mutex);
    struct served_entry *entry = &s->entries[number];
    const uint64_t file = entry->file;
    bool is_last = entry->users == 1 && !entry->is_open;
    if (!is_last) entry->users--; /* else nobody takes the entry before the file is closed */
    mutex_give(s->port, &s->mutex);
    if (!is_last) return;
    s->port->files->close(s->port->files_context, file);
    mutex_take(s->port, &s->mutex);
    s->entries[number].users = 0;
    mutex_give(s->port, &s->mutex);
}

enum port_errno served_file(struct served *s, struct served_pass *p, uint64_t number,
                            uint64_t *file) {
    return hold(s, p, number, false, file);
}

enum port_errno served_changed(struct served *s, struct served_pass *p, uint64_t number,
                               uint64_t *file) {
    TRY_CALL(hold(s, p, number, false, file));
    return p->read_only ? PORT_EROFS : PORT_OK;
}

enum port_errno served_gone(struct served *s, struct served_pass *p, uint64_t number) {
    uint64_t file;
    return hold(s, p, number, true, &file);
}

/* The first entry that is free, or one more. */
static struct served_entry *free_entry(struct served *s) {
    for (uint32_t i = 0; i < s->entry_count; i++)
        if (!s->entries[i].is_open && s->entries[i].users == 0) return &s->entries[i];
    if (s->entry_count >= s->files_max ||
        !alloc_reserve(&s->allocator, (void **)&s->entries, &s->entry_capacity,
                       s->entry_count + 1, sizeof *s->entries))
        return NULL;
    return &s->entries[s->entry_count++];
}

enum port_errno served_new(struct served *s, struct served_pass *p, uint64_t file) {
    mutex_take(s->port, &s->mutex);
    struct served_entry *entry = free_entry(s);
    if (entry) {
        *entry = (struct served_entry){.file = file, .is_open = true, .read_only = p->read_only};
        served_give(p, (uint64_t)(entry - s->entries));
    }
    mutex_give(s->port, &s->mutex);
    if (entry) return PORT_OK;
    s->port->files->close(s->port->files_context, file);
    return PORT_EMFILE;
}

/* --- A call --- */

void served_answer(struct served *s, struct calls_slot *slot) {
    struct served_pass p = {.slot = slot, .held = p.few, .held_most = SERVED_FEW};
    uint32_t call = __atomic_load_n(&slot->call, __ATOMIC_ACQUIRE);
    memcpy(p.words, slot->words, sizeof p.words);
    uint32_t number = __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE);
    calls_copied();
    served_function serve = call < CALLS_COUNT ? served_functions[call] : NULL;
    enum port_errno e = serve ? serve(s, &p) : PORT_ENOSYS;
    for (uint32_t i = 0; i < p.held_count; i++) let_go(s, p.held[i]);
    alloc_free(&s->allocator, p.scratch, p.scratch_size, 1);
    if (e == PORT_OK) memcpy(slot->words, p.results, sizeof p.results);
    slot->error = (uint32_t)e;
    slot->answered = number;
}

enum port_errno served_how(const struct served_pass *p, uint32_t how) {
    const uint32_t changes = PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_EXCLUSIVE |
                             PORT_OPEN_TRUNCATE | PORT_OPEN_APPEND;
    return p->read_only && (how & changes) ? PORT_EROFS : PORT_OK;
}

/* --- Arguments --- */

uint64_t served_word(struct served_pass *p) { return *served_words(p, 1); }

const uint64_t *served_words(struct served_pass *p, uint32_t count) {
    const uint64_t *words = p->words + p->word_count;
    p->word_count += count;
    return words;
}

/* The next `size` bytes of the data. */
static enum port_errno take(struct served_pass *p, uint64_t size, uint8_t **bytes) {
    if (size > CALLS_DATA - p->data_size) return PORT_EINVAL;
    *bytes = p->slot->data + p->data_size;
    p->data_size = u32_min(calls_align(p->data_size + (uint32_t)size), CALLS_DATA);
    return PORT_OK;
}

enum port_errno served_text(struct served_pass *p, char *text, size_t most) {
    uint64_t size = served_word(p);
    uint8_t *bytes;
    if (size > most) return PORT_ENAMETOOLONG;
    TRY_CALL(take(p, size, &bytes));
    memcpy(text, bytes, (size_t)size);
    calls_copied();
    text[size] = 0;
    return strlen(text) == size ? PORT_OK : PORT_EINVAL;
}

enum port_errno served_place(struct served_pass *p, char *name) {
    TRY_CALL(served_text(p, name, PORT_NAME_MAX));
    bool is_self = name[0] == '.' && name[1] == 0;
    return is_self || calls_is_component(name, strlen(name)) ? PORT_OK : PORT_EINVAL;
}

enum port_errno served_name(struct served_pass *p, char *name) {
    TRY_CALL(served_place(p, name));
    return name[0] == '.' && name[1] == 0 ? PORT_EINVAL : PORT_OK;
}

enum port_errno served_grant(struct served_pass *p, const struct served_list *list,
                             const char **text) {
    char asked[CALLS_GRANT_MAX + 1];
    TRY_CALL(served_text(p, asked, CALLS_GRANT_MAX));
    const size_t size = strlen(asked);
    const char *found = NULL;
    bool read_only = true; /* unless it was granted twice, once with more */
    for (uint32_t i = 0; i < list->count; i++) {
        const struct served_grant *grant = &list->items[i];
        if (strlen(grant->text) != size || memcmp(grant->text, asked, size) != 0) continue;
        found = grant->text;
        read_only &= grant->read_only;
    }
    if (!found) return PORT_EACCES;
    *text = found;
    p->read_only = read_only;
    return PORT_OK;
}

enum port_errno served_stream(const struct served *s, struct served_pass *p, uint64_t word,
                              uint32_t *number) {
    if (word > 2 || !(s->grants.streams >> word & 1)) return PORT_EBADF;
    *number = (uint32_t)word;
    p->read_only = true;
    return PORT_OK;
}

enum port_errno served_bytes(struct served_pass *p, struct port_span *span) {
    uint64_t size = served_word(p);
    TRY_CALL(take(p, size, &span->bytes));
    span->size = (size_t)size;
    return PORT_OK;
}

enum port_errno served_room(struct served_pass *p, struct port_span *span) {
    uint64_t size = served_word(p);
    if (size > CALLS_DATA) return PORT_EINVAL;
    *span = (struct port_span){p->slot->data, (size_t)size};
    return PORT_OK;
}

enum port_errno served_items(struct served *s, struct served_pass *p, size_t item_size,
                             uint32_t item_words, uint32_t *count) {
    uint64_t asked = served_word(p);
    if (asked > CALLS_DATA / 8 / item_words) return PORT_EINVAL;
    *count = (uint32_t)asked;
    if (asked == 0) return PORT_OK;
    const size_t items = (size_t)asked * item_size, files = (size_t)asked + SERVED_FEW;
    p->scratch_size = items + files * sizeof *p->held;
    p->scratch = s->allocator.resize(s->allocator.context, NULL, 0, p->scratch_size);
    if (!p->scratch) {
        p->scratch_size = 0;
        return PORT_ENOMEM;
    }
    p->held = (uint32_t *)((uint8_t *)p->scratch + items); /* items are aligned to 8 */
    p->held_most = (uint32_t)files;
    memcpy(p->held, p->few, sizeof p->few);
    return PORT_OK;
}

void served_item(const struct served_pass *p, uint32_t i, uint64_t *words, uint32_t count) {
    memcpy(words, p->slot->data + (size_t)i * count * 8, (size_t)count * 8);
    calls_copied();
}

/* --- In place of the port's functions --- */

enum port_errno served_open_root(struct served *s, const char *path, uint64_t *dir) {
    const struct served_list *list = &s->grants.dirs;
    uint32_t i = 0;
    while (i < list->count && list->items[i].text != path) i++; /* served_grant gave it */
    if (!s->dirs || i == list->count) return PORT_ENOMEM;
    if (s->dirs[i].error != PORT_OK) return s->dirs[i].error;
    return s->port->files->open(s->port->files_context, s->dirs[i].dir, ".",
                                PORT_OPEN_READ | PORT_OPEN_DIRECTORY, dir);
}

enum port_errno served_standard(struct served *s, uint32_t number, uint64_t *file) {
    const struct port_files *files = s->port->files;
    struct port_stat stat;
    uint64_t stream;
    TRY_CALL(files->standard(s->port->files_context, number, &stream));
    enum port_errno e = files->file_stat(s->port->files_context, stream, &stat);
    if (e == PORT_OK && stat.type == PORT_TYPE_DIRECTORY) e = PORT_EISDIR;
    if (e == PORT_OK) *file = stream;
    else files->close(s->port->files_context, stream);
    return e;
}

enum port_errno served_poll(struct served *s, struct port_poll *items, uint32_t count,
                            uint64_t deadline_ns) {
    const uint64_t slice_ns = 100000000;
    uint64_t now, end;
    if (s->port->clock_now(s->port->context, PORT_CLOCK_MONOTONIC, &now) == NACRE_OK &&
        u64_add(now, slice_ns, &end))
        deadline_ns = u64_min(deadline_ns, end);
    return s->port->files->poll(s->port->files_context, items, count, deadline_ns);
}

/* --- Counters --- */

static enum port_errno errno_of(nacre_status status) {
    switch (status) {
    case NACRE_OK: return PORT_OK;
    case NACRE_NOT_FOUND: return PORT_ENOENT;
    case NACRE_UNSUPPORTED: return PORT_ENOTSUP;
    case NACRE_INTEGRITY: return PORT_ESTALE;
    default: return PORT_EIO;
    }
}

static void put_name(uint8_t name[16], uint64_t low, uint64_t high) {
    store_u64(name, low);
    store_u64(name + 8, high);
}

enum port_errno served_counter_read(struct served *s, uint64_t name_low, uint64_t name_high,
                                    uint64_t *value) {
    uint8_t name[16];
    if (!s->port->counter) return PORT_ENOTSUP;
    put_name(name, name_low, name_high);
    return errno_of(s->port->counter->read(s->port->context, name, value));
}

enum port_errno served_counter_advance(struct served *s, uint64_t name_low, uint64_t name_high,
                                       uint64_t from, uint64_t to) {
    uint8_t name[16];
    if (!s->port->counter) return PORT_ENOTSUP;
    put_name(name, name_low, name_high);
    return errno_of(s->port->counter->advance(s->port->context, name, from, to));
}

/* --- Results --- */

void served_give(struct served_pass *p, uint64_t word) { *served_give_words(p, 1) = word; }

uint64_t *served_give_words(struct served_pass *p, uint32_t count) {
    uint64_t *words = p->results + p->result_count;
    p->result_count += count;
    return words;
}

void served_give_item(const struct served_pass *p, uint32_t i, const uint64_t *words,
                      uint32_t count) {
    memcpy(p->slot->data + (size_t)i * count * 8, words, (size_t)count * 8);
}

void served_label(uint64_t *words, const char *name, uint32_t size) {
    memset(words, 0, 33 * sizeof *words);
    words[0] = size;
    memcpy(words + 1, name, u32_min(size, PORT_NAME_MAX));
}

enum port_errno served_errno(nacre_status status) {
    if (status == NACRE_OK) return PORT_OK;
    return status == NACRE_UNSUPPORTED ? PORT_ENOTSUP : PORT_EIO;
}
