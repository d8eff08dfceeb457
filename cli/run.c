/*
 * run.c - the verb `run`: one WASI program, or one function of a module.
 *
 * The order is that of failing early: flags, the modules, what the program is granted; then the
 * process gives up what it has no more use for; then come linking and code of the guest.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nacre/process.h>
#include <nacre/wasi.h>

#include "features.h"
#include "file.h"
#include "flags.h"
#include "grants.h"
#include "images.h"
#include "report.h"
#include "run_call.h"
#include "run_profile.h"
#include "run_tee.h"
#include "volume_key.h"

struct run_flags {
    struct text_list dirs;
    struct text_list envs;
    const char *invoke;
    uint64_t fuel;
    uint64_t timeout_ms;
    uint64_t max_memory;
    uint64_t stack;
    uint64_t threads;
    struct text_list listeners;
    struct text_list preloads;
    struct text_list features;
    bool deterministic;
    bool profile;
    const char *argv0;
    bool compiled;
    bool interpret;
    uint64_t level;
    const char *image;
    const char *key;
    bool is_protected;
    const char *volume_key;
    const char *passphrase;
    const char *new_volumes;
    const char *tee;
    bool no_sandbox;
    bool require_sandbox;
};

#define AT(field) offsetof(struct run_flags, field)
static const struct flag flags[] = {
    {"dir", 'd', FLAG_LIST, "HOST[::GUEST][:ro][:protected]",
     "Grant the directory HOST, under the name GUEST (else the same name); with :ro the guest "
     "can't change it; with :protected it is the volume of protected files in HOST.", AT(dirs)},
    {"protected", 0, FLAG_BOOL, NULL,
     "All directories that are granted are volumes of protected files; nacre pfs makes them.",
     AT(is_protected)},
    {"key", 'k', FLAG_TEXT, "KEYFILE", "The key that opens volumes.", AT(volume_key)},
    {"passphrase", 0, FLAG_TEXT, "FILE", "The file with the passphrase that opens volumes.",
     AT(passphrase)},
    {"env", 'e', FLAG_LIST, "NAME[=VALUE]",
     "Set an environment variable; without a value, pass on the one of this process if it is set. "
     "The last one of a name wins.", AT(envs)},
    {"invoke", 0, FLAG_TEXT, "NAME",
     "Call this exported function with the arguments and print its results, one a line.",
     AT(invoke)},
    {"fuel", 0, FLAG_COUNT, "N", "Trap after N instructions.", AT(fuel)},
    {"timeout", 0, FLAG_TIME, "TIME",
     "Trap after this time: 500 or 500ms, 2s, 5m, 1h.", AT(timeout_ms)},
    {"max-memory", 0, FLAG_SIZE, "SIZE",
     "Let all memories together hold this many bytes: 65536, 64K, 16M, 4G.", AT(max_memory)},
    {"stack", 0, FLAG_SIZE, "SIZE", "Size of the guest's stack, 64K to 1G (default 8M).",
     AT(stack)},
    {"tcplisten", 0, FLAG_LIST, "HOST:PORT",
     "Listen on this numeric address and hand the socket to the guest, after its directories.",
     AT(listeners)},
    {"preload", 0, FLAG_LIST, "NAME=FILE",
     "Instantiate the module FILE first; the program can import its exports from NAME.",
     AT(preloads)},
    {"threads", 0, FLAG_COUNT, "N",
     "How many threads the program may run at once, its first included (default: 64).",
     AT(threads)},
    FLAG_WASM(AT(features)),
    {"deterministic", 0, FLAG_BOOL, NULL,
     "Make every NaN the canonical one, so that results are the same on every machine.",
     AT(deterministic)},
    {"profile", 0, FLAG_BOOL, NULL,
     "After the run, print on standard error which functions executed most instructions. A "
     "straight run of them is counted when it begins.", AT(profile)},
    {"argv0", 0, FLAG_TEXT, "NAME", "The program's name as it sees it (default: MODULE's).",
     AT(argv0)},
    {"compiled", 0, FLAG_BOOL, NULL,
     "Compile what is not in the cache before anything runs; fail if that fails.", AT(compiled)},
    {"optimize", 'O', FLAG_COUNT, "LEVEL",
     "How much to optimise what is compiled, 0 to 3 (default: 2).", AT(level)},
    {"interpret", 0, FLAG_BOOL, NULL, "Use no compiled code, and compile nothing.",
     AT(interpret)},
    {"image", 0, FLAG_TEXT, "FILE", "Run MODULE by this image, which nacre compile made of it.",
     AT(image)},
    {"require-signature", 0, FLAG_TEXT, "KEYFILE",
     "Refuse the image unless it was signed with the secret half of this public key.", AT(key)},
    {"tee", 0, FLAG_TEXT, "KIND",
     "Run the program in a core of its own: local, a process without privileges, which protects "
     "this machine from the program even if it breaks out of the engine; sgx, an enclave, which "
     "this machine can't look into (where there is no SGX it is simulated, and shields nothing); "
     "sgx-hw, and not if it would be simulated; sgx-sim, always simulated.", AT(tee)},
    {"new-volumes", 0, FLAG_TEXT, "module|signer",
     "With --tee: where there is no volume, the core makes one. In an enclave it is sealed: for "
     "this module, or for all whose images the same key signed.", AT(new_volumes)},
    {"no-sandbox", 0, FLAG_BOOL, NULL,
     "Keep all system calls while the program runs. Otherwise this process keeps, where Linux "
     "has seccomp, only what runs need: should a program break out of the engine, it can start "
     "nothing, trace nothing and connect to nothing.", AT(no_sandbox)},
    {"require-sandbox", 0, FLAG_BOOL, NULL,
     "Run nothing if the system has no such way to give calls up.", AT(require_sandbox)},
    {0},
};
#undef AT

/* A module that was instantiated first. */
struct linked {
    const char *name; /* not ended by a NUL */
    size_t name_size;
    struct module_file file;
    struct placed placed;
};

struct run {
    const struct verb *verb;
    struct run_flags flags;
    nacre_engine *engine;
    struct place place;
    struct images *images;
    nacre_wasi *wasi; /* until the store owns it */
    struct volume_key key;
    bool has_volumes;
    struct module_file program;
    struct placed placed;
    struct linked *preloads; /* ends with one without a name */
};

/* --- what the guest gets --- */

/* What opens volumes, if there are any. */
static int read_key(struct run *run) {
    const struct run_flags *set = &run->flags;
    if (set->volume_key && set->passphrase)
        return flags_misused(run->verb, "one of --key and --passphrase");
    if (!set->volume_key && !set->passphrase) return -1;
    bool was_read = set->volume_key ? volume_key_read(set->volume_key, &run->key)
                                    : volume_passphrase_read(set->passphrase, &run->key);
    return was_read ? -1 : CLI_FAILED;
}

static int fail_wasi(const char *flag, const char *value, nacre_status status,
                     const nacre_error *error) {
    char subject[512];
    nacre_error plain = {.status = status, .offset = NACRE_NO_OFFSET};
    if (status == NACRE_NO_MEMORY) return report_no_memory();
    snprintf(subject, sizeof subject, "--%s %s", flag, value);
    report_error(subject, error ? error : &plain);
    return status == NACRE_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}

static int grant_dir(struct run *run, const struct granted_dir *dir) {
    nacre_error error;
    nacre_status status;
    if (!dir->is_protected && !run->flags.is_protected) {
        status = nacre_wasi_add_dir(run->wasi, dir->host, dir->guest, dir->read_only, &error);
    } else if (run->key.key.kind) {
        run->has_volumes = true;
        status = nacre_wasi_add_protected_dir(run->wasi, dir->host, dir->guest, &run->key.key,
                                              dir->read_only, &error);
    } else {
        return flags_misused(run->verb, "what opens the volume in %s? --key or --passphrase",
                             dir->host);
    }
    return status == NACRE_OK ? -1 : fail_wasi("dir", dir->host, status, &error);
}

static int add_dir(struct run *run, const char *text) {
    struct granted_dir dir;
    if (!granted_dir(text, &dir)) return report_no_memory();
    int result = grant_dir(run, &dir);
    free(dir.host);
    return result;
}

static int add_env(struct run *run, const char *text) {
    char *entry;
    switch (granted_env(text, &entry)) {
    case GRANTED_BADLY:
        return flags_misused(run->verb, "--env wants NAME or NAME=VALUE, not '%s'", text);
    case GRANTED_NOTHING: return -1;
    case GRANTED_NO_MEMORY: return report_no_memory();
    case GRANTED: break;
    }
    nacre_status status = nacre_wasi_add_env(run->wasi, entry);
    free(entry);
    return status ? report_no_memory() : -1;
}

static int add_listener(struct run *run, const char *text) {
    nacre_error error;
    nacre_status status = nacre_wasi_add_listener(run->wasi, text, &error);
    return status == NACRE_OK ? -1 : fail_wasi("tcplisten", text, status, &error);
}

static int for_each(struct run *run, const struct text_list *list,
                    int (*add)(struct run *run, const char *text)) {
    int status = -1;
    for (size_t i = 0; status < 0 && i < list->count; i++) status = add(run, list->items[i]);
    return status;
}

/* --invoke hands the arguments to the function instead. */
static int add_args(struct run *run, const struct arguments *args) {
    const char *name = run->flags.argv0 ? run->flags.argv0 : granted_name(args->items[0]);
    nacre_status status = nacre_wasi_add_arg(run->wasi, name);
    size_t count = run->flags.invoke ? 1 : args->count;
    for (size_t i = 1; status == NACRE_OK && i < count; i++)
        status = nacre_wasi_add_arg(run->wasi, args->items[i]);
    return status == NACRE_OK ? -1 : report_no_memory();
}

static int grant(struct run *run, const struct arguments *args) {
    if (nacre_wasi_create(run->engine, &run->wasi) != NACRE_OK) return report_no_memory();
    nacre_wasi_inherit_stdio(run->wasi);
    int status = read_key(run);
    if (status < 0) status = add_args(run, args);
    if (status < 0) status = for_each(run, &run->flags.envs, add_env);
    if (status < 0) status = for_each(run, &run->flags.dirs, add_dir);
    if (status < 0) status = for_each(run, &run->flags.listeners, add_listener);
    if (status >= 0) return status;
    if (nacre_wasi_attach(run->wasi, run->place.store) != NACRE_OK) return report_no_memory();
    run->wasi = NULL;
    return -1;
}

/* --- what it is linked with --- */

static int load(struct run *run, const char *text) {
    size_t name_size;
    const char *path = granted_preload(text, &name_size);
    if (!path) return flags_misused(run->verb, "--preload wants NAME=FILE, not '%s'", text);
    /* They were allotted, one for each flag, by load_all. */
    struct linked *linked = run->preloads;
    while (linked->name) linked++;
    linked->name = text;
    linked->name_size = name_size;
    return images_load(run->images, run->engine, path, false, &linked->file);
}

static int load_all(struct run *run, const char *program) {
    int status = images_load(run->images, run->engine, program, true, &run->program);
    if (status >= 0) return status;
    run->preloads = calloc(run->flags.preloads.count + 1, sizeof *run->preloads);
    if (!run->preloads) return report_no_memory();
    return for_each(run, &run->flags.preloads, load);
}

static int link_all(struct run *run) {
    for (struct linked *l = run->preloads; l->name; l++) {
        nacre_error error;
        nacre_status status = nacre_instance_create(run->place.store, l->file.module,
                                                    &l->placed.instance, &error);
        if (status != NACRE_OK) return call_failed(l->file.path, status, &error);
        int result = call_linked(&run->place, &l->placed, l->file.path, l->name, l->name_size);
        if (result >= 0) return result;
    }
    return -1;
}

/* --- what this process keeps --- */

/* Before the first instance, which may run code of the guest. */
static int confine(struct run *run) {
    nacre_error error;
    if (run->flags.no_sandbox) return -1;
    bool late_images = images_delegate(run->images);
    if (nacre_process_confine(late_images, &error) == NACRE_OK) return -1;
    images_undelegate(run->images);
    if (!run->flags.require_sandbox) return -1;
    report_error_with("--require-sandbox", &error, "--tee local needs it as well");
    return CLI_FAILED;
}

/* --- the run --- */

/* What the flags say. Returns -1 to go on, else the exit status. */
static int configure(const struct run *run, nacre_config *config, nacre_limits *limits) {
    const struct run_flags *set = &run->flags;
    nacre_config_init(config);
    config->metering = set->fuel != NACRE_UNLIMITED || set->timeout_ms != NACRE_UNLIMITED;
    config->profile = set->profile;
    config->deterministic = set->deterministic;
    config->spares = 0; /* there is but one run */
    nacre_limits_init(limits);
    limits->fuel = set->fuel;
    limits->deadline_ms = set->timeout_ms;
    limits->memory_bytes = set->max_memory;
    limits->stack_bytes = set->stack;
    limits->threads = set->threads < UINT32_MAX ? (uint32_t)set->threads : UINT32_MAX;
    return features_switch(run->verb, &set->features, config);
}

static int open_images(struct run *run, const nacre_config *config) {
    const struct run_flags *set = &run->flags;
    struct image_flags images = {.image = set->image, .key = set->key,
                                 .compiled = set->compiled, .interpret = set->interpret,
                                 .profile = set->profile, .metering = config->metering,
                                 .deterministic = config->deterministic,
                                 .level = set->level};
    return images_open(run->verb, &images, &run->images);
}

static int open_engine(struct run *run) {
    nacre_config config;
    nacre_limits limits;
    int status = configure(run, &config, &limits);
    if (status < 0) status = open_images(run, &config);
    if (status >= 0) return status;
    if (nacre_engine_create(&config, &run->engine) != NACRE_OK) return report_no_memory();
    nacre_status made = nacre_store_create(run->engine, &limits, &run->place.store);
    if (made == NACRE_ARGUMENT) return flags_misused(run->verb, "these limits can't be held");
    return made == NACRE_OK ? -1 : report_no_memory();
}

static int no_shared_memory(const struct run *run, nacre_status status) {
    nacre_error error = {.status = status, .offset = NACRE_NO_OFFSET};
    snprintf(error.text, sizeof error.text, "the shared memory that it imports can't be made");
    report_error_with(run->program.path, &error, "--max-memory says how much it may have");
    return CLI_FAILED;
}

static int start(struct run *run, const struct arguments *args) {
    const char *path = args->items[0];
    int status = open_engine(run);
    if (status >= 0) return status;
    status = load_all(run, path);
    if (status < 0) status = grant(run, args);
    if (status < 0) status = confine(run);
    if (status < 0) status = link_all(run);
    if (status >= 0) return status;
    images_watch(run->images);

    nacre_error error;
    nacre_status shared = nacre_store_define_shared(run->place.store, run->program.module);
    if (shared != NACRE_OK) return no_shared_memory(run, shared);
    nacre_status made =
        nacre_instance_create(run->place.store, run->program.module, &run->placed.instance,
                              &error);
    if (made == NACRE_LIMIT && run->flags.max_memory != NACRE_UNLIMITED) {
        report_error_with(path, &error, "--max-memory says how much it may have");
        return CLI_FAILED;
    }
    if (made != NACRE_OK) return call_failed(path, made, &error);
    const struct call call = {.place = &run->place, .placed = run->placed, .path = path,
                              .args = args->items + 1, .arg_count = args->count - 1};
    if (!run->flags.invoke) return call_program(&call);
    status = call_export(&call, run->flags.invoke);
    nacre_status committed = nacre_wasi_commit(run->place.store, &error);
    return committed && status == CLI_OK ? call_failed(path, committed, &error) : status;
}

/* The same in a core of its own. */
static int start_tee(struct run *run, const struct arguments *args) {
    const struct run_flags *set = &run->flags;
    struct tee_run tee = {.kind = set->tee, .verb = run->verb, .dirs = &set->dirs,
                          .envs = &set->envs, .listeners = &set->listeners,
                          .preloads = &set->preloads, .args = args, .argv0 = set->argv0,
                          .invoke = set->invoke, .require_sandbox = set->require_sandbox,
                          .is_protected = set->is_protected, .new_volumes = set->new_volumes};
    if (set->profile || set->no_sandbox)
        return flags_misused(run->verb, "--tee does not go with --profile, --no-sandbox");
    nacre_tee_program_init(&tee.program);
    int status = configure(run, &tee.program.config, &tee.program.limits);
    if (status < 0) status = open_images(run, &tee.program.config);
    if (status >= 0) return status;
    tee.images = run->images;
    status = read_key(run);
    if (status >= 0) return status;
    tee.key = run->key.key;
    return tee_run(&tee);
}

static void print_profiles(const struct run *run) {
    for (const struct linked *l = run->preloads; l && l->placed.instance; l++)
        profile_print(stderr, l->file.path, l->file.module, l->placed.instance);
    if (run->placed.instance)
        profile_print(stderr, run->program.path, run->program.module, run->placed.instance);
}

/* Else it goes with the process, at once: piece by piece takes longer than much of a short run. */
static void finish(struct run *run) {
    place_close(&run->place);
    nacre_wasi_destroy(run->wasi);
    for (struct linked *l = run->preloads; l && l->name; l++) file_release(&l->file);
    free(run->preloads);
    file_release(&run->program);
    nacre_engine_destroy(run->engine);
    flags_free(run->verb, &run->flags);
}

/* Threads that still run would have to be waited for: they end with the process. */
static void leave_threads(const struct run *run, int status) {
    if (!run->place.store || nacre_store_threads(run->place.store) <= 1) return;
    fflush(NULL);
    _exit(status);
}

/* The heap that every run needs, at once instead of with a fault a page. It stays the heap's. */
static void expect_heap(void) {
    enum { PAGE = 4096, HEAP = 15 * PAGE }; /* less than what malloc gives back when it is free */
    char *heap = malloc(HEAP);
    if (!heap) return;
    uintptr_t begin = (uintptr_t)heap & ~(uintptr_t)(PAGE - 1);
    (void)madvise((void *)begin, HEAP, MADV_POPULATE_WRITE);
    free(heap);
}

static int run_main(const struct verb *verb, int argc, char **argv) {
    nacre_limits limits;
    expect_heap();
    nacre_limits_init(&limits);
    struct run run = {.verb = verb,
                      .flags = {.fuel = limits.fuel, .timeout_ms = limits.deadline_ms,
                                .max_memory = limits.memory_bytes, .stack = limits.stack_bytes,
                                .threads = 64, .level = 2}};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &run.flags, &args);
    if (status < 0 && args.count == 0) status = flags_misused(verb, "which module?");
    if (status < 0 && run.flags.new_volumes && !run.flags.tee)
        status = flags_misused(verb, "--new-volumes goes with --tee; else nacre pfs create makes "
                                     "them");
    if (status < 0 && run.flags.no_sandbox && run.flags.require_sandbox)
        status = flags_misused(verb, "one of --no-sandbox and --require-sandbox");
    if (status < 0 && (run.flags.stack < NACRE_STACK_BYTES_MIN ||
                       run.flags.stack > NACRE_STACK_BYTES_MAX))
        status = flags_misused(verb, "--stack takes 64K to 1G");
    if (status < 0) {
        /* A peer that closes its end is an error code for the guest, not the end of it. */
        signal(SIGPIPE, SIG_IGN);
        status = run.flags.tee ? start_tee(&run, &args) : start(&run, &args);
        if (run.flags.profile) print_profiles(&run);
        leave_threads(&run, status);
    }
    images_close(run.images);
    volume_key_clear(&run.key);
    if (CLI_GIVES_BACK || run.has_volumes) finish(&run);
    return status;
}

static const char *const text[] = {
    "Runs a WebAssembly program. Flags come before the module; what follows it are the program's "
    "own arguments. The program gets these, the three standard streams, clocks and random "
    "numbers, and beyond that only what flags grant. The exit status is the program's. Writing to "
    "a pipe that nobody reads is an error for the program, not its end: SIGPIPE is ignored.",
    "--dir, --env, --tcplisten and --preload may be given several times; of any other flag the "
    "last one counts.",
    "A module with _start is a program (a WASI command). Of any other module, --invoke calls a "
    "function, after _initialize if it has that.",
    "A module that was compiled before runs compiled. Any other is interpreted at first; if it "
    "runs for longer than a moment it is compiled beside that, goes on compiled, and is kept for "
    "the next time (see nacre cache). --compiled and --interpret insist on one or the other.",
    "The arguments of --invoke: an i32 or i64 in decimal or 0x hexadecimal, from the least "
    "signed to the greatest unsigned number (-1 is 0xffffffff); an f32 or f64 in decimal (1.5, "
    "-2e-3) or 0x hexadecimal (0x1.8p3), or inf or nan; a v128 as 0x and up to 32 hexadecimal "
    "digits, lane 0 in the last; an externref as a number up to 1073741823, or null; any other "
    "reference as null.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre run --dir data sqlite3.wasm data/my.db", "a program that may use the directory data"},
    {"nacre run --dir /srv/www::/:ro --tcplisten 127.0.0.1:8080 httpd.wasm",
     "a server that reads one directory, as its root, and has one socket"},
    {"nacre run --timeout 2s --max-memory 64M untrusted.wasm", "a program with limits"},
    {"nacre run --invoke fib math.wasm 30", "one function of a module"},
    {0},
};

const struct verb verb_run = {
    .name = "run",
    .summary = "Run a program, or call a function of a module",
    .arguments = "[FLAG...] MODULE [ARGUMENT...]",
    .text = text,
    .flags = flags,
    .examples = examples,
    .guest_arguments = true,
    .run = run_main,
};
