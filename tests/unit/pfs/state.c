/* state.c - see state.h */
#include "state.h"

static void mix(uint64_t *digest, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t word;
    for (; size >= 8; at += 8, size -= 8) {
        memcpy(&word, at, 8);
        *digest = (*digest ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        *digest ^= *digest >> 29;
    }
    for (; size; size--) *digest = (*digest ^ *at++) * UINT64_C(0x100000001B3);
}

static enum port_errno mix_file(struct pfs *pfs, uint64_t file, uint64_t *digest) {
    static uint8_t bytes[1 << 16];
    const struct port_span span = {bytes, sizeof bytes};
    size_t moved = 1;
    enum port_errno error = PORT_OK;
    for (uint64_t at = 0; !error && moved; at += moved) {
        error = pfs_files.read_at(pfs, file, &span, 1, at, &moved);
        if (!error) mix(digest, bytes, moved);
    }
    return error;
}

static enum port_errno mix_dir(struct pfs *pfs, uint64_t dir, uint64_t *digest);

static enum port_errno mix_below(struct pfs *pfs, uint64_t dir, const char *name,
                                 enum port_file_type type, uint64_t *digest) {
    uint64_t file;
    enum port_errno error = pfs_files.open(pfs, dir, name, PORT_OPEN_READ, &file);
    if (error) return error;
    error = type == PORT_TYPE_DIRECTORY ? mix_dir(pfs, file, digest)
                                        : mix_file(pfs, file, digest);
    enum port_errno closed = pfs_files.close(pfs, file);
    return error ? error : closed;
}

static enum port_errno mix_entry(struct pfs *pfs, uint64_t dir, const struct port_entry *entry,
                                 uint64_t *digest) {
    char name[PORT_NAME_MAX + 1] = "", target[4096];
    struct port_stat stat;
    size_t size;
    memcpy(name, entry->name, entry->name_size);
    enum port_errno error = pfs_files.stat(pfs, dir, name, &stat);
    if (error) return error;
    mix(digest, name, entry->name_size);
    mix(digest, &stat.type, sizeof stat.type);
    mix(digest, &stat.size, sizeof stat.size);
    if (stat.type != PORT_TYPE_LINK) return mix_below(pfs, dir, name, stat.type, digest);
    error = pfs_files.read_link(pfs, dir, name, target, sizeof target, &size);
    if (!error) mix(digest, target, size);
    return error;
}

static enum port_errno mix_dir(struct pfs *pfs, uint64_t dir, uint64_t *digest) {
    struct port_entry entry;
    uint64_t cookie = 0;
    mix(digest, "(", 1);
    for (;;) {
        uint32_t count;
        enum port_errno error = pfs_files.read_dir(pfs, dir, cookie, &entry, 1, &count);
        if (!error && count) error = mix_entry(pfs, dir, &entry, digest);
        if (error) return error;
        if (!count) break;
        cookie = entry.next;
    }
    mix(digest, ")", 1);
    return PORT_OK;
}

enum port_errno state_digest(struct pfs *pfs, uint64_t *digest) {
    uint64_t root;
    *digest = 1;
    enum port_errno error = pfs_files.open_root(pfs, "", &root);
    if (error) return error;
    error = mix_dir(pfs, root, digest);
    enum port_errno closed = pfs_files.close(pfs, root);
    return error ? error : closed;
}

static void print_problem(struct pfs_report *report, const char *path, const char *text) {
    (void)report;
    print_error("\"%s\": %s\n", path, text);
}

bool state_is_whole(struct pfs *pfs, bool is_quiet) {
    struct pfs_report report = {.problem = is_quiet ? NULL : print_problem};
    nacre_error error;
    return pfs_check(pfs, &report, &error) == NACRE_OK && report.problems == 0;
}
