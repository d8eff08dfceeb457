/* pfs.c - the verb `pfs`: volumes of protected files, from outside. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nacre/pfs.h>

#include "flags.h"
#include "report.h"
#include "pfs_put.h"
#include "volume_key.h"

struct pfs_flags {
    const char *key;
    const char *new_key;
    const char *passphrase;
    struct text_list to, to_passphrases;
    uint64_t drop;
    bool adds;
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
    {"to", 0, FLAG_LIST, "KEYFILE",
     "rekey: a key that opens the volume from then on: a key file, or the public key of a "
     "recipient.", AT(to)},
    {"to-passphrase", 0, FLAG_LIST, "FILE",
     "rekey: the file of a passphrase that opens it from then on.", AT(to_passphrases)},
    {"add", 0, FLAG_BOOL, NULL,
     "rekey: what opened the volume so far does so still, and its own key stays.", AT(adds)},
    {"drop", 0, FLAG_COUNT, "N",
     "rekey: only take away the key in this slot, 1 to 8, as nacre pfs keys numbers them.",
     AT(drop)},
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

static bool read_key(struct action *a) {
    const struct pfs_flags *set = a->set;
    if (set->passphrase) return volume_passphrase_read(set->passphrase, &a->key);
    return volume_key_read(set->new_key ? set->new_key : set->key, &a->key);
}

/* --- create, keygen --- */

static int keygen(struct action *a) {
    return volume_recipient_make(a->host) ? CLI_OK : CLI_FAILED;
}

static int create(struct action *a) {
    nacre_error error;
    if (a->set->new_key && !volume_key_make(a->set->new_key)) return CLI_FAILED;
    if (!read_key(a)) return CLI_FAILED;
    nacre_status status = nacre_pfs_create(a->engine, a->host, &a->key.key, &error);
    if (!status) return CLI_OK;
    if (a->set->new_key) unlink(a->set->new_key); /* it opens nothing */
    return failed(a, status, &error);
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

/* --- keys, rekey --- */

static int show_keys(struct action *a) {
    static const char *const kinds[] = {[NACRE_PFS_KEY] = "key file",
                                        [NACRE_PFS_PASSPHRASE] = "passphrase",
                                        [NACRE_PFS_SEALED] = "sealed for a TEE",
                                        [NACRE_PFS_RECIPIENT] = "recipient"};
    nacre_pfs_slots slots;
    nacre_pfs_get_slots(a->pfs, &slots);
    for (uint32_t i = 0; i < NACRE_PFS_SLOTS; i++)
        if (slots.kinds[i] != NACRE_PFS_NO_KEY)
            printf("%" PRIu32 " %s%s\n", i + 1, kinds[slots.kinds[i]],
                   i == slots.opened ? " (opened it)" : "");
    if (slots.is_unfinished)
        report(a->host, "another key was begun for it; nacre pfs rekey goes on");
    return CLI_OK;
}

/* What is to open the volume: what flags name, else what opened it now. */
static int read_new_keys(const struct action *a, struct volume_key *made, nacre_pfs_key *keys,
                         uint32_t *count) {
    const struct text_list *files = &a->set->to, *passphrases = &a->set->to_passphrases;
    *count = 0;
    if (files->count + passphrases->count > NACRE_PFS_SLOTS)
        return flags_misused(a->verb, "at most 8 keys open a volume");
    for (size_t i = 0; i < files->count + passphrases->count; i++) {
        struct volume_key *key = &made[*count];
        bool was_read = i < files->count
                            ? volume_key_read(files->items[i], key)
                            : volume_passphrase_read(passphrases->items[i - files->count], key);
        if (!was_read) return CLI_FAILED;
        keys[(*count)++] = key->key;
    }
    if (*count == 0 && !a->set->adds && !a->set->drop) keys[(*count)++] = a->key.key;
    return -1;
}

static int rekey_to(struct action *a, const nacre_pfs_key *keys, uint32_t count) {
    nacre_error error;
    nacre_status status =
        a->set->adds || a->set->drop
            ? nacre_pfs_rekey(a->pfs, a->set->drop ? UINT32_C(1) << (a->set->drop - 1) : 0, keys,
                              count, &error)
            : nacre_pfs_replace_key(a->pfs, keys, count, &error);
    return status ? failed(a, status, &error) : CLI_OK;
}

static int rekey(struct action *a) {
    nacre_pfs_key keys[NACRE_PFS_SLOTS];
    uint32_t count;
    if (a->set->drop > NACRE_PFS_SLOTS) return flags_misused(a->verb, "--drop takes 1 to 8");
    if (a->set->adds && a->set->to.count + a->set->to_passphrases.count == 0)
        return flags_misused(a->verb, "--add which key? --to or --to-passphrase names it");
    struct volume_key *made = calloc(NACRE_PFS_SLOTS, sizeof *made);
    if (!made) return report_no_memory();
    int status = read_new_keys(a, made, keys, &count);
    if (status < 0) status = rekey_to(a, keys, count);
    explicit_bzero(made, NACRE_PFS_SLOTS * sizeof *made);
    free(made);
    return status;
}

/* --- The verb --- */

enum needs { NEEDS_NOTHING, NEEDS_KEY, NEEDS_VOLUME };

static const struct {
    const char *name;
    int (*run)(struct action *a);
    enum needs needs;
    bool changes, has_path, has_file; /* has_file: after the path, if it is given */
} actions[] = {
    {"create", create, NEEDS_KEY, true, false, false},
    {"ls", list, NEEDS_VOLUME, false, false, false},
    {"cat", cat, NEEDS_VOLUME, false, true, false},
    {"put", put, NEEDS_VOLUME, true, false, true},
    {"check", check, NEEDS_VOLUME, false, false, false},
    {"keys", show_keys, NEEDS_VOLUME, false, false, false},
    {"rekey", rekey, NEEDS_VOLUME, true, false, false},
    {"keygen", keygen, NEEDS_NOTHING, true, false, false},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static int check_flags(const struct verb *verb, const struct pfs_flags *set, size_t i) {
    const int given = (set->key != NULL) + (set->passphrase != NULL) + (set->new_key != NULL);
    const bool is_rekey = actions[i].run == rekey, makes = actions[i].run == create;
    if (set->new_key && !makes) return flags_misused(verb, "--new-key is for create");
    if (!is_rekey && (set->to.count || set->to_passphrases.count || set->adds || set->drop))
        return flags_misused(verb, "--to, --to-passphrase, --add and --drop are for rekey");
    if (given == (actions[i].needs != NEEDS_NOTHING)) return -1;
    if (given) return flags_misused(verb, "one key or passphrase, and none for keygen");
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
    if (actions[i].needs != NEEDS_VOLUME) return actions[i].run(a);
    if (!read_key(a)) return CLI_FAILED;
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
    if (i == ACTIONS) return flags_misused(verb, "create, ls, cat, put, check, keys, "
                                                    "rekey or keygen?");
    const struct arguments rest = {args.items + 1, args.count - 1};
    struct action a = {.verb = verb, .set = &set};
    status = check_flags(verb, &set, i);
    if (status < 0) status = take_arguments(&a, i, &rest);
    if (status < 0) status = run(&a, i);
    volume_key_clear(&a.key);
    nacre_engine_destroy(a.engine);
    free(a.host);
    flags_free(verb, &set);
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
    "rekey gives the volume another key, which from then on the keys of --to and --to-passphrase "
    "open, and else what opened it now: no contents are written again. With --add it only lets "
    "further keys open it, and with --drop one less. keygen makes a key for one who is to get "
    "volumes: they keep KEYFILE, which opens what was added for KEYFILE.pub. keys shows what "
    "opens a volume.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre pfs create --new-key notes.key notes", "a volume, and the key to it"},
    {"echo hello | nacre pfs put --key notes.key notes::greeting", "a file in it"},
    {"nacre run --protected --key notes.key --dir notes::/notes app.wasm",
     "a program that has it as /notes"},
    {"nacre pfs check --key notes.key notes", "is all of it there?"},
    {"nacre pfs rekey --key notes.key --add --to gateway.key.pub notes",
     "the gateway opens it, too, with gateway.key"},
    {0},
};

const struct verb verb_pfs = {
    .name = "pfs",
    .summary = "Make volumes of protected files, and look into them",
    .arguments = "[FLAG...] create HOST | ls HOST[::PATH] | cat HOST::PATH | put HOST::PATH "
                 "[FILE] | check HOST | keys HOST | rekey HOST | keygen KEYFILE",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = pfs_main,
};
