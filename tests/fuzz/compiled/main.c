/*
 * main.c - runs modules interpreted and compiled, in ways chosen by turns, and compares all that
 * happens:
 *
 *   compiled [-s TURN] [-n WAYS] [-w WAY] [-f FOLDER] [-d FOLDER] FILE...
 *
 * Of each FILE, a module, or one in hexadecimal digits if its name ends with .hex, WAYS are tried,
 * or this one. What differs is copied to the first FOLDER. The second is for LLVM's intermediate
 * form. A name with .free. is that of a module that does the same only when it is deterministic.
 *
 * A process of its own runs them until one ends it: then the next begins with the module after.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/compiled/way.h"

enum { MODULE_MAX = 1 << 20, SECONDS = 60 };

struct options {
    uint32_t turn, ways;
    int way; /* -1: some */
    const char *findings, *dump;
    char work[64];
    char **files;
    uint32_t count;
};

/* What the process tells the one that started it. */
struct progress {
    uint32_t file, way; /* what it is at: way counts up to options.ways */
    uint32_t runs, skipped, misplaced, failed;
    struct late_counts late;
};

/* --- Modules --- */

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static size_t from_hex(uint8_t *bytes, size_t size) {
    size_t count = 0;
    bool is_comment = false, has_high = false;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '#' || bytes[i] == '\n') is_comment = bytes[i] == '#';
        if (is_comment || !isxdigit(bytes[i])) continue;
        uint8_t digit = (uint8_t)(bytes[i] <= '9' ? bytes[i] - '0' : (bytes[i] | 0x20) - 'a' + 10);
        if (has_high) bytes[count] = (uint8_t)(bytes[count] | digit);
        else bytes[count] = (uint8_t)(digit << 4);
        count += has_high;
        has_high = !has_high;
    }
    return count;
}

static size_t read_module(const char *path, uint8_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t size = fread(bytes, 1, MODULE_MAX, file);
    fclose(file);
    return ends_with(path, ".hex") ? from_hex(bytes, size) : size;
}

/* --- Findings --- */

static uint32_t way_number(const struct options *o, const char *path, uint32_t file, uint32_t n) {
    const uint32_t deterministic = 16;
    uint32_t number = o->way >= 0 ? (uint32_t)o->way : way_choose(o->turn, file, n);
    return strstr(path, ".free.") ? number | deterministic : number;
}

static void put(const struct options *o, const char *name, const char *end, const void *bytes,
                size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", o->findings, name, end);
    FILE *file = fopen(path, "wb");
    if (file) fwrite(bytes, 1, size, file);
    if (file) fclose(file);
}

static void keep(const struct options *o, const struct progress *at, const char *report) {
    static uint8_t bytes[MODULE_MAX];
    const char *path = o->files[at->file];
    uint32_t hash = 0x811C9DC5u, number = way_number(o, path, at->file, at->way);
    struct way way = way_of(number);
    char name[64], text[200], late[32] = "";
    size_t size = read_module(path, bytes);
    for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 0x01000193u;
    snprintf(name, sizeof name, "compiled-%08x-w%u%s", hash, number,
             strstr(path, ".free.") ? ".free" : "");
    if (way.late) snprintf(late, sizeof late, ", late %u", way.late);
    snprintf(text, sizeof text, "%s: way %u: -O%u%s%s%s%s, target %u%s\n", path, number, way.level,
             way.explicit_bounds ? ", explicit" : "", way.metering ? ", fuel" : "",
             way.deterministic ? ", deterministic" : "", way.gc_stress ? ", gc stress" : "",
             way.target, late);
    printf("finding %s: %s%s", name, text, report);
    fflush(stdout);
    if (!o->findings) return;
    put(o, name, ".wasm", bytes, size);
    put(o, name, ".txt", report, strlen(report));
}

/* --- Running --- */

/* Of processor time: the machine may have other things to do. */
static void limit(int seconds) {
    const struct itimerval timer = {.it_value.tv_sec = seconds};
    setitimer(ITIMER_PROF, &timer, NULL);
}

static void add_late(struct late_counts *to, const struct late_counts *from) {
    to->runs += from->runs;
    to->inside += from->inside;
    to->compiled += from->compiled;
    to->continued += from->continued;
}

static void run_one(const struct options *o, struct progress *at, const uint8_t *bytes,
                    size_t size) {
    struct run_report report;
    struct way way = way_of(way_number(o, o->files[at->file], at->file, at->way));
    limit(SECONDS);
    enum run_result result = run_both(bytes, size, way, o->work, o->dump, &report);
    limit(0);
    at->runs++;
    at->skipped += result == RUN_NOT_LOADED;
    at->misplaced += result == RUN_MISPLACED;
    at->failed += result == RUN_DIFFERS;
    add_late(&at->late, &report.late);
    if (result == RUN_DIFFERS) keep(o, at, report.text ? report.text : "");
    free(report.text);
}

static void work_on(const struct options *o, struct progress *at) {
    static uint8_t bytes[MODULE_MAX];
    for (; at->file < o->count; at->file++, at->way = 0) {
        size_t size = read_module(o->files[at->file], bytes);
        uint8_t *copy = malloc(size ? size : 1); /* of its exact size, for sanitizers */
        if (!copy) exit(1);
        memcpy(copy, bytes, size);
        for (; at->way < o->ways; at->way++) run_one(o, at, copy, size);
        free(copy);
    }
}

static void run_all(const struct options *o, struct progress *at) {
    while (at->file < o->count) {
        int status;
        char report[64];
        pid_t child = fork();
        if (child < 0) exit(1);
        if (child == 0) {
            work_on(o, at);
            fflush(stdout);
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child) exit(1);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
        if (WIFSIGNALED(status))
            snprintf(report, sizeof report, "signal %d\n", WTERMSIG(status));
        else
            snprintf(report, sizeof report, "exit status %d\n", WEXITSTATUS(status));
        at->failed++;
        at->runs++;
        keep(o, at, report);
        at->way = 0;
        at->file++;
    }
}

int main(int argc, char **argv) {
    struct options o = {.ways = 1, .way = -1, .work = "/tmp/nacre-compiled-XXXXXX"};
    int option;
    while ((option = getopt(argc, argv, "s:n:w:f:d:")) != -1) {
        switch (option) {
        case 's': o.turn = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'n': o.ways = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'w': o.way = (int)strtol(optarg, NULL, 10); break;
        case 'f': o.findings = optarg; break;
        case 'd': o.dump = optarg; break;
        default: return EXIT_FAILURE;
        }
    }
    o.files = argv + optind;
    o.count = (uint32_t)(argc - optind);
    if (!mkdtemp(o.work)) return EXIT_FAILURE;
    struct progress *at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return EXIT_FAILURE;
    run_all(&o, at);
    rmdir(o.work);
    if (at->misplaced) printf("%u faults had another place\n", at->misplaced);
    if (at->late.runs)
        printf("%u runs with a late image, %u of them inside a function: %u went on compiled, "
               "%u in a loop\n", at->late.runs, at->late.inside, at->late.compiled,
               at->late.continued);
    printf("%u passed, %u failed, 0 skipped\n", at->runs - at->skipped - at->failed, at->failed);
    return at->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
