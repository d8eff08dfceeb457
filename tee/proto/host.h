/*
 * host.h - the host's side of the boundary: what it does for a core.
 *
 * The core may be broken: whatever it asks is checked, and it reaches nothing but what it was
 * granted. It knows open files only by numbers of this table. What is below a directory that was
 * granted for reading can't be changed by any call.
 */
#ifndef PROTO_HOST_H
#define PROTO_HOST_H

#include "base/alloc.h"
#include "port/mutex.h"
#include "proto/slot.h"

/* What a core may open, by exactly this text. Directories are opened once, at the beginning: one
 * that can write where another granted one lies may put a link in its place. */
struct served_grant {
    const char *text;
    bool read_only;
};
struct served_list {
    const struct served_grant *items;
    uint32_t count;
};
struct served_grants {
    struct served_list dirs, listeners;
    uint32_t streams; /* bit n: stream n */
};

/* What the core is to do, for the calls of the same names. They may be called by any thread. */
struct served_orders {
    enum port_errno (*next)(void *env, enum order_command *command, uint64_t *size);
    enum port_errno (*fetch)(void *env, uint64_t offset, const struct port_span *spans,
                             uint32_t count, size_t *size);
    enum port_errno (*answer)(void *env, const struct port_span *spans, uint32_t count,
                              size_t *size);
    /* NULL where the core has its threads of the system. */
    enum port_errno (*start_thread)(void *env);
    enum port_errno (*sleep)(void *env, uint64_t thread, uint64_t deadline_ns);
    enum port_errno (*wake)(void *env, uint64_t thread);
    /* NULL where the core finds its images by itself. */
    enum port_errno (*image)(void *env, uint64_t index, uint64_t *size);
    enum port_errno (*read_image)(void *env, uint64_t index, uint64_t offset,
                                  const struct port_span *spans, uint32_t count, size_t *size);
    enum port_errno (*make_code)(void *env, uint64_t offset, uint64_t size);
};

/* A file that a call uses stays open until the call ends, whoever closes it meanwhile: else its
 * number in this process could be that of another file by then, which the core was not given. */
struct served_entry {
    uint64_t file;
    uint32_t users;          /* calls; the entry is free when there are none, and it is not open */
    bool is_open, read_only; /* is_open: for the core */
};

struct served_dir {
    uint64_t dir;
    enum port_errno error; /* PORT_OK: it is open */
};

struct served {
    const struct port *port; /* that does it: its files and clocks */
    struct allocator allocator;
    struct served_grants grants;
    struct served_dir *dirs; /* of grants.dirs */
    const struct served_orders *orders;
    void *orders_env;
    struct mutex mutex; /* for what follows */
    struct served_entry *entries;
    uint32_t entry_count, entry_capacity, files_max;
};

/* The texts of the grants must outlive it. At most `files_max` are open at once. Orders are for
 * the caller to set before the first call. */
void served_init(struct served *s, const struct port *port, const struct allocator *allocator,
                 const struct served_grants *grants, uint32_t files_max);
/* Closes what is open. No call is being answered. */
void served_deinit(struct served *s);

/* Does what the call in a slot asks, and puts the reply there. From any thread. */
void served_answer(struct served *s, struct calls_slot *slot);

/* --- For generated code: one call being answered --- */

enum { SERVED_FEW = 2 }; /* files of a call without a list */

struct served_pass {
    struct calls_slot *slot;
    uint64_t words[CALLS_WORDS], results[CALLS_WORDS];
    uint32_t word_count, result_count;
    uint32_t data_size;  /* taken */
    bool read_only;      /* of a file or grant that it is about */
    void *scratch;       /* of a list's items, and behind them the numbers of their files */
    size_t scratch_size;
    uint32_t few[SERVED_FEW], *held; /* numbers of files that it uses */
    uint32_t held_count, held_most;
};

typedef enum port_errno (*served_function)(struct served *s, struct served_pass *p);
extern const served_function served_functions[CALLS_COUNT];

/* Arguments. PORT_EBADF, PORT_EROFS, PORT_EINVAL for what they must not be. */
uint64_t served_word(struct served_pass *p);
const uint64_t *served_words(struct served_pass *p, uint32_t count);
enum port_errno served_file(struct served *s, struct served_pass *p, uint64_t number,
                            uint64_t *file);
enum port_errno served_changed(struct served *s, struct served_pass *p, uint64_t number,
                               uint64_t *file);
/* The core's last use of it. */
enum port_errno served_gone(struct served *s, struct served_pass *p, uint64_t number);
enum port_errno served_how(const struct served_pass *p, uint32_t how);
enum port_errno served_text(struct served_pass *p, char *text, size_t most);
enum port_errno served_name(struct served_pass *p, char *name);
enum port_errno served_place(struct served_pass *p, char *name);
/* PORT_EACCES. */
enum port_errno served_grant(struct served_pass *p, const struct served_list *list,
                             const char **text);
enum port_errno served_stream(const struct served *s, struct served_pass *p, uint64_t word,
                              uint32_t *number);
/* What takes the place of the port's functions of these names: another handle of a granted
 * directory; a stream, which is no directory, and can't be changed but by writing to its end; and
 * waiting, which ends now and then with nothing ready, so that no call waits for ever. */
enum port_errno served_open_root(struct served *s, const char *path, uint64_t *dir);
enum port_errno served_standard(struct served *s, uint32_t number, uint64_t *file);
enum port_errno served_counter_read(struct served *s, uint64_t name_low, uint64_t name_high,
                                    uint64_t *value);
enum port_errno served_counter_advance(struct served *s, uint64_t name_low, uint64_t name_high,
                                       uint64_t from, uint64_t to);
enum port_errno served_poll(struct served *s, struct port_poll *items, uint32_t count,
                            uint64_t deadline_ns);
enum port_errno served_bytes(struct served_pass *p, struct port_span *span);
enum port_errno served_room(struct served_pass *p, struct port_span *span);
/* Of so many items; PORT_ENOMEM. */
enum port_errno served_items(struct served *s, struct served_pass *p, size_t item_size,
                             uint32_t item_words, uint32_t *count);
void served_item(const struct served_pass *p, uint32_t i, uint64_t *words, uint32_t count);

/* Results. */
void served_give(struct served_pass *p, uint64_t word);
uint64_t *served_give_words(struct served_pass *p, uint32_t count);
enum port_errno served_new(struct served *s, struct served_pass *p, uint64_t file);
void served_give_item(const struct served_pass *p, uint32_t i, const uint64_t *words,
                      uint32_t count);
void served_label(uint64_t *words, const char *name, uint32_t size);
/* Of a status of the port. */
enum port_errno served_errno(nacre_status status);

#endif
