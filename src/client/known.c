/*
 * known.c - digests of files that were read before: KEY.known in the cache's folder, 32 bytes.
 *
 * KEY is the digest of what tells a file and its state from others. A file can change twice within
 * one step of its clock, so that only what is some seconds old is remembered.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "crypto/crypto.h"

enum { SETTLED_SECONDS = 2 };

nacre_status nacre_file_identify(int fd, nacre_file_identity *identity) {
    char text[256];
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return NACRE_IO;
    int size = snprintf(text, sizeof text, "nacre file 1\n%llu %llu %llu %lld.%09ld %lld.%09ld\n",
                        (unsigned long long)info.st_dev, (unsigned long long)info.st_ino,
                        (unsigned long long)info.st_size, (long long)info.st_mtim.tv_sec,
                        info.st_mtim.tv_nsec, (long long)info.st_ctim.tv_sec,
                        info.st_ctim.tv_nsec);
    crypto_sha256((const uint8_t *)text, (size_t)size, identity->sha256);
    time_t now = time(NULL);
    identity->is_settled = now - info.st_ctim.tv_sec > SETTLED_SECONDS &&
                           now - info.st_mtim.tv_sec > SETTLED_SECONDS;
    return NACRE_OK;
}

static void name_of(const nacre_file_identity *identity, const char *ending, char *name) {
    cache_hex(identity->sha256, sizeof identity->sha256, name);
    snprintf(name + 2 * KEY_BYTES, NAME_BYTES - 2 * KEY_BYTES, "%s", ending);
}

void nacre_cache_remember(nacre_cache *cache, const nacre_file_identity *identity,
                          const uint8_t module_sha256[32]) {
    char name[NAME_BYTES], temporary[NAME_BYTES], ending[64];
    if (!identity->is_settled) return;
    snprintf(ending, sizeof ending, ".known.%ld.tmp", (long)getpid());
    name_of(identity, ".known", name);
    name_of(identity, ending, temporary);
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(cache->folder, temporary, flags, 0600);
    if (fd < 0) return;
    bool done = write(fd, module_sha256, KEY_BYTES) == KEY_BYTES;
    if (close(fd) != 0) done = false;
    if (!done || renameat(cache->folder, temporary, cache->folder, name) != 0)
        unlinkat(cache->folder, temporary, 0);
}

nacre_status nacre_cache_recall(nacre_cache *cache, const nacre_file_identity *identity,
                                uint8_t module_sha256[32]) {
    char name[NAME_BYTES];
    struct stat info;
    name_of(identity, ".known", name);
    int fd = openat(cache->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return NACRE_NOT_FOUND;
    bool found = fstat(fd, &info) == 0 && cache_is_own(&info) && info.st_size == KEY_BYTES &&
                 read(fd, module_sha256, KEY_BYTES) == KEY_BYTES;
    close(fd);
    return found ? NACRE_OK : NACRE_NOT_FOUND;
}
