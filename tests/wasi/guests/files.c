/*
 * files.c - making, writing, reading, moving and removing files.
 *
 * It wants an empty directory as "/".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, long long result) {
    if (result < 0) printf("%s: %s\n", what, strerror(errno));
    else printf("%s: %lld\n", what, result);
}

static void show(const char *path) {
    char text[200];
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = 0;
    printf("%s: [%s]\n", path, text);
    fclose(file);
}

static void positions(void) {
    char text[8] = {0};
    int fd = open("/data", O_RDWR | O_CREAT | O_EXCL, 0666);
    say("write", write(fd, "0123456789", 10));
    say("lseek", lseek(fd, 3, SEEK_SET));
    say("read", read(fd, text, 4));
    printf("%s\n", text);
    say("lseek end", lseek(fd, -1, SEEK_END));
    say("pwrite", pwrite(fd, "AB", 2, 1));
    say("pread", pread(fd, text, 7, 0));
    printf("%.7s\n", text);
    say("tell", lseek(fd, 0, SEEK_CUR));
    say("before the start", lseek(fd, -1, SEEK_SET));
    say("ftruncate", ftruncate(fd, 5));
    show("/data");
    say("ftruncate", ftruncate(fd, 7));
    struct stat stat;
    say("fstat", fstat(fd, &stat));
    printf("%lld bytes, %s\n", (long long)stat.st_size, S_ISREG(stat.st_mode) ? "regular" : "?");
    say("fsync", fsync(fd));
    say("close", close(fd));
    say("close again", close(fd));
}

static void modes(void) {
    int fd = open("/data", O_WRONLY | O_APPEND);
    say("append", write(fd, "end", 3));
    char byte;
    say("read a file open for writing", read(fd, &byte, 1));
    close(fd);
    fd = open("/data", O_RDONLY);
    say("write a file open for reading", write(fd, "x", 1));
    close(fd);
    say("exclusive", open("/data", O_RDWR | O_CREAT | O_EXCL, 0666));
    fd = open("/data", O_WRONLY | O_TRUNC);
    close(fd);
    show("/data");
    say("missing", open("/nothing", O_RDONLY));
    say("file as directory", open("/data/x", O_RDONLY));
    say("slash", open("/data/", O_RDONLY));
}

int main(void) {
    positions();
    modes();
    FILE *file = fopen("/text", "w");
    for (int i = 0; i < 3; i++) fprintf(file, "line %d\n", i);
    fclose(file);
    say("rename", rename("/text", "/moved"));
    show("/text");
    show("/moved");
    say("link", link("/moved", "/twin"));
    say("unlink", unlink("/moved"));
    show("/twin");
    say("unlink", unlink("/twin"));
    say("unlink", unlink("/twin"));
    say("unlink", unlink("/data"));
    return 0;
}
