/*
 * dirs.c - making, listing and removing directories.
 *
 * It wants an empty directory as "/".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, int result) {
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
    char *names[600];
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        char type = entry->d_type == DT_DIR ? '/' : entry->d_type == DT_REG ? ' ' : '?';
        size_t size = strlen(entry->d_name) + 2;
        char *name = malloc(size);
        snprintf(name, size, "%s%c", entry->d_name, type);
        names[count++] = name;
    }
    closedir(dir);
    qsort(names, (size_t)count, sizeof *names, by_name);
    printf("%s has %d:", path, count);
    for (int i = 0; i < count && i < 10; i++) printf(" %s", names[i]);
    printf("\n");
    for (int i = 0; i < count; i++) free(names[i]);
}

static void many(void) {
    char name[64];
    mkdir("/many", 0777);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "/many/a file with a rather long name number %d", i);
        close(open(name, O_CREAT | O_WRONLY, 0666));
    }
    list("/many");
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "/many/a file with a rather long name number %d", i);
        unlink(name);
    }
    say("rmdir many", rmdir("/many"));
}

int main(void) {
    list("/");
    say("mkdir", mkdir("/a", 0777));
    say("mkdir again", mkdir("/a", 0777));
    say("mkdir with slash", mkdir("/a/b/", 0777));
    say("mkdir without parent", mkdir("/x/y", 0777));
    close(open("/a/file", O_CREAT | O_WRONLY, 0666));
    list("/a");
    list("/a/b/..");
    list("/a/file");
    list("/nothing");
    say("rmdir full", rmdir("/a"));
    say("rmdir file", rmdir("/a/file"));
    say("unlink directory", unlink("/a/b"));
    say("rename directory", rename("/a/b", "/c"));
    say("rename over full", rename("/c", "/a"));
    say("chdir", chdir("/a"));
    say("relative", unlink("file"));
    say("rename over empty", rename("/c", "/a"));
    say("rmdir", rmdir("/a"));
    many();
    list("/");
    return 0;
}
