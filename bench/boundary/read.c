/* read.c - the time to read a file, 64 KiB at a time: read FILE [REPETITIONS] */
#include <fcntl.h>
#include <unistd.h>

#include "boundary.h"

static unsigned char buffer[65536];

static uint64_t read_all(const char *path) {
    uint64_t sum = 0;
    ssize_t size;
    int file = open(path, O_RDONLY);
    if (file < 0) return 0;
    while ((size = read(file, buffer, sizeof buffer)) > 0)
        sum = sum * 31 + (uint64_t)size + buffer[0] + buffer[size - 1];
    close(file);
    return size == 0 ? sum : 0;
}

int main(int argc, char **argv) {
    const long repetitions = argc > 2 ? strtol(argv[2], NULL, 10) : 3;
    uint64_t best = UINT64_MAX, sum = 0;
    if (argc < 2) return 2;
    for (long i = 0; i < repetitions; i++) {
        const uint64_t begin = now_ns();
        sum = read_all(argv[1]);
        const uint64_t taken = now_ns() - begin;
        if (sum == 0) return perror(argv[1]), 1;
        if (taken < best) best = taken;
    }
    report("read", "file", sum, (double)best);
    return 0;
}
