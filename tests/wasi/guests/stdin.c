/*
 * stdin.c - reading standard input to its end.
 *
 * guest-stdin: "one two\n" "three\n" "no newline"
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
    fprintf(stderr, "to standard error\n");
    return 3;
}
