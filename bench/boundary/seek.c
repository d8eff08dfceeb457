/*
 * seek.c - the time of 1,000 looks at a file's position, one right after the other: seek [BLOCKS]
 *
 * Of the calls that every core has to make, one that is among the shortest.
 */
#include <unistd.h>

#include "boundary.h"

int main(int argc, char **argv) {
    if (lseek(0, 0, SEEK_CUR) < 0) return perror("seek"), 1;
    REPORT_CALLS("seek", argc > 1 ? strtol(argv[1], NULL, 10) : 100,
                 (void)lseek(0, 0, SEEK_CUR));
    return 0;
}
