/*
 * volume.c - volumes for the scripts here: trees of the host's files go in and come out.
 *
 *   pfs_volume create KEY FOLDER           makes FOLDER/nacre.pfs
 *   pfs_volume put KEY FOLDER TREE         copies what is in TREE into its first directory
 *   pfs_volume remove KEY FOLDER NAME...   removes files from there
 *   pfs_volume lose KEY FOLDER NAME...     the same, of open files, and crashes after a commit
 *   pfs_volume get KEY FOLDER TREE         checks it, and copies all of it into a new TREE
 *   pfs_volume check KEY FOLDER
 *
 * Holes stay holes, and times are kept.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pfs/pfs.h"
#include "port/posix/posix.h"

#define WANT(condition, what)                        \
    do {                                             \
        if (!(condition)) fail("%s failed", (what)); \
    } while (0)

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("pfs_volume: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static struct pfs *volume;
static const struct port_files *const files = &pfs_files;

/* --- Keys and volumes --- */

static void read_key(const char *path, uint8_t key[32]) {
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "nacre pfs key 1\n") == EOF) fail("%s: this is no key file", path);
    for (int i = 0; i < 32; i++)
        if (fscanf(file, "%2hhx", &key[i]) != 1) fail("%s: this is no key file", path);
    fclose(file);
}

static struct pfs_key key_of(const char *path) {
    static uint8_t bytes[32];
    read_key(path, bytes);
    return (struct pfs_key){PFS_KEY_FILE, bytes, sizeof bytes};
}

static void create(const char *key_path, const char *folder) {
    const struct pfs_key key = key_of(key_path);
    nacre_error error = {0};
    if (pfs_create(port_posix_allocator(), port_posix(), folder, &key, &error))
        fail("%s", error.text);
}

static uint64_t open_volume(const char *key_path, const char *folder, bool is_read_only) {
    const struct pfs_key key = key_of(key_path);
    const struct pfs_options options = {.is_read_only = is_read_only};
    nacre_error error = {0};
    uint64_t root;
    if (pfs_open(port_posix_allocator(), port_posix(), folder, &key, &options, &volume, &error))
        fail("%s", error.text);
    WANT(!files->open_root(volume, "", &root), "opening the first directory");
    return root;
}

static void close_volume(uint64_t root) {
    nacre_error error = {0};
    files->close(volume, root);
    if (pfs_close(volume, &error)) fail("%s", error.text);
}

static void tell_problem(struct pfs_report *report, const char *path, const char *text) {
    (void)report;
    fprintf(stderr, "%s: %s\n", path, text);
}

static void check(void) {
    struct pfs_report report = {.problem = tell_problem};
    nacre_error error = {0};
    if (pfs_check(volume, &report, &error)) fail("%s", error.text);
    if (report.problems) fail("%u problems", report.problems);
}

/* --- Into it --- */

static uint64_t nanoseconds(struct timespec time) {
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void put_data(int from, uint64_t to, off_t size) {
    static uint8_t buffer[1 << 20];
    for (off_t at = lseek(from, 0, SEEK_DATA); at >= 0; at = lseek(from, at, SEEK_DATA)) {
        off_t end = lseek(from, at, SEEK_HOLE);
        while (at < end) {
            size_t part = (size_t)(end - at) < sizeof buffer ? (size_t)(end - at) : sizeof buffer;
            ssize_t got = pread(from, buffer, part, at);
            WANT(got > 0, "reading a file");
            struct port_span span = {buffer, (size_t)got};
            size_t moved;
            WANT(!files->write_at(volume, to, &span, 1, (uint64_t)at, &moved) &&
                     moved == span.size,
                 "writing to the volume");
            at += got;
        }
    }
    WANT(!files->resize(volume, to, (uint64_t)size), "setting a size");
}

static void put_file(uint64_t dir, const char *name, const char *path, off_t size) {
    uint64_t to;
    int from = open(path, O_RDONLY);
    WANT(from >= 0, path);
    WANT(!files->open(volume, dir, name,
                      PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &to),
         path);
    put_data(from, to, size);
    files->close(volume, to);
    close(from);
}

static void put_link(uint64_t dir, const char *name, const char *path) {
    char target[PATH_MAX + 1];
    ssize_t size = readlink(path, target, PATH_MAX);
    WANT(size > 0, path);
    target[size] = 0;
    WANT(!files->symlink(volume, target, dir, name), path);
}

static void put_tree(uint64_t dir, const char *path);

static void put_entry(uint64_t dir, const char *name, const char *path) {
    struct stat stat;
    uint64_t below;
    WANT(!lstat(path, &stat), path);
    if (S_ISDIR(stat.st_mode)) {
        WANT(!files->make_dir(volume, dir, name), path);
        WANT(!files->open(volume, dir, name, PORT_OPEN_READ | PORT_OPEN_DIRECTORY, &below), path);
        put_tree(below, path);
        files->close(volume, below);
    } else if (S_ISLNK(stat.st_mode)) {
        put_link(dir, name, path);
    } else {
        put_file(dir, name, path, stat.st_size);
    }
    const struct port_times times = {.access = PORT_TIME_SET,
                                     .modify = PORT_TIME_SET,
                                     .access_ns = nanoseconds(stat.st_atim),
                                     .modify_ns = nanoseconds(stat.st_mtim)};
    WANT(!files->set_times(volume, dir, name, &times), path);
}

static void put_tree(uint64_t dir, const char *path) {
    char below[PATH_MAX];
    struct dirent *entry;
    DIR *stream = opendir(path);
    WANT(stream, path);
    while ((entry = readdir(stream))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        put_entry(dir, entry->d_name, below);
    }
    closedir(stream);
}

/* --- Out of it --- */

static bool is_zero(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i]) return false;
    return true;
}

/* All of a file but blocks of zeros. */
static void get_file(uint64_t dir, const char *name, const char *path, uint64_t size) {
    static uint8_t buffer[4096];
    uint64_t from;
    size_t moved = 1;
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    WANT(to >= 0, path);
    WANT(!files->open(volume, dir, name, PORT_OPEN_READ, &from), path);
    for (uint64_t at = 0; at < size; at += moved) {
        struct port_span span = {buffer, sizeof buffer};
        WANT(!files->read_at(volume, from, &span, 1, at, &moved) && moved, path);
        if (is_zero(buffer, moved)) continue;
        WANT(pwrite(to, buffer, moved, (off_t)at) == (ssize_t)moved, path);
    }
    WANT(!ftruncate(to, (off_t)size), path);
    files->close(volume, from);
    close(to);
}

static void get_link(uint64_t dir, const char *name, const char *path) {
    char target[PATH_MAX + 1];
    size_t size;
    WANT(!files->read_link(volume, dir, name, target, PATH_MAX, &size), path);
    target[size] = 0;
    WANT(!symlink(target, path), path);
}

static void get_tree(uint64_t dir, const char *path);

static void get_entry(uint64_t dir, const char *name, const char *path) {
    struct port_stat stat;
    uint64_t below;
    WANT(!files->stat(volume, dir, name, &stat), path);
    if (stat.type == PORT_TYPE_DIRECTORY) {
        WANT(!files->open(volume, dir, name, PORT_OPEN_READ | PORT_OPEN_DIRECTORY, &below), path);
        get_tree(below, path);
        files->close(volume, below);
    } else if (stat.type == PORT_TYPE_LINK) {
        get_link(dir, name, path);
    } else {
        get_file(dir, name, path, stat.size);
    }
    const struct timespec times[2] = {
        {(time_t)(stat.access_ns / 1000000000), (long)(stat.access_ns % 1000000000)},
        {(time_t)(stat.modify_ns / 1000000000), (long)(stat.modify_ns % 1000000000)}};
    WANT(!utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), path);
}

static void get_tree(uint64_t dir, const char *path) {
    char below[PATH_MAX];
    struct port_entry entry;
    uint32_t count;
    uint64_t cookie = 0;
    WANT(!mkdir(path, 0777), path);
    for (;;) {
        WANT(!files->read_dir(volume, dir, cookie, &entry, 1, &count), path);
        if (!count) return;
        cookie = entry.next;
        entry.name[entry.name_size] = 0;
        snprintf(below, sizeof below, "%s/%s", path, entry.name);
        get_entry(dir, entry.name, below);
    }
}

/* --- Files that go --- */

static void remove_file(uint64_t root, const char *name) {
    WANT(!files->unlink(volume, root, name), name);
}

static void lose_file(uint64_t root, const char *name) {
    uint64_t file;
    WANT(!files->open(volume, root, name, PORT_OPEN_READ, &file), name);
    remove_file(root, name);
}

static void crash(void) {
    nacre_error error = {0};
    if (pfs_commit(volume, &error)) fail("%s", error.text);
    _exit(0);
}

int main(int argc, char **argv) {
    const char *command = argc > 3 ? argv[1] : "";
    bool is_get = !strcmp(command, "get"), is_check = !strcmp(command, "check");
    bool is_put = !strcmp(command, "put"), is_lose = !strcmp(command, "lose");
    if (!strcmp(command, "create")) {
        create(argv[2], argv[3]);
        return 0;
    }
    if (!is_get && !is_check && !is_put && !is_lose && strcmp(command, "remove") != 0)
        fail("create, put, remove, lose, get or check, KEY, FOLDER and what it is about");
    uint64_t root = open_volume(argv[2], argv[3], is_get || is_check);
    if (is_get || is_check) check();
    for (int i = 4; i < argc; i++) {
        if (is_get) get_tree(root, argv[i]);
        else if (is_put) put_tree(root, argv[i]);
        else if (is_lose) lose_file(root, argv[i]);
        else remove_file(root, argv[i]);
    }
    if (is_lose) crash();
    close_volume(root);
    return 0;
}
