/*
 * links.c - symbolic links inside of one directory.
 *
 * It wants an empty directory as "/".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static void show(const char *path) {
    char text[32] = {0};
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    read(fd, text, sizeof text - 1);
    close(fd);
    printf("%s: [%s]\n", path, text);
}

static void read_link(const char *path) {
    char target[32] = {0};
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size < 0) printf("%s: %s\n", path, strerror(errno));
    else printf("%s -> %s (%d)\n", path, target, (int)size);
}

static const char *type_of(const char *path, int flags) {
    struct stat stat;
    if (fstatat(AT_FDCWD, path, &stat, flags)) return strerror(errno);
    return S_ISLNK(stat.st_mode) ? "link" : S_ISDIR(stat.st_mode) ? "directory" : "file";
}

int main(void) {
    mkdir("/dir", 0777);
    mkdir("/dir/sub", 0777);
    int fd = open("/dir/file", O_CREAT | O_WRONLY, 0666);
    write(fd, "contents", 8);
    close(fd);
    say("to file", symlink("dir/file", "/to_file"));
    say("to dir", symlink("dir", "/to_dir"));
    say("back up", symlink("../file", "/dir/sub/up"));
    say("loop", symlink("loop", "/loop"));
    say("dangling", symlink("gone", "/dangling"));
    say("again", symlink("x", "/loop"));
    show("/to_file");
    show("/to_dir/file");
    show("/to_dir/sub/up");
    show("/to_dir/sub/../sub/up");
    show("/loop");
    show("/loop/x");
    show("/dangling");
    show("/to_file/");
    read_link("/to_file");
    read_link("/to_dir/sub/up");
    read_link("/dir");
    read_link("/nothing");
    printf("%s %s\n", type_of("/to_dir", 0), type_of("/to_dir", AT_SYMLINK_NOFOLLOW));
    printf("%s %s\n", type_of("/loop", 0), type_of("/loop", AT_SYMLINK_NOFOLLOW));
    fd = open("/dangling", O_CREAT | O_WRONLY, 0666);
    say("create through a link", fd);
    write(fd, "made", 4);
    close(fd);
    show("/gone");
    say("no following", open("/to_file", O_RDONLY | O_NOFOLLOW));
    say("rename link", rename("/to_file", "/renamed"));
    read_link("/renamed");
    show("/renamed");
    say("unlink link", unlink("/to_dir"));
    show("/dir/file");
    return 0;
}
