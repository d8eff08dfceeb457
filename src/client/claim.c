/* claim.c - one compilation a key at a time, whatever ends the processes that want it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"

/* Does the name still stand for the file that was locked? Who removes a lock holds it. */
static bool is_current(const nacre_cache *cache, const char *name, int fd) {
    struct stat held, named;
    return fstat(fd, &held) == 0 &&
           fstatat(cache->folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

enum claim claim_take(nacre_cache *cache, const char *name, bool wait, int *fd) {
    for (;;) {
        int file = openat(cache->folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file < 0) return CLAIM_FAILED;
        int failed;
        do failed = flock(file, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
        while (failed != 0 && errno == EINTR);
        if (failed == 0 && is_current(cache, name, file)) {
            *fd = file;
            return CLAIM_HELD;
        }
        int number = errno;
        close(file);
        if (failed == 0) continue; /* it was removed while we waited */
        errno = number;
        return number == EWOULDBLOCK ? CLAIM_BUSY : CLAIM_FAILED;
    }
}

void claim_note_attempt(int fd) {
    static const char text[] = "tried\n";
    ssize_t put = pwrite(fd, text, sizeof text - 1, 0); /* its time is what counts */
    (void)put;
}

bool claim_was_tried(int fd, uint32_t within_seconds) {
    struct stat info;
    time_t now = time(NULL);
    return fstat(fd, &info) == 0 && info.st_size > 0 && info.st_mtime <= now &&
           now - info.st_mtime < (time_t)within_seconds;
}

void claim_release(nacre_cache *cache, const char *name, int fd, bool remove) {
    if (remove) unlinkat(cache->folder, name, 0);
    close(fd);
}
