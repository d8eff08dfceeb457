/* names.c - opening and changing names in directories, and the table of the port's files. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/posix/handles.h"

#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

/* The two names of WASI that Linux has no number for. */
enum { OK = 0, ENOTCAPABLE = 4000 };

enum port_errno posix_errno(int number) {
    switch (number) {
#define PORT_ERRNO(name, value, text) \
    case name: return PORT_##name;
#include "port/errno.def"
#undef PORT_ERRNO
    }
    return PORT_EIO;
}

enum port_errno posix_failed(void) {
    enum port_errno e = posix_errno(errno);
    return e ? e : PORT_EIO;
}

static enum port_errno result(int failed) { return failed ? posix_failed() : PORT_OK; }

uint64_t posix_file(int fd) {
    struct stat stat;
    uint64_t file = (uint32_t)fd;
    if (fstat(fd, &stat)) return file;
    if (S_ISFIFO(stat.st_mode)) file |= POSIX_PIPE;
    if (S_ISSOCK(stat.st_mode)) file |= POSIX_SOCKET;
    return file;
}

static enum port_errno open_root(void *context, const char *path, uint64_t *dir) {
    (void)context;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return posix_failed();
    *dir = (uint32_t)fd;
    return PORT_OK;
}

/* A copy, so that closing it leaves the process's own stream open. */
static enum port_errno standard(void *context, uint32_t number, uint64_t *file) {
    (void)context;
    if (number > 2) return PORT_EBADF;
    int fd = fcntl((int)number, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return posix_failed();
    *file = posix_file(fd);
    return PORT_OK;
}

static int open_flags(uint32_t how) {
    static const struct {
        uint32_t how;
        int flag;
    } bits[] = {
        {PORT_OPEN_CREATE, O_CREAT},       {PORT_OPEN_EXCLUSIVE, O_EXCL},
        {PORT_OPEN_TRUNCATE, O_TRUNC},     {PORT_OPEN_DIRECTORY, O_DIRECTORY},
        {PORT_OPEN_APPEND, O_APPEND},
    };
    int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    for (size_t i = 0; i < ARRAY_COUNT(bits); i++) {
        if (how & bits[i].how) flags |= bits[i].flag;
    }
    uint32_t access = how & (PORT_OPEN_READ | PORT_OPEN_WRITE);
    if (access == PORT_OPEN_READ) return flags | O_RDONLY;
    if (access == PORT_OPEN_WRITE) return flags | O_WRONLY;
    if (access) return flags | O_RDWR;
    return O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
}

static enum port_errno open_name(void *context, uint64_t dir, const char *name, uint32_t how,
                                 uint64_t *file) {
    (void)context;
    int fd;
    do {
        fd = openat(posix_fd(dir), name, open_flags(how), 0666);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return posix_failed();
    *file = how & PORT_OPEN_WRITE ? posix_file(fd) : (uint32_t)fd;
    return PORT_OK;
}

static enum port_errno open_beneath(void *context, uint64_t dir, const char *path,
                                    uint64_t *file) {
    (void)context;
#ifdef SYS_openat2
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, posix_fd(dir), path, &how, sizeof how);
    if (fd < 0) return posix_failed();
    *file = (uint32_t)fd;
    return PORT_OK;
#else
    (void)dir;
    (void)path;
    (void)file;
    return PORT_ENOSYS;
#endif
}

static enum port_errno stat_name(void *context, uint64_t dir, const char *name,
                                 struct port_stat *to) {
    (void)context;
    struct stat stat;
    if (fstatat(posix_fd(dir), name, &stat, AT_SYMLINK_NOFOLLOW)) return posix_failed();
    posix_stat_convert(&stat, to);
    return PORT_OK;
}

static enum port_errno set_times(void *context, uint64_t dir, const char *name,
                                 const struct port_times *times) {
    (void)context;
    struct timespec to[2];
    posix_times_convert(times, to);
    return result(utimensat(posix_fd(dir), name, to, AT_SYMLINK_NOFOLLOW));
}

static enum port_errno make_dir(void *context, uint64_t dir, const char *name) {
    (void)context;
    return result(mkdirat(posix_fd(dir), name, 0777));
}

static enum port_errno remove_dir(void *context, uint64_t dir, const char *name) {
    (void)context;
    return result(unlinkat(posix_fd(dir), name, AT_REMOVEDIR));
}

static enum port_errno unlink_name(void *context, uint64_t dir, const char *name) {
    (void)context;
    return result(unlinkat(posix_fd(dir), name, 0));
}

static enum port_errno rename_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                   const char *to_name) {
    (void)context;
    return result(renameat(posix_fd(dir), name, posix_fd(to_dir), to_name));
}

static enum port_errno link_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                 const char *to_name) {
    (void)context;
    return result(linkat(posix_fd(dir), name, posix_fd(to_dir), to_name, 0));
}

static enum port_errno symlink_name(void *context, const char *target, uint64_t dir,
                                    const char *name) {
    (void)context;
    return result(symlinkat(target, posix_fd(dir), name));
}

static enum port_errno read_link(void *context, uint64_t dir, const char *name, char *target,
                                 size_t capacity, size_t *size) {
    (void)context;
    char none;
    ssize_t got = readlinkat(posix_fd(dir), name, capacity ? target : &none,
                             capacity ? capacity : 1);
    if (got < 0) return posix_failed();
    *size = capacity ? (size_t)got : 0;
    return PORT_OK;
}

static enum port_errno close_file(void *context, uint64_t file) {
    (void)context;
    /* EINTR: Linux closed it all the same. */
    return close(posix_fd(file)) && errno != EINTR ? posix_failed() : PORT_OK;
}

const struct port_files posix_files = {
    .open_root = open_root,
    .standard = standard,
    .listen = posix_listen,
    .open = open_name,
    .stat = stat_name,
    .set_times = set_times,
    .make_dir = make_dir,
    .remove_dir = remove_dir,
    .unlink = unlink_name,
    .rename = rename_name,
    .link = link_name,
    .symlink = symlink_name,
    .read_link = read_link,
    .open_beneath = open_beneath,
    .read = posix_read,
    .write = posix_write,
    .read_at = posix_read_at,
    .write_at = posix_write_at,
    .seek = posix_seek,
    .file_stat = posix_file_stat,
    .file_set_times = posix_file_set_times,
    .resize = posix_resize,
    .allocate = posix_allocate,
    .advise = posix_advise,
    .sync = posix_sync,
    .set_append = posix_set_append,
    .lock = posix_lock,
    .read_dir = posix_read_dir,
    .poll = posix_poll,
    .accept = posix_accept,
    .receive = posix_receive,
    .send = posix_send,
    .shutdown = posix_shutdown,
    .close = close_file,
};
