/* io.c - open files: contents, positions, attributes and the entries of directories. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "port/posix/handles.h"

_Static_assert(sizeof(struct port_span) == sizeof(struct iovec) &&
                   offsetof(struct port_span, bytes) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct port_span, size) == offsetof(struct iovec, iov_len),
               "a span is an iovec");

static const struct iovec *vectors(const struct port_span *spans) {
    return (const struct iovec *)spans;
}

static int vector_count(uint32_t count) { return (int)u32_min(count, POSIX_SPANS_MAX); }

/* The end of every function that moves bytes. */
static enum port_errno moved(ssize_t got, size_t *size) {
    if (got < 0) return posix_failed();
    *size = (size_t)got;
    return PORT_OK;
}

static enum port_errno result(int failed) { return failed ? posix_failed() : PORT_OK; }

enum port_errno posix_read(void *context, uint64_t file, const struct port_span *spans,
                           uint32_t count, size_t *size) {
    (void)context;
    ssize_t got;
    do {
        got = readv(posix_fd(file), vectors(spans), vector_count(count));
    } while (got < 0 && errno == EINTR);
    return moved(got, size);
}

/* Writing to a pipe that nobody reads raises SIGPIPE, which by default ends the process: a guest
 * must not be able to do that. So the signal is held back, and taken away if it came. */
static ssize_t write_to_pipe(int fd, const struct iovec *from, int count) {
    sigset_t pipe, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t got = writev(fd, from, count);
    int number = errno;
    if (!sigismember(&before, SIGPIPE)) {
        if (got < 0 && number == EPIPE) sigtimedwait(&pipe, NULL, &(struct timespec){0});
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    errno = number;
    return got;
}

enum port_errno posix_write(void *context, uint64_t file, const struct port_span *spans,
                            uint32_t count, size_t *size) {
    if (file & POSIX_SOCKET) return posix_send(context, file, spans, count, size);
    ssize_t got;
    do {
        const struct iovec *from = vectors(spans);
        int n = vector_count(count);
        got = file & POSIX_PIPE ? write_to_pipe(posix_fd(file), from, n)
                                : writev(posix_fd(file), from, n);
    } while (got < 0 && errno == EINTR);
    return moved(got, size);
}

enum port_errno posix_read_at(void *context, uint64_t file, const struct port_span *spans,
                              uint32_t count, uint64_t offset, size_t *size) {
    (void)context;
    if (offset > INT64_MAX) return PORT_EINVAL;
    ssize_t got;
    do {
        got = preadv(posix_fd(file), vectors(spans), vector_count(count), (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return moved(got, size);
}

enum port_errno posix_write_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size) {
    (void)context;
    if (offset > INT64_MAX) return PORT_EINVAL;
    ssize_t got;
    do {
        got = pwritev(posix_fd(file), vectors(spans), vector_count(count), (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return moved(got, size);
}

enum port_errno posix_seek(void *context, uint64_t file, int64_t offset, enum port_whence whence,
                           uint64_t *position) {
    (void)context;
    static const int origins[] = {
        [PORT_SEEK_SET] = SEEK_SET,
        [PORT_SEEK_CURRENT] = SEEK_CUR,
        [PORT_SEEK_END] = SEEK_END,
    };
    if ((size_t)whence >= ARRAY_COUNT(origins)) return PORT_EINVAL;
    off_t at = lseek(posix_fd(file), offset, origins[whence]);
    if (at < 0) return posix_failed();
    *position = (uint64_t)at;
    return PORT_OK;
}

static enum port_file_type type_of_mode(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFBLK: return PORT_TYPE_BLOCK;
    case S_IFCHR: return PORT_TYPE_CHARACTER;
    case S_IFDIR: return PORT_TYPE_DIRECTORY;
    case S_IFREG: return PORT_TYPE_REGULAR;
    case S_IFLNK: return PORT_TYPE_LINK;
    case S_IFSOCK: return PORT_TYPE_STREAM;
    }
    return PORT_TYPE_UNKNOWN;
}

/* Times before 1970 or after 2554 can't be said; they become the nearest that can. */
static uint64_t nanoseconds(struct timespec time) {
    if (time.tv_sec < 0) return 0;
    if ((uint64_t)time.tv_sec >= UINT64_MAX / 1000000000u) return UINT64_MAX;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void posix_stat_convert(const struct stat *from, struct port_stat *to) {
    *to = (struct port_stat){
        .device = (uint64_t)from->st_dev,
        .inode = (uint64_t)from->st_ino,
        .links = (uint64_t)from->st_nlink,
        .size = from->st_size < 0 ? 0 : (uint64_t)from->st_size,
        .access_ns = nanoseconds(from->st_atim),
        .modify_ns = nanoseconds(from->st_mtim),
        .change_ns = nanoseconds(from->st_ctim),
        .type = type_of_mode(from->st_mode),
    };
}

void posix_times_convert(const struct port_times *from, struct timespec to[2]) {
    const enum port_time how[2] = {from->access, from->modify};
    const uint64_t ns[2] = {from->access_ns, from->modify_ns};
    for (size_t i = 0; i < 2; i++) {
        to[i].tv_sec = (time_t)(ns[i] / 1000000000u);
        to[i].tv_nsec = (long)(ns[i] % 1000000000u);
        if (how[i] == PORT_TIME_KEEP) to[i].tv_nsec = UTIME_OMIT;
        if (how[i] == PORT_TIME_NOW) to[i].tv_nsec = UTIME_NOW;
    }
}

enum port_errno posix_file_stat(void *context, uint64_t file, struct port_stat *to) {
    (void)context;
    struct stat stat;
    if (fstat(posix_fd(file), &stat)) return posix_failed();
    posix_stat_convert(&stat, to);
    return PORT_OK;
}

enum port_errno posix_file_set_times(void *context, uint64_t file,
                                     const struct port_times *times) {
    (void)context;
    struct timespec to[2];
    posix_times_convert(times, to);
    return result(futimens(posix_fd(file), to));
}

enum port_errno posix_resize(void *context, uint64_t file, uint64_t size) {
    (void)context;
    if (size > INT64_MAX) return PORT_EFBIG;
    return result(ftruncate(posix_fd(file), (off_t)size));
}

/* Not posix_fallocate: where the file system can't, that writes zeros for as long as it takes. */
enum port_errno posix_allocate(void *context, uint64_t file, uint64_t offset, uint64_t size) {
    (void)context;
    if (offset > INT64_MAX || size > INT64_MAX) return PORT_EFBIG;
    int failed;
    do {
        failed = fallocate(posix_fd(file), 0, (off_t)offset, (off_t)size);
    } while (failed && errno == EINTR);
    return result(failed);
}

enum port_errno posix_advise(void *context, uint64_t file, uint64_t offset, uint64_t size,
                             enum port_advice advice) {
    (void)context;
    static const int advices[PORT_ADVICE_COUNT] = {
        [PORT_ADVICE_NORMAL] = POSIX_FADV_NORMAL,
        [PORT_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [PORT_ADVICE_RANDOM] = POSIX_FADV_RANDOM,
        [PORT_ADVICE_WILL_NEED] = POSIX_FADV_WILLNEED,
        [PORT_ADVICE_DONT_NEED] = POSIX_FADV_DONTNEED,
        [PORT_ADVICE_NO_REUSE] = POSIX_FADV_NOREUSE,
    };
    if (advice >= PORT_ADVICE_COUNT || offset > INT64_MAX || size > INT64_MAX) return PORT_EINVAL;
    int number = posix_fadvise(posix_fd(file), (off_t)offset, (off_t)size, advices[advice]);
    return posix_errno(number);
}

enum port_errno posix_sync(void *context, uint64_t file, bool data_only) {
    (void)context;
    return result(data_only ? fdatasync(posix_fd(file)) : fsync(posix_fd(file)));
}

enum port_errno posix_lock(void *context, uint64_t file, bool exclusive) {
    (void)context;
    if (flock(posix_fd(file), (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return PORT_OK;
    return errno == EWOULDBLOCK ? PORT_EBUSY : posix_failed();
}

enum port_errno posix_set_append(void *context, uint64_t file, bool append) {
    (void)context;
    int flags = fcntl(posix_fd(file), F_GETFL);
    if (flags < 0) return posix_failed();
    flags = append ? flags | O_APPEND : flags & ~O_APPEND;
    return result(fcntl(posix_fd(file), F_SETFL, flags));
}

/* What getdents64 fills its buffer with (see its manual page; no header has it). */
struct dirent_header {
    uint64_t inode;
    int64_t next;
    uint16_t size; /* of header, name, NUL and padding */
    uint8_t type;
    char name[];
};

static enum port_file_type type_of_entry(int dir, const struct dirent_header *from) {
    static const enum port_file_type types[] = {
        [1] = PORT_TYPE_UNKNOWN,   [2] = PORT_TYPE_CHARACTER, [4] = PORT_TYPE_DIRECTORY,
        [6] = PORT_TYPE_BLOCK,     [8] = PORT_TYPE_REGULAR,   [10] = PORT_TYPE_LINK,
        [12] = PORT_TYPE_STREAM,
    };
    struct stat stat;
    if (from->type != 0) {
        return from->type < ARRAY_COUNT(types) ? types[from->type] : PORT_TYPE_UNKNOWN;
    }
    /* Some file systems do not say. */
    if (fstatat(dir, from->name, &stat, AT_SYMLINK_NOFOLLOW)) return PORT_TYPE_UNKNOWN;
    return type_of_mode(stat.st_mode);
}

static bool add_entry(int dir, const struct dirent_header *from, struct port_entry *to) {
    size_t size = strlen(from->name);
    bool dots = size <= 2 && memcmp(from->name, "..", size) == 0;
    if (dots || size > PORT_NAME_MAX) return false; /* a longer name can't be looked up either */
    to->next = (uint64_t)from->next;
    to->inode = from->inode;
    to->type = type_of_entry(dir, from);
    to->name_size = (uint32_t)size;
    memcpy(to->name, from->name, size);
    return true;
}

enum port_errno posix_read_dir(void *context, uint64_t dir, uint64_t cookie,
                               struct port_entry *entries, uint32_t capacity, uint32_t *count) {
    (void)context;
    _Alignas(struct dirent_header) uint8_t buffer[2048];
    int fd = posix_fd(dir);
    uint32_t n = 0;
    /* What does not fit is read again next time, so about as much as fits is asked for: names of
     * 16 bytes fill 40. A name of 255 has to fit alone. */
    size_t wanted = capacity >= 51 ? sizeof buffer : u64_max(40 * (uint64_t)capacity, 320);
    if (cookie > INT64_MAX) return PORT_EINVAL;
    if (lseek(fd, (off_t)cookie, SEEK_SET) < 0) return posix_failed();
    while (n == 0) { /* again after a batch of nothing but "." and ".." */
        long got = syscall(SYS_getdents64, fd, buffer, wanted);
        if (got < 0) return posix_failed();
        if (got == 0) break;
        for (long at = 0; at < got && n < capacity;) {
            const struct dirent_header *from = (const void *)(buffer + at);
            if (add_entry(fd, from, &entries[n])) n++;
            at += from->size;
        }
    }
    *count = n;
    return PORT_OK;
}
