/* pfs_put.c - see pfs_put.h */
#include "pfs_put.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "report.h"

static int outside(const char *path, int number) {
    report(path, "%s", strerror(number));
    return CLI_FAILED;
}

static int inside(nacre_status status, const nacre_error *error) {
    if (status == NACRE_OK) return CLI_OK;
    report_error(NULL, error);
    return CLI_FAILED;
}

static ptrdiff_t read_bytes(void *env, void *buffer, size_t size) {
    FILE *in = env;
    size_t moved = fread(buffer, 1, size, in);
    return moved || !ferror(in) ? (ptrdiff_t)moved : -1;
}

static int put_stream(nacre_pfs *pfs, FILE *in, const char *name, const char *to) {
    nacre_error error;
    nacre_status status = nacre_pfs_write(pfs, to, read_bytes, in, &error);
    return ferror(in) ? outside(name, errno) : inside(status, &error);
}

static int put_file(nacre_pfs *pfs, const char *from, const char *to) {
    FILE *in = fopen(from, "rb");
    if (!in) return outside(from, errno);
    int status = put_stream(pfs, in, from, to);
    fclose(in);
    return status;
}

static int put_link(nacre_pfs *pfs, const char *from, const char *to) {
    char target[PATH_MAX];
    nacre_error error;
    ssize_t size = readlink(from, target, sizeof target - 1);
    if (size < 0) return outside(from, errno);
    target[size] = 0;
    return inside(nacre_pfs_make_link(pfs, to, target, &error), &error);
}

static int put_entries(nacre_pfs *pfs, DIR *dir, const char *from, const char *to) {
    const struct dirent *e;
    int status = CLI_OK;
    while (status == CLI_OK && (e = readdir(dir))) {
        char below[PATH_MAX], inner[PATH_MAX];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (snprintf(below, sizeof below, "%s/%s", from, e->d_name) >= PATH_MAX ||
            snprintf(inner, sizeof inner, "%s/%s", to, e->d_name) >= PATH_MAX)
            return outside(from, ENAMETOOLONG);
        status = put_tree(pfs, below, inner);
    }
    return status;
}

static int put_dir(nacre_pfs *pfs, const char *from, const char *to) {
    nacre_error error;
    int status = inside(nacre_pfs_make_dir(pfs, to, &error), &error);
    if (status) return status;
    DIR *dir = opendir(from);
    if (!dir) return outside(from, errno);
    status = put_entries(pfs, dir, from, to);
    closedir(dir);
    return status;
}

int put_tree(nacre_pfs *pfs, const char *from, const char *to) {
    struct stat stat;
    if (!from) return put_stream(pfs, stdin, "standard input", to);
    if (lstat(from, &stat)) return outside(from, errno);
    if (S_ISDIR(stat.st_mode)) return put_dir(pfs, from, to);
    if (S_ISLNK(stat.st_mode)) return put_link(pfs, from, to);
    return put_file(pfs, from, to);
}
