/*
 * files.c - a guest that writes and reads one large file: files.wasm PATH MIB
 *
 * Prints a line `NAME NANOSECONDS` for each part, a block of 4,096 bytes each: write and read in
 * pieces of 128 KiB, random reads of whole blocks, and the sync after writing, in all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, PIECE = 32 * BLOCK, READS = 50000 };

static char piece[PIECE];

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static unsigned next(unsigned long long *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 32);
}

static int reopen(int fd, const char *path, int how) {
    if (fd >= 0) close(fd);
    fd = open(path, how, 0666);
    if (fd >= 0) return fd;
    perror(path);
    exit(1);
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    unsigned long long state = 1;
    const unsigned blocks = (unsigned)strtoul(argv[2], NULL, 10) * (1048576 / BLOCK);
    for (unsigned i = 0; i < PIECE; i++) piece[i] = (char)next(&state);
    int fd = reopen(-1, argv[1], O_CREAT | O_TRUNC | O_WRONLY);
    double begin = now_ns();
    for (unsigned i = 0; i < blocks; i += PIECE / BLOCK)
        if (write(fd, piece, PIECE) != PIECE) fail("write");
    printf("write %.0f\n", (now_ns() - begin) / blocks);
    begin = now_ns();
    if (fsync(fd)) fail("fsync");
    printf("sync %.0f\n", now_ns() - begin);
    fd = reopen(fd, argv[1], O_RDONLY);
    begin = now_ns();
    for (unsigned i = 0; i < blocks; i += PIECE / BLOCK)
        if (read(fd, piece, PIECE) != PIECE) fail("read");
    printf("read %.0f\n", (now_ns() - begin) / blocks);
    fd = reopen(fd, argv[1], O_RDONLY);
    begin = now_ns();
    for (unsigned i = 0; i < READS; i++)
        if (pread(fd, piece, BLOCK, (off_t)(next(&state) % blocks) * BLOCK) != BLOCK)
            fail("pread");
    printf("random %.0f\n", (now_ns() - begin) / READS);
    return 0;
}
