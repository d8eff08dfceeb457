/* keys.c - see keys.h */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <nacre/compiler.h>

#include "report.h"

enum { TEXT_SIZE = 2 * KEY_SIZE + 1 }; /* digits and a line's end */

static int digit(unsigned char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse(const unsigned char *text, size_t size, uint8_t key[KEY_SIZE]) {
    if (size == KEY_SIZE) {
        memcpy(key, text, KEY_SIZE);
        return true;
    }
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r')) size--;
    if (size != 2 * KEY_SIZE) return false;
    for (size_t i = 0; i < KEY_SIZE; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool key_read(const char *path, uint8_t key[KEY_SIZE]) {
    unsigned char text[TEXT_SIZE + 2]; /* a longer file is seen to be one */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);
    int number = errno;
    if (fd >= 0) close(fd);
    if (size < 0) {
        report(path, "%s", strerror(number));
        return false;
    }
    bool parsed = parse(text, (size_t)size, key);
    explicit_bzero(text, sizeof text);
    if (parsed) return true;
    report(path, "not a key");
    report_hint("a key is 32 bytes, or 64 hexadecimal digits; nacre compile --keygen makes one");
    return false;
}

bool key_write(const char *path, mode_t mode, char *text, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool done = fd >= 0 && write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    int number = errno;
    if (fd >= 0) close(fd);
    explicit_bzero(text, size);
    if (!done) report(path, "%s", strerror(number));
    return done;
}

static bool write_key(const char *path, mode_t mode, const uint8_t key[KEY_SIZE]) {
    char text[TEXT_SIZE + 1];
    for (size_t i = 0; i < KEY_SIZE; i++) snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[TEXT_SIZE - 1] = '\n';
    return key_write(path, mode, text, TEXT_SIZE);
}

bool key_make(const char *path) {
    uint8_t secret[KEY_SIZE], public[KEY_SIZE];
    char public_path[PATH_MAX];
    if ((size_t)snprintf(public_path, sizeof public_path, "%s.pub", path) >= sizeof public_path ||
        getrandom(secret, sizeof secret, 0) != sizeof secret) {
        report(path, "a key can't be made");
        return false;
    }
    nacre_key_public(secret, public);
    bool made = write_key(path, 0600, secret) && write_key(public_path, 0644, public);
    explicit_bzero(secret, sizeof secret);
    return made;
}
