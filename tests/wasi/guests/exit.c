/* exit.c - leaving by exit, from deep inside. The exit status is 42. */
#include <stdio.h>
#include <stdlib.h>

static void at_exit(void) { printf("cleaning up\n"); }

static void down(int depth) {
    if (depth == 0) exit(42);
    down(depth - 1);
    printf("never\n");
}

int main(void) {
    atexit(at_exit);
    printf("going down\n");
    down(100);
    return 0;
}
