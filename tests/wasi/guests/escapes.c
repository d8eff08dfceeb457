/*
 * escapes.c - trying to leave the granted directory, and failing.
 *
 * It wants a directory as "/" that holds (escapes.setup makes it)
 *     a file "inside" with the contents "inside",
 *     a directory "sub",
 *     a link "absolute" to "/etc",
 *     a link "absolute_file" to "/etc/passwd",
 *     a link "relative" to "../outside",
 *     a link "sub/far" to "../../outside",
 *     a link "sub/near" to "../inside".
 * Beside that directory, on the host, is a directory "outside" with a file "secret".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *result(int failed) { return failed < 0 ? strerror(errno) : "ok"; }

static int root; /* the granted directory, as wasi-libc's own paths are checked by wasi-libc */

static void try_open(const char *path) {
    int fd = openat(root, path, O_RDONLY);
    printf("open %s: %s\n", path, result(fd));
    if (fd >= 0) close(fd);
}

static void try_all(const char *path) {
    struct stat stat;
    char text[64];
    try_open(path);
    printf("  create: %s\n", result(openat(root, path, O_CREAT | O_WRONLY, 0666)));
    printf("  truncate: %s\n", result(openat(root, path, O_TRUNC | O_WRONLY)));
    printf("  stat: %s\n", result(fstatat(root, path, &stat, 0)));
    printf("  mkdir: %s\n", result(mkdirat(root, path, 0777)));
    printf("  unlink: %s\n", result(unlinkat(root, path, 0)));
    printf("  rmdir: %s\n", result(unlinkat(root, path, AT_REMOVEDIR)));
    printf("  rename away: %s\n", result(renameat(root, path, root, "mine")));
    printf("  rename over: %s\n", result(renameat(root, "inside", root, path)));
    printf("  link away: %s\n", result(linkat(root, path, root, "mine", 0)));
    printf("  link over: %s\n", result(linkat(root, "inside", root, path, 0)));
    printf("  symlink: %s\n", result(symlinkat("x", root, path)));
    printf("  readlink: %s\n", result((int)readlinkat(root, path, text, sizeof text)));
}

int main(void) {
    root = 3;
    try_open("inside");
    try_open("sub/near");
    try_open("sub/../inside");
    try_open("sub/../sub/../inside");
    try_all("../outside/secret");
    try_all("sub/../../outside/secret");
    try_all("relative/secret");
    try_all("absolute/passwd");
    try_all("sub/far/secret");
    try_open("absolute_file");
    try_open("/etc/passwd");
    try_open("//inside");
    try_open("..");
    try_open("sub/../..");
    printf("symlink out: %s\n", result(symlinkat("/etc/passwd", root, "new")));
    /* A relative one may be made, and leads nowhere. */
    printf("symlink up: %s\n", result(symlinkat("../outside", root, "new")));
    try_open("new/secret");
    printf("unlink: %s\n", result(unlinkat(root, "new", 0)));
    /* From a directory inside, ".." does not even lead to the granted one. */
    root = openat(root, "sub", O_RDONLY | O_DIRECTORY);
    try_open("near");
    try_open("../inside");
    return 0;
}
