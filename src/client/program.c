/* program.c - where a program of ours is, and which one it is. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client.h"
#include "crypto/crypto.h"

/* --- Where it is --- */

const struct program_name program_compiler = {"nacre-compiler", "NACRE_COMPILER"};

/* Beside the running program, and where it is installed. */
static const char *const places[] = {"", "../libexec/nacre/"};

static bool find_near(const char *name, char path[PATH_MAX]) {
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    if (size <= 0) return false;
    own[size] = 0;
    char *slash = strrchr(own, '/');
    if (!slash) return false;
    slash[1] = 0;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        int length = snprintf(path, PATH_MAX, "%s%s%s", own, places[i], name);
        if (length < 0 || length >= PATH_MAX) continue;
        if (access(path, X_OK) == 0) return true;
    }
    return false;
}

nacre_status program_find(const struct program_name *program, const char *given,
                          char path[PATH_MAX], nacre_error *error) {
    const char *named = given ? given : secure_getenv(program->variable);
    if (named && named[0]) {
        if ((size_t)snprintf(path, PATH_MAX, "%s", named) < PATH_MAX && access(path, X_OK) == 0)
            return NACRE_OK;
        return client_fail(error, NACRE_NOT_FOUND, "no %s at %s", program->name, named);
    }
    if (find_near(program->name, path)) return NACRE_OK;
    return client_fail(error, NACRE_NOT_FOUND, "no %s beside this program", program->name);
}

/* --- Which one it is --- */

enum { HEADERS_MAX = 4096, NOTES_MAX = 4096 };

/* The build id in a segment of notes. */
static bool id_in_notes(const uint8_t *notes, size_t size, uint8_t id[PROGRAM_ID_BYTES]) {
    Elf64_Nhdr note;
    for (size_t at = 0; size - at >= sizeof note;) {
        memcpy(&note, notes + at, sizeof note);
        size_t name = at + sizeof note;
        uint64_t text = name + (((uint64_t)note.n_namesz + 3) & ~UINT64_C(3));
        uint64_t end = text + (((uint64_t)note.n_descsz + 3) & ~UINT64_C(3));
        if (end > size) return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + name, "GNU", 4) == 0 && note.n_descsz >= 8) {
            crypto_sha256(notes + text, note.n_descsz, id);
            return true;
        }
        at = (size_t)end;
    }
    return false;
}

static bool read_build_id(int fd, uint8_t id[PROGRAM_ID_BYTES]) {
    uint8_t headers[HEADERS_MAX], notes[NOTES_MAX];
    Elf64_Ehdr header;
    ssize_t got = pread(fd, headers, sizeof headers, 0);
    if (got < (ssize_t)sizeof header) return false;
    memcpy(&header, headers, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (uint32_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        if (!range_inside(header.e_phoff, (i + 1) * sizeof segment, (uint64_t)got)) return false;
        memcpy(&segment, headers + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type != PT_NOTE) continue;
        size_t size = (size_t)u64_min(segment.p_filesz, sizeof notes);
        if (pread(fd, notes, size, (off_t)segment.p_offset) != (ssize_t)size) continue;
        if (id_in_notes(notes, size, id)) return true;
    }
    return false;
}

/* A program without a build id, or a script. */
static int digest_file(int fd, uint8_t id[PROGRAM_ID_BYTES]) {
    struct stat info;
    if (fstat(fd, &info) != 0) return errno;
    if (!S_ISREG(info.st_mode) || info.st_size == 0) return EINVAL;
    void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) return errno;
    crypto_sha256(bytes, (size_t)info.st_size, id);
    munmap(bytes, (size_t)info.st_size);
    return 0;
}

nacre_status program_identify(const char *path, uint8_t id[PROGRAM_ID_BYTES], nacre_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return client_fail_io(error, path, errno);
    int number = read_build_id(fd, id) ? 0 : digest_file(fd, id);
    close(fd);
    return number == 0 ? NACRE_OK : client_fail_io(error, path, number);
}
