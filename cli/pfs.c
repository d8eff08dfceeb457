/* pfs.c - the verb `pfs`: volumes of protected files, from outside. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nacre/pfs.h>

#include "flags.h"
#include "keys.h"
#include "report.h"
#include "pfs_put.h"
#include "volume_key.h"

struct pfs_flags {
    const char *key;
    const char *new_key;
    const char *passphrase;
    bool is_long;
};

#define AT(field) offsetof(struct pfs_flags, field)
static const struct flag flags[] = {
    {"key", 'k', FLAG_TEXT, "KEYFILE", "The key that opens the volume.", AT(key)},
    {"passphrase", 'p', FLAG_TEXT, "FILE",
     "The passphrase that opens it: what is in this file, without its last line's end.",
     AT(passphrase)},
    {"new-key", 0, FLAG_TEXT, "KEYFILE", "create: make this key; keep it secret, and keep it.",
     AT(new_key)},
    {"long", 'l', FLAG_BOOL, NULL, "ls: print kind, size, time of the last change, and name.",
     AT(is_long)},
    {0},
};
#undef AT

/* An action's own part of the command line, and the volume that it is about. */
struct action {
    const struct verb *verb;
    const struct pfs_flags *set;
    char *host;       /* its directory */
    const char *path; /* in it; "" where the command line has none */
    const char *file; /* outside of it, or NULL */
    nacre_engine *engine;
    struct volume_key key;
    nacre_pfs *pfs;
};

static int failed(const struct action *a, nacre_status status, const nacre_error *error) {
    static const struct {
        nacre_status status;
        const char *hint;
    } hints[] = {
        {NACRE_INTEGRITY, "nacre pfs check tells what is damaged"},
        {NACRE_NOT_FOUND, NULL},
    };
    const char *hint = NULL;
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (hints[i].status == status && a->pfs) hint = hints[i].hint;
    report_error_with(a->host, error, hint);
    return CLI_FAILED;
}

/* --- create --- */

static int create(struct action *a) {
    nacre_error error;
    if (a->set->new_key && !key_make_secret(a->set->new_key)) return CLI_FAILED;
    const char *key = a->set->new_key ? a->set->new_key : a->set->key;
    if (!volume_key_read(key, a->set->passphrase, &a->key)) return CLI_FAILED;
    nacre_status status = nacre_pfs_create(a->engine, a->host, &a->key.key, &error);
    return status ? failed(a, status, &error) : CLI_OK;
}

/* --- ls --- */

static void print_time(uint64_t ns) {
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm utc;
    char text[32] = "";
    if (gmtime_r(&seconds, &utc)) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    printf("%20s", text);
}

static bool print_entry(void *env, const nacre_pfs_entry *entry) {
    const struct action *a = env;
    static const char kinds[] = {[NACRE_PFS_FILE] = '-', [NACRE_PFS_DIRECTORY] = 'd',
                                 [NACRE_PFS_LINK] = 'l'};
    if (a->set->is_long) {
        printf("%c %12" PRIu64 " ", kinds[entry->type], entry->size);
        print_time(entry->modify_ns);
        putchar(' ');
    }
    print_text(stdout, entry->name, strlen(entry->name));
    if (entry->type == NACRE_PFS_DIRECTORY) putchar('/');
    if (a->set->is_long && entry->target) {
        fputs(" -> ", stdout);
        print_text(stdout, entry->target, strlen(entry->target));
    }
    putchar('\n');
    return true;
}

static int list(struct action *a) {
    nacre_error error;
    nacre_status status = nacre_pfs_list(a->pfs, a->path, print_entry, a, &error);
    return status ? failed(a, status, &error) : CLI_OK;
}

/* --- cat --- */

static bool print_bytes(void *env, const void *bytes, size_t size) {
    (void)env;
    return fwrite(bytes, 1, size, stdout) == size;
}

static int cat(struct action *a) {
    nacre_error error;
    nacre_status status = nacre_pfs_read(a->pfs, a->path, print_bytes, NULL, &error);
    if (status) return failed(a, status, &error);
    if (fflush(stdout) == 0 && !ferror(stdout)) return CLI_OK;
    report("standard output", "%s", strerror(errno));
    return CLI_FAILED;
}

static void print_problem(void *env, const char *path, const char *text) {
    (void)env;
    print_text(stdout, *path ? path : "/", *path ? strlen(path) : 1);
    fputs(": ", stdout);
    print_text(stdout, text, strlen(text));
    putchar('\n');
}

/* --- put --- */

static int put(struct action *a) { return put_tree(a->pfs, a->file, a->path); }

/* --- check --- */

static int check(struct action *a) {
    nacre_pfs_report found;
    nacre_error error;
    nacre_status status = nacre_pfs_check(a->pfs, print_problem, NULL, &found, &error);
    if (status) return failed(a, status, &error);
    printf("%" PRIu64 " files, %" PRIu64 " directories, %" PRIu64 " links; %" PRIu64
           " bytes in files; %" PRIu64 " of %" PRIu64 " bytes of the volume are free\n",
           found.files, found.directories, found.links, found.bytes, found.free_bytes,
           found.volume_bytes);
    if (!found.problems) return CLI_OK;
    report(a->host, "%" PRIu64 " problems", found.problems);
    return CLI_FAILED;
}

/* --- The verb --- */

static const struct {
    const char *name;
    int (*run)(struct action *a);
    bool makes, changes, has_path, has_file; /* has_file: after the path, if it is given */
} actions[] = {
    {"create", create, true, true, false, false}, {"ls", list, false, false, false, false},
    {"cat", cat, false, false, true, false},      {"put", put, false, true, false, true},
    {"check", check, false, false, false, false},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static int check_flags(const struct verb *verb, const struct pfs_flags *set, bool makes) {
    const int given = (set->key != NULL) + (set->passphrase != NULL) + (set->new_key != NULL);
    if (set->new_key && !makes) return flags_misused(verb, "--new-key is for create");
    if (given == 1) return -1;
    if (given) return flags_misused(verb, "one key or passphrase");
    return flags_misused(verb, makes ? "which key? --new-key makes one, --key or --passphrase "
                                       "name what there is"
                                     : "which key? --key or --passphrase names it");
}

/* HOST[::PATH] [FILE] */
static int take_arguments(struct action *a, size_t i, const struct arguments *args) {
    const size_t most = actions[i].has_file ? 2 : 1;
    if (args->count == 0) return flags_misused(a->verb, "which volume?");
    if (args->count > most) return flags_misused(a->verb, "one volume");
    a->host = strdup(args->items[0]);
    if (!a->host) return report_no_memory();
    char *path = strstr(a->host, "::");
    if (path) *path = 0;
    a->path = path ? path + 2 : "";
    a->file = args->count > 1 ? args->items[1] : NULL;
    if (actions[i].has_path && !*a->path)
        return flags_misused(a->verb, "which file? HOST::PATH names it");
    return -1;
}

static int run(struct action *a, size_t i) {
    nacre_config config;
    nacre_error error;
    nacre_config_init(&config);
    if (nacre_engine_create(&config, &a->engine) != NACRE_OK) return report_no_memory();
    if (actions[i].makes) return actions[i].run(a);
    if (!volume_key_read(a->set->key, a->set->passphrase, &a->key)) return CLI_FAILED;
    nacre_status status = nacre_pfs_open(a->engine, a->host, &a->key.key, !actions[i].changes,
                                         &a->pfs, &error);
    if (status) return failed(a, status, &error);
    int result = actions[i].run(a);
    status = nacre_pfs_close(a->pfs, &error);
    return status && result == CLI_OK ? failed(a, status, &error) : result;
}

static int pfs_main(const struct verb *verb, int argc, char **argv) {
    struct pfs_flags set = {0};
    struct arguments args;
    size_t i = 0;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status >= 0) return status;
    while (i < ACTIONS && (!args.count || strcmp(actions[i].name, args.items[0]) != 0)) i++;
    if (i == ACTIONS) return flags_misused(verb, "create, ls, cat, put or check?");
    const struct arguments rest = {args.items + 1, args.count - 1};
    struct action a = {.verb = verb, .set = &set};
    status = check_flags(verb, &set, actions[i].makes);
    if (status < 0) status = take_arguments(&a, i, &rest);
    if (status < 0) status = run(&a, i);
    volume_key_clear(&a.key);
    nacre_engine_destroy(a.engine);
    free(a.host);
    return status;
}

static const char *const text[] = {
    "Makes volumes of protected files, and looks into them. A volume is one file, nacre.pfs, in "
    "the directory HOST: whoever holds that can neither read what is in it nor change it "
    "unnoticed. nacre run --protected grants it to a program.",
    "create makes an empty one. ls prints what is in a directory, cat a file; put writes standard "
    "input, or FILE, to a file of the volume, whole or not at all; of a directory, all that is in "
    "it. check reads everything and "
    "tells what is damaged: its exit status is then 1.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre pfs create --new-key notes.key notes", "a volume, and the key to it"},
    {"echo hello | nacre pfs put --key notes.key notes::greeting", "a file in it"},
    {"nacre run --protected --key notes.key --dir notes::/notes app.wasm",
     "a program that has it as /notes"},
    {"nacre pfs check --key notes.key notes", "is all of it there?"},
    {0},
};

const struct verb verb_pfs = {
    .name = "pfs",
    .summary = "Make volumes of protected files, and look into them",
    .arguments = "[FLAG...] create HOST | ls HOST[::PATH] | cat HOST::PATH | put HOST::PATH "
                 "[FILE] | check HOST",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = pfs_main,
};
