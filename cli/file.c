/* file.c - see file.h */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static bool fail(nacre_error *error, int number) {
    *error = (nacre_error){.status = number == ENOMEM ? NACRE_NO_MEMORY : NACRE_IO,
                           .offset = NACRE_NO_OFFSET};
    if (number != ENOMEM) snprintf(error->text, sizeof error->text, "%s", strerror(number));
    return false;
}

/* For a large file, pages of 2 MiB where the system has them: to be given thousands of small ones
 * takes longer than to read it. */
static unsigned char *take(unsigned char *old, size_t size) {
    const size_t huge = (size_t)2 << 20;
    if (old || size < 2 * huge) return realloc(old, size);
    size_t whole = (size + huge - 1) & ~(huge - 1);
    unsigned char *bytes = whole >= size ? aligned_alloc(huge, whole) : NULL;
    if (bytes) (void)madvise(bytes, whole, MADV_HUGEPAGE);
    return bytes;
}

/* One read is enough for a regular file; a pipe gives its bytes a few at a time, and their
 * number is not known before. Returns 0 or an errno. */
static int read_all(int fd, struct module_file *file) {
    struct stat info;
    if (fstat(fd, &info) != 0) return errno;
    if (nacre_file_identify(fd, &file->identity) != NACRE_OK) file->identity.is_settled = false;
    size_t capacity = S_ISREG(info.st_mode) ? (size_t)info.st_size + 1 : 65536;
    for (;;) {
        unsigned char *bytes = take(file->bytes, capacity);
        if (!bytes) return ENOMEM;
        file->bytes = bytes;
        while (file->size < capacity) {
            ssize_t got = read(fd, bytes + file->size, capacity - file->size);
            if (got == 0) return 0;
            if (got > 0) file->size += (size_t)got;
            else if (errno != EINTR) return errno;
        }
        capacity *= 2;
    }
}

bool file_read(struct module_file *file, const char *path, nacre_error *error) {
    *file = (struct module_file){.path = path};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(error, errno);
    int number = read_all(fd, file);
    close(fd);
    return number == 0 || fail(error, number);
}

bool file_map(struct module_file *file, const char *path) {
    struct stat info;
    *file = (struct module_file){.path = path};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool done = nacre_file_identify(fd, &file->identity) == NACRE_OK && fstat(fd, &info) == 0;
    void *bytes = MAP_FAILED;
    if (done) bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) return false;
    file->bytes = bytes;
    file->size = (size_t)info.st_size;
    return file->is_mapped = true;
}

bool file_load(struct module_file *file, nacre_engine *engine, const char *path,
               nacre_error *error) {
    if (!file_read(file, path, error)) return false;
    return nacre_module_create(engine, file->bytes, file->size, &file->module, error) == NACRE_OK;
}

/* What people give a runtime that is not a module, by its first bytes. */
static const struct {
    const char *bytes;
    size_t size;
    const char *hint;
} lookalikes[] = {
    {"\0asm\x0D\0\1\0", 8,
     "this is a component; Nacre runs modules: build for wasm32-wasip1, or take the module out "
     "with wasm-tools component unbundle"},
    {"\0asm\2\0\0\0", 8, "this is made for a later version of WebAssembly"},
    {"(module", 7, "this is the text format; translate it with wat2wasm first"},
    {"(component", 10, "this is a component's text; Nacre runs modules"},
    {";;", 2, "this looks like the text format; translate it with wat2wasm first"},
    {"(;", 2, "this looks like the text format; translate it with wat2wasm first"},
    {"\x7F" "ELF", 4, "this is a program for this machine; build it for wasm32-wasip1"},
    {"#!", 2, "this is a script; Nacre runs modules"},
    {"\x1F\x8B", 2, "this is compressed; unpack it with gunzip first"},
    {"(", 1, "this looks like the text format; translate it with wat2wasm first"},
};

static bool is_space(unsigned char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void file_report(const struct module_file *file, const nacre_error *error) {
    bool refused = error->status == NACRE_NOT_WASM || error->status == NACRE_MALFORMED ||
                   error->status == NACRE_UNSUPPORTED;
    size_t start = 0;
    while (refused && start < file->size && is_space(file->bytes[start])) start++;
    for (size_t i = 0; refused && i < sizeof lookalikes / sizeof lookalikes[0]; i++) {
        size_t size = lookalikes[i].size;
        if (file->size - start < size) continue;
        if (memcmp(file->bytes + start, lookalikes[i].bytes, size) != 0) continue;
        report_error_with(file->path, error, lookalikes[i].hint);
        return;
    }
    bool empty = refused && file->size == 0;
    report_error_with(file->path, error, empty ? "the file is empty" : NULL);
}

bool file_load_or_report(struct module_file *file, nacre_engine *engine, const char *path) {
    nacre_error error;
    if (file_load(file, engine, path, &error)) return true;
    file_report(file, &error);
    return false;
}

void file_release(struct module_file *file) {
    nacre_module_destroy(file->module);
    if (file->is_mapped) munmap(file->bytes, file->size);
    else free(file->bytes);
    *file = (struct module_file){0};
}
