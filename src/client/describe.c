/* describe.c - nacre_image_describe. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client.h"
#include "image/image.h"

static void fill(nacre_image_description *d, const uint8_t *bytes, uint64_t size,
                 const struct image_note *note) {
    uint64_t signed_size;
    struct image_proof proof;
    _Static_assert(sizeof d->compiler == IMAGE_ID_BYTES, "texts fit");
    *d = (nacre_image_description){
        .size_bytes = size,
        .code_bytes = note->text.count,
        .explicit_bounds = note->flags & IMAGE_EXPLICIT_BOUNDS,
        .metering = note->flags & IMAGE_METERING,
        .exceptions = note->flags & IMAGE_EXCEPTIONS,
        .deterministic = note->flags & IMAGE_DETERMINISTIC,
        .has_signature = image_proof_find(bytes, size, &signed_size, &proof),
    };
    if (d->has_signature) memcpy(d->signer, proof.key, sizeof d->signer);
    memcpy(d->module_sha256, note->module_sha256, sizeof d->module_sha256);
    memcpy(d->compiler, note->compiler, sizeof d->compiler);
    memcpy(d->target, note->target, sizeof d->target);
    memcpy(d->options, note->options, sizeof d->options);
}

nacre_status nacre_image_describe(const char *path, nacre_image_description *description,
                                  nacre_error *error) {
    struct stat info;
    struct image_note note;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return client_fail(error, NACRE_NOT_FOUND, "%s", path);
    if (fd < 0 || fstat(fd, &info) != 0) {
        int number = errno;
        if (fd >= 0) close(fd);
        return client_fail_io(error, path, number);
    }
    if (!S_ISREG(info.st_mode) || info.st_size == 0) {
        close(fd);
        return client_fail(error, NACRE_MALFORMED, "image: not one, or cut off");
    }
    size_t size = (size_t)info.st_size;
    uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    int number = errno;
    close(fd);
    if (bytes == MAP_FAILED) return client_fail_io(error, path, number);
    nacre_status status = image_look(bytes, size, &note, error);
    if (status == NACRE_OK) fill(description, bytes, size, &note);
    munmap(bytes, size);
    return status;
}
