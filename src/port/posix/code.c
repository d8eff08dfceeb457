/* code.c - files of compiled code: mapped, so that processes share them, and never writable. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/posix/handles.h"
#include "port/posix/posix.h"

static nacre_status map_file(int file, const uint8_t **bytes, uint64_t *size) {
    struct stat about;
    if (fstat(file, &about) || !S_ISREG(about.st_mode) || about.st_size <= 0) return NACRE_IO;
    void *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (at == MAP_FAILED) return errno == ENOMEM ? NACRE_NO_MEMORY : NACRE_IO;
    *bytes = at;
    *size = (uint64_t)about.st_size;
    return NACRE_OK;
}

static nacre_status map(void *context, const char *path, const uint8_t **bytes, uint64_t *size,
                        uint64_t *contents) {
    (void)context;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return errno == ENOENT || errno == ENOTDIR ? NACRE_NOT_FOUND : NACRE_IO;
    nacre_status status = map_file(file, bytes, size);
    if (status != NACRE_OK) close(file);
    *contents = (uint64_t)file;
    return status;
}

/* The file's pages once more, in place of those that were mapped: a process that gave up
 * privileges may not make memory executable that it could have written to. */
static nacre_status allow(void *context, uint64_t contents, uint64_t offset, const uint8_t *bytes,
                          uint64_t size) {
    (void)context;
    void *at = mmap((void *)(uintptr_t)bytes, (size_t)size, PROT_READ | PROT_EXEC,
                    MAP_PRIVATE | MAP_FIXED, posix_fd(contents), (off_t)offset);
    return at == MAP_FAILED ? NACRE_UNSUPPORTED : NACRE_OK;
}

static void unmap(void *context, const uint8_t *bytes, uint64_t size) {
    (void)context;
    munmap((void *)(uintptr_t)bytes, (size_t)size);
}

const struct port_code posix_code = {.map = map, .allow = allow, .unmap = unmap};
