/*
 * stdin.c - reading standard input to its end.
 *
 * It wants 24 bytes: two lines, and a third without an end (stdin.stdin).
 */
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int bytes = 0, words = 0, lines = 0, inside = 0;
    for (int c; (c = getchar()) != EOF; bytes++) {
        lines += c == '\n';
        words += !isspace(c) && !inside;
        inside = !isspace(c);
    }
    printf("%d lines, %d words, %d bytes\n", lines, words, bytes);
    char byte;
    printf("then %d\n", (int)read(0, &byte, 1));
    fflush(stdout);
    fprintf(stderr, "to standard error\n");
    return 3;
}
