/*
 * run_suite.c - runs the official tests of WASI 0.1: run_suite NACRE FOLDER
 *
 * FOLDER holds folders of NAME.wasm, each with an optional NAME.json: args, env, root (a folder
 * beside it that the guest gets as "/"; a fresh copy each time), exit_code (0), stdout.
 * Prints a line a failure and `N passed, N failed, 0 skipped`.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

enum { ARGS_MAX = 64, TEXT_MAX = 4096, OUTPUT_MAX = 65536 };

struct test {
    const char *folder;
    char wasm[TEXT_MAX];
    json_t *spec;
    char copy[TEXT_MAX]; /* of the root; "" if there is none */
    char entries[ARGS_MAX][TEXT_MAX];
    const char *argv[ARGS_MAX];
    int argc;
};

static void add(struct test *t, const char *arg) {
    if (t->argc < ARGS_MAX - 1) t->argv[t->argc++] = arg;
}

static int run(const char *const *argv, const char *output) {
    pid_t child = fork();
    if (child == 0) {
        int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 1);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void copy_root(struct test *t, const char *root) {
    char from[TEXT_MAX * 2];
    snprintf(from, sizeof from, "%s/%s", t->folder, root);
    snprintf(t->copy, sizeof t->copy, "wasi-root-%d", (int)getpid());
    const char *remove[] = {"rm", "-rf", t->copy, NULL};
    const char *copy[] = {"cp", "-R", from, t->copy, NULL};
    if (run(remove, "/dev/null") != 0 || run(copy, "/dev/null") != 0) perror("cp");
}

static void add_flags(struct test *t) {
    const char *key, *root = json_string_value(json_object_get(t->spec, "root"));
    json_t *value;
    static char dir[TEXT_MAX * 2];
    int n = 0;
    add(t, "run");
    if (root) {
        copy_root(t, root);
        snprintf(dir, sizeof dir, "%s::/", t->copy);
        add(t, "--dir");
        add(t, dir);
    }
    json_object_foreach(json_object_get(t->spec, "env"), key, value) {
        snprintf(t->entries[n], TEXT_MAX, "%s=%s", key, json_string_value(value));
        add(t, "--env");
        add(t, t->entries[n++]);
    }
}

static bool same_output(const struct test *t, const char *file) {
    const char *wanted = json_string_value(json_object_get(t->spec, "stdout"));
    static char text[OUTPUT_MAX];
    if (!wanted) return true;
    FILE *f = fopen(file, "rb");
    if (!f) return false;
    size_t size = fread(text, 1, sizeof text, f);
    fclose(f);
    return size == strlen(wanted) && memcmp(text, wanted, size) == 0;
}

static bool passes(struct test *t, const char *nacre) {
    json_t *arg;
    size_t i;
    char output[TEXT_MAX];
    add(t, nacre);
    add_flags(t);
    add(t, t->wasm);
    json_array_foreach(json_object_get(t->spec, "args"), i, arg) add(t, json_string_value(arg));
    snprintf(output, sizeof output, "wasi-output-%d", (int)getpid());
    int wanted = (int)json_integer_value(json_object_get(t->spec, "exit_code"));
    int status = run(t->argv, output);
    bool same = same_output(t, output);
    if (status != wanted) printf("FAILED %s: status %d, not %d\n", t->wasm, status, wanted);
    else if (!same) printf("FAILED %s: another output\n", t->wasm);
    unlink(output);
    const char *remove[] = {"rm", "-rf", t->copy, NULL};
    if (t->copy[0]) (void)run(remove, "/dev/null");
    return status == wanted && same;
}

static bool run_one(const char *nacre, const char *folder, const char *name) {
    struct test *t = calloc(1, sizeof *t);
    char spec[TEXT_MAX];
    if (!t) return false;
    t->folder = folder;
    snprintf(t->wasm, sizeof t->wasm, "%s/%s", folder, name);
    snprintf(spec, sizeof spec, "%s/%.*s.json", folder, (int)(strlen(name) - 5), name);
    t->spec = json_load_file(spec, 0, NULL); /* NULL: none, which all getters take as empty */
    bool ok = passes(t, nacre);
    json_decref(t->spec);
    free(t);
    return ok;
}

static void run_folder(const char *nacre, const char *folder, unsigned counts[2]) {
    DIR *dir = opendir(folder);
    struct dirent *e;
    while (dir && (e = readdir(dir))) {
        size_t size = strlen(e->d_name);
        if (size > 5 && strcmp(e->d_name + size - 5, ".wasm") == 0)
            counts[run_one(nacre, folder, e->d_name)]++;
    }
    if (dir) closedir(dir);
}

int main(int argc, char **argv) {
    unsigned counts[2] = {0};
    char folder[TEXT_MAX];
    if (argc != 3) return 2;
    DIR *dir = opendir(argv[2]);
    struct dirent *e;
    while (dir && (e = readdir(dir))) {
        if (e->d_name[0] == '.') continue;
        snprintf(folder, sizeof folder, "%s/%s", argv[2], e->d_name);
        run_folder(argv[1], folder, counts);
    }
    if (dir) closedir(dir);
    printf("%u passed, %u failed, 0 skipped\n", counts[1], counts[0]);
    return counts[0] || !counts[1];
}
