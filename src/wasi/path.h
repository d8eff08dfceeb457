/*
 * path.h - from a guest's path to a directory and a name in it, without ever leaving the
 * directory that the guest was granted.
 *
 * Paths are walked here, component by component; the port only ever looks one name up in one
 * open directory and never follows a link. ".." goes back to the directory that the walk came
 * from, which is still open: it does not ask the host, so whoever moves directories meanwhile
 * can't lead a walk above where it began. Links are replaced by their targets here too.
 *
 * The last name may turn out to be a link only when it is used. So users loop:
 *
 *     do {
 *         TRY(path_resolve(p));
 *         e = files->open(..., path_dir(p), p->name, ...);     ELOOP or ENOTDIR: maybe a link
 *     } while (path_again(p, &e));
 *     path_end(p);                                             whatever happened
 */
#ifndef WASI_PATH_H
#define WASI_PATH_H

#include "port/files.h"
#include "port/port.h"

struct wasi_call;

enum {
    PATH_SIZE_MAX = 4096,  /* bytes of a path, or of one with links in it replaced, with a NUL */
    PATH_DEPTH_MAX = 128,  /* directories open at once */
    PATH_LINKS_MAX = 40    /* links replaced in one walk, as in Linux */
};

struct path {
    const struct port *port;
    uint64_t root; /* borrowed */
    bool follow;   /* a link that is the last name too */
    bool shortcut; /* the port resolved the directory: dirs[0] */
    bool walk;     /* the shortcut was of no use */
    uint32_t depth;
    uint32_t links;
    uint32_t at, size; /* text from `at` on is not resolved yet */
    bool slash;        /* result: a slash follows the name, which so must be a directory */
    char name[PORT_NAME_MAX + 1]; /* result: one component; "." when it is the directory itself */
    char text[PATH_SIZE_MAX];
    uint64_t dirs[PATH_DEPTH_MAX]; /* below root, ours to close */
};

/* Starts with the path of `size` bytes at the guest's `address`, relative to the descriptor `fd`,
 * which must be a directory with the rights. `flags` is a lookupflags.
 * EBADF, ENOTDIR, ENOTCAPABLE, EFAULT, EINVAL (flags, a NUL in the path), ENOENT (empty),
 * ENAMETOOLONG, ILSEQ (not UTF-8), EPERM (absolute). On failure there is nothing to end. */
enum port_errno path_begin(struct wasi_call *c, struct path *path, uint32_t fd, uint64_t rights,
                           uint32_t flags, uint32_t address, uint32_t size);

/* Copies a path in from the guest and checks its bytes, as above. `text` has PATH_SIZE_MAX. */
enum port_errno path_copy(const struct wasi_call *c, uint32_t address, uint32_t size,
                          char *text);

/* EPERM when the path leads above its root. */
enum port_errno path_resolve(struct path *path);
static inline uint64_t path_dir(const struct path *path) {
    return path->depth ? path->dirs[path->depth - 1] : path->root;
}
static inline bool path_is_dot(const struct path *path) {
    return path->name[0] == '.' && path->name[1] == 0;
}

/* Was *e because the name is a link that is to be followed? Then true: resolve again. */
bool path_again(struct path *path, enum port_errno *e);

/* Attributes of what the path leads to, following links as it says. */
enum port_errno path_stat(struct path *path, struct port_stat *stat);

void path_end(struct path *path);

#endif
