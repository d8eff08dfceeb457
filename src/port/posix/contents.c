/* contents.c - contents that many mappings share: files without a name, which nobody can change
 * once they are made. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port/posix/handles.h"
#include "port/posix/posix.h"

/* A piece of a file, read when it is moved there and written when it is moved away: parts may be
 * many and small, and lie on each other. */
struct window {
    int file;
    uint64_t at; /* a multiple of WINDOW */
    bool is_there;
    uint8_t bytes[65536];
};
enum { WINDOW = sizeof((struct window *)0)->bytes };

static bool put_back(const struct window *w) {
    for (size_t done = 0; w->is_there && done < WINDOW;) {
        ssize_t wrote = pwrite(w->file, w->bytes + done, WINDOW - done, (off_t)(w->at + done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        done += (size_t)wrote;
    }
    return true;
}

static bool move_to(struct window *w, uint64_t offset) {
    uint64_t at = offset - offset % WINDOW;
    if (w->is_there && w->at == at) return true;
    if (!put_back(w)) return false;
    w->at = at;
    w->is_there = true;
    for (size_t done = 0; done < WINDOW;) {
        ssize_t got = pread(w->file, w->bytes + done, WINDOW - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        done += (size_t)got;
    }
    return true;
}

static bool write_part(struct window *w, const struct port_part *part) {
    for (uint64_t done = 0; done < part->size;) {
        uint64_t offset = part->offset + done, in_window = offset % WINDOW;
        uint64_t size = part->size - done, room = WINDOW - in_window;
        if (size > room) size = room;
        if (!move_to(w, offset)) return false;
        memcpy(w->bytes + in_window, part->bytes + done, (size_t)size);
        done += size;
    }
    return true;
}

static bool write_parts(int file, const struct port_part *parts, uint32_t count) {
    struct window *w = malloc(sizeof *w);
    if (!w) return false;
    w->file = file;
    w->is_there = false;
    bool is_done = true;
    for (uint32_t i = 0; is_done && i < count; i++) is_done = write_part(w, &parts[i]);
    is_done = is_done && put_back(w);
    free(w);
    return is_done;
}

static bool fill(int file, uint64_t size, const struct port_part *parts, uint32_t count) {
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    return ftruncate(file, (off_t)size) == 0 && write_parts(file, parts, count) &&
           fcntl(file, F_ADD_SEALS, seals) == 0;
}

static nacre_status make(void *context, uint64_t size, const struct port_part *parts,
                         uint32_t count, uint64_t *contents) {
    (void)context;
    int file = memfd_create("nacre", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return NACRE_UNSUPPORTED;
    if (!fill(file, size, parts, count)) {
        close(file);
        return NACRE_NO_MEMORY;
    }
    *contents = (uint64_t)file;
    return NACRE_OK;
}

static nacre_status map(void *context, uint64_t contents, uint64_t offset, uint8_t *base,
                        uint64_t size) {
    (void)context;
    void *at = mmap(base, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                    posix_fd(contents), (off_t)offset);
    return at == MAP_FAILED ? NACRE_NO_MEMORY : NACRE_OK;
}

static void release(void *context, uint64_t contents) {
    (void)context;
    close(posix_fd(contents));
}

const struct port_contents posix_contents = {.make = make, .map = map, .release = release};
