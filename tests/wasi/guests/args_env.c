/*
 * args_env.c - arguments and environment.
 *
 * It wants the environment GREETING=hello (the last of two) and EMPTY= (args_env.flags), and no
 * arguments.
 */
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(int argc, char **argv) {
    printf("%d arguments\n", argc);
    for (int i = 1; i < argc; i++) printf("[%s]\n", argv[i]);
    printf("GREETING=%s\n", getenv("GREETING"));
    printf("EMPTY=[%s]\n", getenv("EMPTY"));
    printf("HOME is %s\n", getenv("HOME") ? "there" : "not there");
    int count = 0;
    while (environ[count]) count++;
    printf("%d variables\n", count);
    return 0;
}
