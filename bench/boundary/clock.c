/* clock.c - the time of 1,000 looks at the clock, one right after the other: clock [BLOCKS] */
#include "boundary.h"

int main(int argc, char **argv) {
    REPORT_CALLS("clock", argc > 1 ? strtol(argv[1], NULL, 10) : 100, (void)now_ns());
    return 0;
}
