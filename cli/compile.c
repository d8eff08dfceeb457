/* compile.c - the verb `compile`: a module's image, ahead of time. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nacre/compiler.h>

#include "file.h"
#include "flags.h"
#include "keys.h"
#include "report.h"

struct compile_flags {
    const char *output;
    const char *target;
    const char *bounds;
    bool fuel;
    bool deterministic;
    bool debug;
    uint64_t level;
    uint64_t jobs;
    uint64_t max_memory;
    uint64_t timeout_ms;
    const char *sign;
    const char *keygen;
};

#define AT(field) offsetof(struct compile_flags, field)
static const struct flag flags[] = {
    {"output", 'o', FLAG_TEXT, "FILE", "Name of the image (default: MODULE's, with .nimg).",
     AT(output)},
    {"target", 0, FLAG_TEXT, "NAME",
     "Processor to compile for: x86-64, x86-64-v2, x86-64-v3, x86-64-v4 or aarch64 (default: "
     "native, this machine's).", AT(target)},
    {"bounds", 0, FLAG_TEXT, "guard|explicit",
     "How memory accesses are kept in bounds: by guard pages (the default), or by checks in the "
     "code, for where there are none.", AT(bounds)},
    {"fuel", 0, FLAG_BOOL, NULL, "Count instructions, for nacre run --fuel and --timeout.",
     AT(fuel)},
    {"deterministic", 0, FLAG_BOOL, NULL, "For nacre run --deterministic.", AT(deterministic)},
    {"optimize", 'O', FLAG_COUNT, "LEVEL", "How much to optimise, 0 to 3 (default: 2).",
     AT(level)},
    {"debug", 'g', FLAG_BOOL, NULL,
     "Have debuggers find the module's sources, if it was built with -g itself.", AT(debug)},
    {"jobs", 'j', FLAG_COUNT, "N", "Threads to compile with (default: one a processor).",
     AT(jobs)},
    {"max-memory", 0, FLAG_SIZE, "SIZE",
     "Memory that the compiler may use (default: half of the machine's, at most 4G).",
     AT(max_memory)},
    {"timeout", 0, FLAG_TIME, "TIME",
     "Processor time that the compiler may use, all threads together (default: 10m).",
     AT(timeout_ms)},
    {"sign", 0, FLAG_TEXT, "KEYFILE",
     "Sign the image with this secret key (Ed25519; 32 bytes, or 64 hexadecimal digits).",
     AT(sign)},
    {"keygen", 0, FLAG_TEXT, "KEYFILE",
     "Instead of compiling, make a key: the secret one in KEYFILE, the public one in KEYFILE.pub.",
     AT(keygen)},
    {0},
};
#undef AT

static int set_options(const struct verb *verb, const struct compile_flags *set,
                       nacre_compile_options *options) {
    options->target = set->target;
    if (set->bounds && strcmp(set->bounds, "explicit") == 0) options->explicit_bounds = true;
    else if (set->bounds && strcmp(set->bounds, "guard") != 0)
        return flags_misused(verb, "--bounds wants guard or explicit, not '%s'", set->bounds);
    if (set->level > 3) return flags_misused(verb, "--optimize takes 0 to 3");
    if (set->jobs > 1024) return flags_misused(verb, "--jobs takes 0 to 1024");
    if (set->max_memory == 0 || set->timeout_ms == 0)
        return flags_misused(verb, "these limits can't be held");
    options->metering = set->fuel;
    options->deterministic = set->deterministic;
    options->debug = set->debug;
    options->level = (uint32_t)set->level;
    options->jobs = (uint32_t)set->jobs;
    options->memory_bytes = set->max_memory;
    uint64_t seconds = set->timeout_ms / 1000 + (set->timeout_ms % 1000 != 0);
    options->cpu_seconds = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
    return -1;
}

/* app.wasm becomes app.nimg. */
static bool name_image(const char *module, char path[PATH_MAX]) {
    size_t size = strlen(module);
    if (size > 5 && strcmp(module + size - 5, ".wasm") == 0) size -= 5;
    return (size_t)snprintf(path, PATH_MAX, "%.*s.nimg", (int)size, module) < PATH_MAX;
}

static const char *hint_for(nacre_status status) {
    switch (status) {
    case NACRE_LIMIT: return "--max-memory and --timeout say what the compiler may use";
    case NACRE_NOT_FOUND:
        return "build and install nacre-compiler too, or name it in NACRE_COMPILER";
    default: return NULL;
    }
}

static int compile(const struct module_file *file, const char *image,
                   const nacre_compile_options *options) {
    nacre_error error;
    nacre_status status = nacre_compile(file->bytes, file->size, image, options, &error);
    if (status == NACRE_OK) return CLI_OK;
    report_error_with(file->path, &error, hint_for(status));
    return CLI_FAILED;
}

static int compile_one(const struct verb *verb, const struct compile_flags *set,
                       const char *path) {
    nacre_compile_options options;
    nacre_engine *engine;
    uint8_t key[KEY_SIZE];
    char image[PATH_MAX];
    nacre_compile_options_init(&options);
    int status = set_options(verb, set, &options);
    if (status >= 0) return status;
    if (set->sign) {
        if (!key_read(set->sign, key)) return CLI_FAILED;
        options.secret_key = key;
    }
    if (!set->output && !name_image(path, image)) return flags_misused(verb, "a longer path");
    if (nacre_engine_create(NULL, &engine) != NACRE_OK) return report_no_memory();
    struct module_file file = {0};
    status = CLI_FAILED;
    /* Whatever is wrong with the module is said as the other verbs say it. */
    if (file_load_or_report(&file, engine, path))
        status = compile(&file, set->output ? set->output : image, &options);
    file_release(&file);
    nacre_engine_destroy(engine);
    explicit_bzero(key, sizeof key);
    return status;
}

static int compile_main(const struct verb *verb, int argc, char **argv) {
    nacre_compile_options defaults;
    nacre_compile_options_init(&defaults);
    struct compile_flags set = {.level = defaults.level, .jobs = defaults.jobs,
                                .max_memory = defaults.memory_bytes,
                                .timeout_ms = defaults.cpu_seconds * UINT64_C(1000)};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status >= 0) return status;
    if (set.keygen) {
        if (args.count > 0) return flags_misused(verb, "--keygen compiles nothing");
        return key_make(set.keygen) ? CLI_OK : CLI_FAILED;
    }
    if (args.count != 1) return flags_misused(verb, args.count ? "one module" : "which module?");
    return compile_one(verb, &set, args.items[0]);
}

static const char *const text[] = {
    "Compiles a module to machine code ahead of time. The image that this makes belongs to that "
    "module, whose bytes are still needed to run it. nacre run --compiled compiles what it runs, "
    "and keeps it (see nacre cache); this is for images that go elsewhere, or are signed.",
    "The compiler is a program of its own, nacre-compiler, with limits. It stands beside nacre, "
    "or in ../libexec/nacre from there; the environment variable NACRE_COMPILER names another.",
    "An image is code that runs unchecked: run it only if you would run a program from where it "
    "comes. --sign makes sure of that, together with nacre run --require-signature.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre compile app.wasm -o app.nimg && nacre run --image app.nimg app.wasm",
     "compile a program, and run it compiled"},
    {"nacre compile --target aarch64 app.wasm", "app.nimg, for a gateway with an Arm processor"},
    {"nacre compile --sign release.key app.wasm", "an image that others can check"},
    {0},
};

const struct verb verb_compile = {
    .name = "compile",
    .summary = "Compile a module ahead of time",
    .arguments = "[FLAG...] MODULE",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = compile_main,
};
