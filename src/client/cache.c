/*
 * cache.c - the folder of images: where it is, whose it is, what is in it.
 *
 *     KEY.nimg         an image; when it was last used is its modification time
 *     KEY.lock         see claim.c
 *     KEY.known        see known.c
 *     KEY.nimg.*.tmp   an image that is being written; gets its name by rename
 *
 * KEY is the SHA-256 of the module's digest, the options and the compiler in hexadecimal.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "crypto/crypto.h"

/* --- Where it is --- */

/* "512M" and the like, of the environment. */
static bool parse_size(const char *text, uint64_t *size) {
    static const char units[] = "KMG";
    char *end;
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    uint32_t shift = unit ? 10 * ((uint32_t)(unit - units) + 1) : 0;
    if (errno || (*end && (!unit || end[1])) || value > UINT64_MAX >> shift) return false;
    *size = (uint64_t)value << shift;
    return true;
}

static nacre_status choose_folder(const char *folder, char *path, size_t size,
                                  nacre_error *error) {
    const char *chosen = folder ? folder : secure_getenv("NACRE_CACHE");
    const char *base, *below = "";
    if (chosen) {
        base = chosen;
    } else if ((base = secure_getenv("XDG_CACHE_HOME")) && base[0] == '/') {
        below = "/nacre";
    } else {
        base = secure_getenv("HOME");
        below = "/.cache/nacre";
    }
    if (!base || !base[0])
        return client_fail(error, NACRE_NOT_FOUND, chosen ? "there is none: NACRE_CACHE is empty"
                                                          : "there is no home for it");
    if ((size_t)snprintf(path, size, "%s%s", base, below) < size) return NACRE_OK;
    return client_fail(error, NACRE_ARGUMENT, "the cache's path is too long");
}

/* Makes the folder and those above it, for the owner alone. Others' are left as they are. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700); /* a failure shows when the folder is opened */
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* Who can write to the folder can have us run code. */
static nacre_status check_folder(const nacre_cache *cache, nacre_error *error) {
    struct stat info;
    if (fstat(cache->folder, &info) != 0) return client_fail_io(error, cache->path, errno);
    if (info.st_uid != geteuid())
        return client_fail(error, NACRE_IO, "%s: it is another user's", cache->path);
    if (info.st_mode & (S_IWGRP | S_IWOTH))
        return client_fail(error, NACRE_IO, "%s: others may write to it", cache->path);
    return NACRE_OK;
}

static nacre_status choose_bound(uint64_t wanted, uint64_t *bound, nacre_error *error) {
    const char *text = secure_getenv("NACRE_CACHE_SIZE");
    *bound = wanted ? wanted : NACRE_CACHE_BYTES;
    if (wanted || !text || !text[0] || parse_size(text, bound)) return NACRE_OK;
    return client_fail(error, NACRE_ARGUMENT, "NACRE_CACHE_SIZE is no size");
}

nacre_status nacre_cache_open(const char *folder, uint64_t bound_bytes, nacre_cache **cache,
                              nacre_error *error) {
    nacre_cache *made = malloc(sizeof *made);
    if (!made) return client_fail(error, NACRE_NO_MEMORY, "%s", "");
    *made = (nacre_cache){.folder = -1};
    nacre_status status = choose_folder(folder, made->path, sizeof made->path, error);
    if (status == NACRE_OK) status = choose_bound(bound_bytes, &made->bound_bytes, error);
    if (status == NACRE_OK) {
        int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        made->folder = open(made->path, flags);
        if (made->folder < 0 && errno == ENOENT) {
            make_folders(made->path);
            made->folder = open(made->path, flags);
        }
        status = made->folder < 0 ? client_fail_io(error, made->path, errno)
                                  : check_folder(made, error);
    }
    if (status == NACRE_OK) *cache = made;
    else nacre_cache_close(made);
    return status;
}

void nacre_cache_close(nacre_cache *cache) {
    if (!cache) return;
    if (cache->folder >= 0) close(cache->folder);
    free(cache);
}

const char *nacre_cache_folder(const nacre_cache *cache) { return cache->path; }
uint64_t nacre_cache_bound(const nacre_cache *cache) { return cache->bound_bytes; }

/* --- Keys --- */

void cache_hex(const uint8_t *bytes, size_t size, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = 0;
}

nacre_status cache_key(const uint8_t module_sha256[32], const nacre_compile_options *o,
                       struct cache_key *key, nacre_error *error) {
    char program[PATH_MAX], module[65], compiler[2 * PROGRAM_ID_BYTES + 1], text[512];
    uint8_t id[PROGRAM_ID_BYTES], digest[KEY_BYTES];
    if (o->continues)
        return client_fail(error, NACRE_ARGUMENT, "the cache has whole modules only");
    TRY(program_find(&program_compiler, o->compiler, program, error));
    TRY(program_identify(program, id, error));
    cache_hex(module_sha256, 32, module);
    cache_hex(id, sizeof id, compiler);
    int size = snprintf(text, sizeof text, "nacre image 1\n%s\n%s O%u %s%s%s%s\n%s\n", module,
                        o->target, o->level, o->explicit_bounds ? "explicit" : "guard",
                        o->metering ? " fuel" : "", o->deterministic ? " deterministic" : "",
                        o->debug ? " debug" : "", compiler);
    crypto_sha256((const uint8_t *)text, (size_t)size, digest);
    cache_hex(digest, sizeof digest, key->image);
    memcpy(key->lock, key->image, sizeof key->lock);
    memcpy(key->image + 2 * KEY_BYTES, ".nimg", sizeof ".nimg");
    memcpy(key->lock + 2 * KEY_BYTES, ".lock", sizeof ".lock");
    return NACRE_OK;
}

/* --- Entries --- */

enum kind { IMAGE, LOCK, KNOWN, TEMPORARY, OTHER };

static enum kind kind_of(const char *name) {
    size_t size = strlen(name), digits = strspn(name, "0123456789abcdef");
    if (digits != 2 * KEY_BYTES) return OTHER;
    if (strcmp(name + digits, ".nimg") == 0) return IMAGE;
    if (strcmp(name + digits, ".lock") == 0) return LOCK;
    if (strcmp(name + digits, ".known") == 0) return KNOWN;
    return size > 4 && strcmp(name + size - 4, ".tmp") == 0 ? TEMPORARY : OTHER;
}

bool cache_is_own(const struct stat *info) {
    return S_ISREG(info->st_mode) && info->st_uid == geteuid() &&
           !(info->st_mode & (S_IWGRP | S_IWOTH));
}

static void fill_entry(const nacre_cache *cache, const char *name, const struct stat *info,
                       nacre_cache_entry *entry) {
    snprintf(entry->path, sizeof entry->path, "%s/%.*s", cache->path, NAME_BYTES - 1, name);
    entry->size_bytes = (uint64_t)info->st_size;
    entry->used_seconds = (uint64_t)info->st_mtime;
}

bool cache_look(nacre_cache *cache, const struct cache_key *key, nacre_cache_entry *entry) {
    enum { MINUTE = 60 };
    struct stat info;
    if (fstatat(cache->folder, key->image, &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (!cache_is_own(&info)) return false;
    time_t now = time(NULL);
    if (info.st_mtime > now || now - info.st_mtime > MINUTE) { /* not more often than it matters */
        utimensat(cache->folder, key->image, NULL, AT_SYMLINK_NOFOLLOW);
        info.st_mtime = now;
    }
    fill_entry(cache, key->image, &info, entry);
    return true;
}

static DIR *open_listing(const nacre_cache *cache) {
    int fd = openat(cache->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (!listing && fd >= 0) close(fd);
    return listing;
}

nacre_status nacre_cache_list(nacre_cache *cache,
                              bool (*each)(void *context, const nacre_cache_entry *entry),
                              void *context) {
    DIR *listing = open_listing(cache);
    if (!listing) return NACRE_IO;
    bool more = true;
    for (const struct dirent *row; more && (row = readdir(listing));) {
        struct stat info;
        nacre_cache_entry entry;
        if (kind_of(row->d_name) != IMAGE) continue;
        if (fstatat(cache->folder, row->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (!cache_is_own(&info)) continue;
        fill_entry(cache, row->d_name, &info, &entry);
        more = each(context, &entry);
    }
    closedir(listing);
    return NACRE_OK;
}

/* The lock of a key goes with its image, unless somebody holds it. */
static void remove_lock(nacre_cache *cache, const char *name) {
    char lock[NAME_BYTES];
    int fd;
    snprintf(lock, sizeof lock, "%.*s.lock", 2 * KEY_BYTES, name);
    if (claim_take(cache, lock, false, &fd) == CLAIM_HELD) claim_release(cache, lock, fd, true);
}

void nacre_cache_remove(nacre_cache *cache, const nacre_cache_entry *entry) {
    const char *slash = strrchr(entry->path, '/');
    if (!slash || kind_of(slash + 1) != IMAGE) return;
    unlinkat(cache->folder, slash + 1, 0);
    remove_lock(cache, slash + 1);
}

/* --- Pruning --- */

struct found {
    char name[NAME_BYTES];
    uint64_t size;
    struct timespec used;
};

struct listing {
    struct found *rows;
    size_t count, capacity;
    uint64_t bytes;
};

static bool add(struct listing *list, const char *name, const struct stat *info) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct found *rows = realloc(list->rows, capacity * sizeof *rows);
        if (!rows) return false;
        list->rows = rows;
        list->capacity = capacity;
    }
    struct found *row = &list->rows[list->count++];
    snprintf(row->name, sizeof row->name, "%.*s", NAME_BYTES - 1, name);
    row->size = (uint64_t)info->st_size;
    row->used = info->st_mtim;
    list->bytes += row->size;
    return true;
}

/* What is left of processes that were ended. An image is written in seconds; that of a lock which
 * says that its module can't be compiled is asked for an hour. Files that are known are asked
 * again once a month; without any image nothing has to be known. */
static void sweep(nacre_cache *cache, const char *name, enum kind kind, const struct stat *info,
                  bool is_empty) {
    enum { HOUR = 3600, MONTH = 30 * 24 * HOUR };
    time_t most = kind != KNOWN ? HOUR : is_empty ? 0 : MONTH;
    if (time(NULL) - info->st_mtime < most) return;
    if (kind == TEMPORARY || kind == KNOWN) unlinkat(cache->folder, name, 0);
    if (kind == LOCK) remove_lock(cache, name);
}

static nacre_status list_images(nacre_cache *cache, bool is_empty, struct listing *list) {
    DIR *listing = open_listing(cache);
    if (!listing) return NACRE_IO;
    nacre_status status = NACRE_OK;
    for (const struct dirent *row; status == NACRE_OK && (row = readdir(listing));) {
        enum kind kind = kind_of(row->d_name);
        struct stat info;
        if (kind == OTHER) continue;
        if (fstatat(cache->folder, row->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (kind != IMAGE) sweep(cache, row->d_name, kind, &info, is_empty);
        else if (!add(list, row->d_name, &info)) status = NACRE_NO_MEMORY;
    }
    closedir(listing);
    return status;
}

static int by_use(const void *a, const void *b) {
    const struct timespec *x = &((const struct found *)a)->used;
    const struct timespec *y = &((const struct found *)b)->used;
    if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Others may add to it at the same time: of what is left, nobody takes more than a part before
 * looking again. */
static uint64_t slack(const nacre_cache *cache, uint64_t bytes) {
    enum { PART = 8 };
    return bytes < cache->bound_bytes ? (cache->bound_bytes - bytes) / PART : 0;
}

nacre_status cache_prune(nacre_cache *cache, uint64_t bound_bytes, const char *keep,
                         uint64_t *removed, uint64_t *removed_bytes) {
    struct listing list = {0};
    uint64_t count = 0, bytes = 0;
    nacre_status status = list_images(cache, bound_bytes == 0, &list);
    if (status != NACRE_OK) goto out;
    if (list.count > 0) qsort(list.rows, list.count, sizeof *list.rows, by_use);
    for (size_t i = 0; i < list.count && list.bytes - bytes > bound_bytes; i++) {
        const struct found *row = &list.rows[i];
        if (keep && strcmp(row->name, keep) == 0) continue;
        if (unlinkat(cache->folder, row->name, 0) != 0 && errno != ENOENT) {
            status = NACRE_IO;
            goto out;
        }
        remove_lock(cache, row->name);
        count++;
        bytes += row->size;
    }
    cache->slack_bytes = slack(cache, list.bytes - bytes);
    if (removed) *removed = count;
    if (removed_bytes) *removed_bytes = bytes;
out:
    free(list.rows);
    return status;
}

/* Listing the folder for each image takes longer than compiling one, when there are thousands. */
void cache_make_room(nacre_cache *cache, uint64_t bytes, const char *keep) {
    if (bytes <= cache->slack_bytes) {
        cache->slack_bytes -= bytes;
        return;
    }
    /* A cache that can't be pruned may grow: the images are of use all the same. */
    uint64_t room = keep ? 0 : u64_min(bytes, cache->bound_bytes / 2);
    (void)cache_prune(cache, cache->bound_bytes - room, keep, NULL, NULL);
}

nacre_status nacre_cache_prune(nacre_cache *cache, uint64_t bound_bytes, uint64_t *removed,
                               uint64_t *removed_bytes) {
    return cache_prune(cache, bound_bytes, NULL, removed, removed_bytes);
}
