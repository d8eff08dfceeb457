/* pfs.c - implements nacre/pfs.h over src/pfs */
#include <nacre/pfs.h>

#include "api/api.h"
#include "base/status.h"
#include "crypto/crypto.h"
#include "crypto/hpke.h"
#include "pfs/key_text.h"
#include "pfs/pfs.h"
#include "port/errno_text.h"

struct nacre_pfs {
    struct allocator allocator;
    struct pfs *pfs;
    uint64_t root; /* the first directory */
};

enum { PIECE_BYTES = 1 << 17 };

/* --- Keys --- */

_Static_assert((int)NACRE_PFS_KEY == (int)PFS_KEY_FILE &&
                   (int)NACRE_PFS_PASSPHRASE == (int)PFS_KEY_PASSPHRASE &&
                   (int)NACRE_PFS_SEALED == (int)PFS_KEY_SEALED &&
                   (int)NACRE_PFS_RECIPIENT == (int)PFS_KEY_RECIPIENT &&
                   (int)NACRE_PFS_SECRET == (int)PFS_KEY_SECRET &&
                   (int)NACRE_PFS_MODULE == (int)PFS_IDENTITY_MODULE &&
                   (int)NACRE_PFS_SIGNER == (int)PFS_IDENTITY_SIGNER &&
                   (int)NACRE_PFS_SLOTS == (int)PFS_SLOTS,
               "the same numbers");

struct pfs_key api_pfs_key(const nacre_pfs_key *key) {
    return (struct pfs_key){
        .kind = (enum pfs_key_kind)key->kind,
        .bytes = key->bytes,
        .size = key->size,
        .identities = {[PFS_IDENTITY_MODULE] = key->identity,
                       [PFS_IDENTITY_SIGNER] = key->signer_key},
        .seal_for = (enum pfs_identity)key->seal_for,
        .seal_to = key->seal_to_signer ? PORT_SEAL_TO_SIGNER : PORT_SEAL_TO_PROGRAM};
}

size_t nacre_pfs_key_format(nacre_pfs_key_kind kind, const uint8_t key[32],
                            char text[NACRE_PFS_KEY_TEXT]) {
    return key_text_write(text, (enum pfs_key_kind)kind, key);
}

nacre_status nacre_pfs_key_parse(const char *text, size_t size, nacre_pfs_key_kind *kind,
                                 uint8_t key[32]) {
    enum pfs_key_kind read;
    TRY(key_text_read(text, size, &read, key));
    *kind = (nacre_pfs_key_kind)read;
    return NACRE_OK;
}

void nacre_pfs_key_public(const uint8_t secret[32], uint8_t recipient[32]) {
    hpke_public_key(secret, recipient);
}

void nacre_pfs_get_slots(const nacre_pfs *pfs, nacre_pfs_slots *slots) {
    struct pfs_header header;
    pfs_get_header(pfs->pfs, &header);
    for (uint32_t i = 0; i < NACRE_PFS_SLOTS; i++)
        slots->kinds[i] = (nacre_pfs_key_kind)header.slots[i];
    slots->opened = header.opened;
    slots->is_unfinished = header.is_unfinished;
}

nacre_status nacre_pfs_identify(const nacre_module *const *modules, uint32_t count,
                                uint8_t identity[32]) {
    struct crypto_sha256_stream stream;
    uint8_t digest[32];
    if (count == 1) {
        nacre_module_sha256(modules[0], identity);
        return NACRE_OK;
    }
    TRY(crypto_sha256_begin(&stream));
    for (uint32_t i = 0; i < count; i++) {
        nacre_module_sha256(modules[i], digest);
        crypto_sha256_add(&stream, digest, sizeof digest);
    }
    crypto_sha256_end(&stream, identity);
    return NACRE_OK;
}

/* Keys as they are inside; more than a volume can have are cut. */
static uint32_t convert(const nacre_pfs_key *keys, uint32_t count, struct pfs_key *inside) {
    count = u32_min(count, NACRE_PFS_SLOTS + 1);
    for (uint32_t i = 0; i < count; i++) inside[i] = api_pfs_key(&keys[i]);
    return count;
}

nacre_status nacre_pfs_rekey(nacre_pfs *pfs, uint32_t dropped, const nacre_pfs_key *added,
                             uint32_t count, nacre_error *error) {
    struct pfs_key inside[NACRE_PFS_SLOTS + 1];
    count = convert(added, count, inside);
    return pfs_rekey(pfs->pfs, dropped, inside, count, error);
}

nacre_status nacre_pfs_replace_key(nacre_pfs *pfs, const nacre_pfs_key *keys, uint32_t count,
                                   nacre_error *error) {
    struct pfs_key inside[NACRE_PFS_SLOTS + 1];
    count = convert(keys, count, inside);
    return pfs_replace_key(pfs->pfs, inside, count, error);
}

/* --- Volumes --- */

nacre_status nacre_pfs_create(nacre_engine *engine, const char *host, const nacre_pfs_key *key,
                              nacre_error *error) {
    const struct engine *e = &engine->engine;
    const struct pfs_key inside = api_pfs_key(key);
    return pfs_create(&e->allocator, e->port, host, &inside, error);
}

nacre_status nacre_pfs_open(nacre_engine *engine, const char *host, const nacre_pfs_key *key,
                            bool read_only, nacre_pfs **out, nacre_error *error) {
    const struct engine *e = &engine->engine;
    const struct pfs_key inside = api_pfs_key(key);
    const struct pfs_options options = {.is_read_only = read_only};
    nacre_pfs *pfs = ALLOC_NEW(&e->allocator, nacre_pfs);
    if (!pfs) return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "");
    pfs->allocator = e->allocator;
    nacre_status status =
        pfs_open(&e->allocator, e->port, host, &inside, &options, &pfs->pfs, error);
    if (!status && pfs_files.open_root(pfs->pfs, "", &pfs->root)) {
        (void)pfs_close(pfs->pfs, error);
        status = error_set(error, NACRE_INTEGRITY, NACRE_NO_OFFSET, "no first directory");
    }
    if (status) ALLOC_FREE(&e->allocator, pfs);
    else *out = pfs;
    return status;
}

nacre_status nacre_pfs_close(nacre_pfs *pfs, nacre_error *error) {
    const struct allocator a = pfs->allocator;
    nacre_status status = pfs_close(pfs->pfs, error);
    ALLOC_FREE(&a, pfs);
    return status;
}

/* --- Paths --- */

/* Of what is done to a path; what is not here is IO. */
static nacre_status status_of(enum port_errno e) {
    switch (e) {
    case PORT_OK: return NACRE_OK;
    case PORT_EBADMSG: return NACRE_INTEGRITY;
    case PORT_ENOENT: return NACRE_NOT_FOUND;
    case PORT_ENOMEM: return NACRE_NO_MEMORY;
    case PORT_EISDIR: case PORT_ENOTDIR: case PORT_ELOOP: case PORT_EINVAL:
    case PORT_ENAMETOOLONG: return NACRE_ARGUMENT;
    default: return NACRE_IO;
    }
}

static nacre_status fail(const nacre_pfs *pfs, enum port_errno e, const char *path,
                         nacre_error *error) {
    const char *broken = pfs_files.broken(pfs->pfs);
    nacre_status status = status_of(e);
    if (!status) return status;
    error_set(error, status, NACRE_NO_OFFSET, "");
    struct text t = error_text(error);
    text_add_name(&t, path, strlen(path));
    text_add(&t, ": ");
    text_add(&t, status == NACRE_INTEGRITY && broken ? broken : port_errno_text(e));
    return status;
}

struct place {
    uint64_t dir; /* to be closed, if it is not the root */
    char name[PORT_NAME_MAX + 1]; /* "." for the root */
};

static void leave(const nacre_pfs *pfs, const struct place *place) {
    if (place->dir != pfs->root) (void)pfs_files.close(pfs->pfs, place->dir);
}

/* Takes the next name of a path. */
static enum port_errno next_name(const char **path, char name[PORT_NAME_MAX + 1]) {
    size_t size = 0;
    while (**path == '/') ++*path;
    while ((*path)[size] && (*path)[size] != '/') size++;
    if (size > PORT_NAME_MAX) return PORT_ENAMETOOLONG;
    memcpy(name, *path, size);
    name[size] = 0;
    *path += size;
    while (**path == '/') ++*path;
    if (size == 2 && name[0] == '.' && name[1] == '.') return PORT_EINVAL;
    if (!size) memcpy(name, ".", 2);
    return PORT_OK;
}

/* The directory that a path ends in, and the last name. */
static enum port_errno enter(const nacre_pfs *pfs, const char *path, struct place *place) {
    place->dir = pfs->root;
    enum port_errno e = next_name(&path, place->name);
    while (!e && *path) {
        uint64_t next;
        e = pfs_files.open(pfs->pfs, place->dir, place->name, PORT_OPEN_DIRECTORY, &next);
        if (e) break;
        leave(pfs, place);
        place->dir = next;
        e = next_name(&path, place->name);
    }
    if (e) leave(pfs, place);
    return e;
}

static enum port_errno open_path(const nacre_pfs *pfs, const char *path, uint32_t how,
                                 uint64_t *file) {
    struct place place;
    enum port_errno e = enter(pfs, path, &place);
    if (e) return e;
    e = pfs_files.open(pfs->pfs, place.dir, place.name, how, file);
    leave(pfs, &place);
    return e;
}

/* --- Listing --- */

struct listing {
    nacre_pfs *pfs;
    bool (*visit)(void *env, const nacre_pfs_entry *entry);
    void *env;
    bool ended;
    char target[4096];
};

static enum port_errno show(struct listing *l, uint64_t dir, const char *name) {
    nacre_pfs_entry entry = {.name = name};
    struct port_stat stat;
    size_t size;
    enum port_errno e = pfs_files.stat(l->pfs->pfs, dir, name, &stat);
    if (e) return e;
    entry.size = stat.size;
    entry.modify_ns = stat.modify_ns;
    entry.type = stat.type == PORT_TYPE_DIRECTORY ? NACRE_PFS_DIRECTORY : NACRE_PFS_FILE;
    if (stat.type == PORT_TYPE_LINK) {
        e = pfs_files.read_link(l->pfs->pfs, dir, name, l->target, sizeof l->target - 1, &size);
        if (e) return e;
        l->target[size] = 0;
        entry.type = NACRE_PFS_LINK;
        entry.target = l->target;
    }
    l->ended = !l->visit(l->env, &entry);
    return PORT_OK;
}

static enum port_errno show_all(struct listing *l, uint64_t dir) {
    struct port_entry entry;
    uint64_t cookie = 0;
    uint32_t count = 1;
    enum port_errno e = PORT_OK;
    while (!e && count && !l->ended) {
        e = pfs_files.read_dir(l->pfs->pfs, dir, cookie, &entry, 1, &count);
        if (e || !count) break;
        entry.name[entry.name_size] = 0;
        cookie = entry.next;
        e = show(l, dir, entry.name);
    }
    return e;
}

nacre_status nacre_pfs_list(nacre_pfs *pfs, const char *path,
                            bool (*visit)(void *env, const nacre_pfs_entry *entry), void *env,
                            nacre_error *error) {
    struct listing l = {.pfs = pfs, .visit = visit, .env = env};
    struct place place;
    uint64_t dir;
    enum port_errno e = enter(pfs, path, &place);
    if (e) return fail(pfs, e, path, error);
    e = pfs_files.open(pfs->pfs, place.dir, place.name, PORT_OPEN_READ | PORT_OPEN_DIRECTORY,
                       &dir);
    if (!e) {
        e = show_all(&l, dir);
        (void)pfs_files.close(pfs->pfs, dir);
    } else if (e == PORT_ENOTDIR || e == PORT_ELOOP) {
        e = show(&l, place.dir, place.name);
    }
    leave(pfs, &place);
    return fail(pfs, e, path, error);
}

/* --- Contents --- */

nacre_status nacre_pfs_read(nacre_pfs *pfs, const char *path,
                            bool (*take)(void *env, const void *bytes, size_t size), void *env,
                            nacre_error *error) {
    uint8_t *piece = ALLOC_ARRAY(&pfs->allocator, uint8_t, PIECE_BYTES);
    const struct port_span span = {piece, PIECE_BYTES};
    uint64_t file;
    size_t size = 1;
    if (!piece) return fail(pfs, PORT_ENOMEM, path, error);
    enum port_errno e = open_path(pfs, path, PORT_OPEN_READ, &file);
    if (!e) {
        while (!e && size) {
            e = pfs_files.read(pfs->pfs, file, &span, 1, &size);
            if (!e && size && !take(env, piece, size)) size = 0;
        }
        (void)pfs_files.close(pfs->pfs, file);
    }
    ALLOC_FREE_ARRAY(&pfs->allocator, piece, PIECE_BYTES);
    return fail(pfs, e, path, error);
}

static enum port_errno write_all(const nacre_pfs *pfs, uint64_t file, uint8_t *piece,
                                 ptrdiff_t (*give)(void *env, void *buffer, size_t size),
                                 void *env) {
    for (;;) {
        ptrdiff_t given = give(env, piece, PIECE_BYTES);
        if (given == 0) return PORT_OK;
        if (given < 0 || given > PIECE_BYTES) return PORT_ECANCELED;
        for (size_t done = 0, size; done < (size_t)given; done += size) {
            const struct port_span span = {piece + done, (size_t)given - done};
            enum port_errno e = pfs_files.write(pfs->pfs, file, &span, 1, &size);
            if (e) return e;
        }
    }
}

/* Under another name first, so that what has the name is whole at any time. */
static enum port_errno write_beside(const nacre_pfs *pfs, const struct place *place,
                                    uint8_t *piece,
                                    ptrdiff_t (*give)(void *env, void *buffer, size_t size),
                                    void *env) {
    static const char draft[] = ".nacre-pfs-draft";
    struct port_stat stat;
    uint64_t file;
    enum port_errno e = pfs_files.stat(pfs->pfs, place->dir, place->name, &stat);
    if (!e && stat.type == PORT_TYPE_DIRECTORY) return PORT_EISDIR;
    if (e && e != PORT_ENOENT) return e;
    e = pfs_files.open(pfs->pfs, place->dir, draft,
                       PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &file);
    if (e) return e;
    e = write_all(pfs, file, piece, give, env);
    (void)pfs_files.close(pfs->pfs, file);
    if (!e) e = pfs_files.rename(pfs->pfs, place->dir, draft, place->dir, place->name);
    if (e) (void)pfs_files.unlink(pfs->pfs, place->dir, draft);
    return e;
}

nacre_status nacre_pfs_write(nacre_pfs *pfs, const char *path,
                             ptrdiff_t (*give)(void *env, void *buffer, size_t size), void *env,
                             nacre_error *error) {
    uint8_t *piece = ALLOC_ARRAY(&pfs->allocator, uint8_t, PIECE_BYTES);
    struct place place;
    if (!piece) return fail(pfs, PORT_ENOMEM, path, error);
    enum port_errno e = enter(pfs, path, &place);
    if (!e) {
        e = write_beside(pfs, &place, piece, give, env);
        leave(pfs, &place);
    }
    ALLOC_FREE_ARRAY(&pfs->allocator, piece, PIECE_BYTES);
    return fail(pfs, e, path, error);
}

/* --- Directories and links --- */

nacre_status nacre_pfs_make_dir(nacre_pfs *pfs, const char *path, nacre_error *error) {
    struct place place;
    struct port_stat stat;
    enum port_errno e = enter(pfs, path, &place);
    if (e) return fail(pfs, e, path, error);
    e = pfs_files.stat(pfs->pfs, place.dir, place.name, &stat);
    if (e == PORT_ENOENT) e = pfs_files.make_dir(pfs->pfs, place.dir, place.name);
    else if (!e && stat.type != PORT_TYPE_DIRECTORY) e = PORT_EEXIST;
    leave(pfs, &place);
    return fail(pfs, e, path, error);
}

nacre_status nacre_pfs_make_link(nacre_pfs *pfs, const char *path, const char *target,
                                 nacre_error *error) {
    struct place place;
    enum port_errno e = enter(pfs, path, &place);
    if (e) return fail(pfs, e, path, error);
    e = pfs_files.symlink(pfs->pfs, target, place.dir, place.name);
    leave(pfs, &place);
    return fail(pfs, e, path, error);
}

/* --- Checking --- */

struct check {
    struct pfs_report report;
    void (*problem)(void *env, const char *path, const char *text);
    void *env;
};

static void hand_on(struct pfs_report *report, const char *path, const char *text) {
    struct check *c = (struct check *)report;
    if (c->problem) c->problem(c->env, path, text);
}

nacre_status nacre_pfs_check(nacre_pfs *pfs,
                             void (*problem)(void *env, const char *path, const char *text),
                             void *env, nacre_pfs_report *report, nacre_error *error) {
    const uint64_t block_bytes = 4096;
    struct check c = {.report.problem = hand_on, .problem = problem, .env = env};
    TRY(pfs_check(pfs->pfs, &c.report, error));
    *report = (nacre_pfs_report){.files = c.report.files,
                                 .directories = c.report.directories,
                                 .links = c.report.links,
                                 .bytes = c.report.bytes,
                                 .volume_bytes = c.report.blocks * block_bytes,
                                 .free_bytes = c.report.free_blocks * block_bytes,
                                 .problems = c.report.problems};
    return NACRE_OK;
}
