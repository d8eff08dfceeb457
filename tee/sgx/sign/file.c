/* file.c - files in memory; see sign.h */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client.h"
#include "sgx/sign/sign.h"

static nacre_status read_all(int fd, const char *path, struct file_bytes *file,
                             nacre_error *error) {
    struct stat info;
    if (fstat(fd, &info) != 0) return client_fail_io(error, path, errno);
    if (!S_ISREG(info.st_mode)) return client_fail(error, NACRE_IO, "%s: not a file", path);
    struct file_bytes loaded = {.bytes = malloc((size_t)info.st_size + 1),
                                .mode = info.st_mode & 0777};
    if (!loaded.bytes) return client_fail(error, NACRE_NO_MEMORY, "%s: out of memory", path);
    const uint64_t size = (uint64_t)info.st_size;
    int number = 0;
    while (loaded.size < size && number == 0) {
        ssize_t got = read(fd, loaded.bytes + loaded.size, size - loaded.size);
        if (got > 0) loaded.size += (uint64_t)got;
        else if (got == 0 || errno != EINTR) number = got ? errno : EIO; /* cut meanwhile */
    }
    loaded.bytes[loaded.size] = 0;
    if (number == 0) *file = loaded;
    else file_bytes_free(&loaded);
    return number == 0 ? NACRE_OK : client_fail_io(error, path, number);
}

nacre_status file_bytes_load(const char *path, struct file_bytes *file, nacre_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return client_fail(error, NACRE_NOT_FOUND, "%s: no such file", path);
    if (fd < 0) return client_fail_io(error, path, errno);
    nacre_status status = read_all(fd, path, file, error);
    close(fd);
    return status;
}

nacre_status file_bytes_replace(const char *path, const struct file_bytes *file,
                                nacre_error *error) {
    char temporary[PATH_MAX];
    if (!client_temporary_name(path, temporary, sizeof temporary))
        return client_fail(error, NACRE_ARGUMENT, "%s: the path is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file->mode);
    if (fd < 0) return client_fail_io(error, path, errno);
    bool done = client_write_all(fd, file->bytes, (size_t)file->size);
    int number = errno;
    if (close(fd) != 0 && done) {
        number = errno;
        done = false;
    }
    if (done && rename(temporary, path) == 0) return NACRE_OK;
    if (done) number = errno;
    (void)unlink(temporary);
    return client_fail_io(error, path, number);
}

void file_bytes_free(struct file_bytes *file) {
    if (file->bytes) explicit_bzero(file->bytes, (size_t)file->size); /* it may be a key */
    free(file->bytes);
    *file = (struct file_bytes){0};
}
