/* volume_key.c - see volume_key.h */
#include "volume_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "report.h"

static bool read_passphrase(const char *path, struct volume_key *key) {
    size_t size = 0;
    ssize_t part = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && part > 0 && size < sizeof key->bytes) {
        part = read(fd, key->bytes + size, sizeof key->bytes - size);
        if (part > 0) size += (size_t)part;
    }
    int number = errno;
    if (fd >= 0) close(fd);
    if (fd < 0 || part < 0) {
        report(path, "%s", strerror(number));
        return false;
    }
    if (size && key->bytes[size - 1] == '\n') size--;
    if (size && size <= VOLUME_KEY_MAX) {
        key->key = (nacre_pfs_key){NACRE_PFS_PASSPHRASE, key->bytes, size};
        return true;
    }
    report(path, size ? "a passphrase has at most 4096 bytes" : "an empty passphrase");
    return false;
}

bool volume_key_read(const char *key_path, const char *passphrase_path, struct volume_key *key) {
    if (passphrase_path) return read_passphrase(passphrase_path, key);
    key->key = (nacre_pfs_key){NACRE_PFS_KEY, key->bytes, KEY_SIZE};
    return key_read(key_path, key->bytes);
}

void volume_key_clear(struct volume_key *key) { explicit_bzero(key, sizeof *key); }
