/* volume_key.c - see volume_key.h */
#include "volume_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "keys.h"
#include "report.h"

/* All of a file that is not too long; -1: says why. */
static ssize_t read_file(const char *path, unsigned char *bytes, size_t room) {
    size_t size = 0;
    ssize_t part = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && part > 0 && size < room) {
        part = read(fd, bytes + size, room - size);
        if (part > 0) size += (size_t)part;
    }
    int number = errno;
    if (fd >= 0) close(fd);
    if (fd >= 0 && part >= 0) return (ssize_t)size;
    report(path, "%s", strerror(number));
    return -1;
}

bool volume_passphrase_read(const char *path, struct volume_key *key) {
    ssize_t size = read_file(path, key->bytes, sizeof key->bytes);
    if (size < 0) return false;
    if (size && key->bytes[size - 1] == '\n') size--;
    if (size && size <= VOLUME_KEY_MAX) {
        key->key = (nacre_pfs_key){
            .kind = NACRE_PFS_PASSPHRASE, .bytes = key->bytes, .size = (size_t)size};
        return true;
    }
    report(path, size ? "a passphrase has at most 4096 bytes" : "an empty passphrase");
    return false;
}

bool volume_key_read(const char *path, struct volume_key *key) {
    uint8_t raw[KEY_SIZE];
    nacre_pfs_key_kind kind;
    ssize_t size = read_file(path, key->bytes, sizeof key->bytes);
    if (size < 0) return false;
    if (nacre_pfs_key_parse((const char *)key->bytes, (size_t)size, &kind, raw) == NACRE_OK) {
        memcpy(key->bytes, raw, sizeof raw);
        explicit_bzero(raw, sizeof raw);
        key->key = (nacre_pfs_key){.kind = kind, .bytes = key->bytes, .size = KEY_SIZE};
        return true;
    }
    report(path, "not a key of protected files");
    report_hint("nacre pfs create --new-key makes one; for what people remember there is "
                "--passphrase");
    return false;
}

void volume_key_clear(struct volume_key *key) { explicit_bzero(key, sizeof *key); }

/* --- New ones --- */

static bool write_key(const char *path, mode_t mode, nacre_pfs_key_kind kind,
                      const uint8_t key[KEY_SIZE]) {
    char text[NACRE_PFS_KEY_TEXT];
    size_t size = nacre_pfs_key_format(kind, key, text);
    return key_write(path, mode, text, size);
}

/* False: says that there are no random numbers. */
static bool make(const char *path, uint8_t key[KEY_SIZE]) {
    if (getrandom(key, KEY_SIZE, 0) == KEY_SIZE) return true;
    report(path, "a key can't be made");
    return false;
}

bool volume_key_make(const char *path) {
    uint8_t key[KEY_SIZE];
    bool made = make(path, key) && write_key(path, 0600, NACRE_PFS_KEY, key);
    explicit_bzero(key, sizeof key);
    return made;
}

bool volume_recipient_make(const char *path) {
    uint8_t secret[KEY_SIZE], recipient[KEY_SIZE];
    char public_path[PATH_MAX];
    if ((size_t)snprintf(public_path, sizeof public_path, "%s.pub", path) >= sizeof public_path) {
        report(path, "%s", strerror(ENAMETOOLONG));
        return false;
    }
    bool made = make(path, secret);
    if (made) nacre_pfs_key_public(secret, recipient);
    made = made && write_key(path, 0600, NACRE_PFS_SECRET, secret) &&
           write_key(public_path, 0644, NACRE_PFS_RECIPIENT, recipient);
    explicit_bzero(secret, sizeof secret);
    return made;
}
