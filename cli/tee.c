/* tee.c - the verb `tee`: keys and signatures of SGX enclaves, and programs in them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nacre/enclave.h>

#include "flags.h"
#include "keys.h"
#include "report.h"

struct tee_flags {
    const char *key;
    const char *output;
    const char *enclave;
    uint64_t threads;
    uint64_t stack;
    uint64_t heap;
    uint64_t heap_max;
    uint64_t product_id;
    uint64_t svn;
    const char *code;
    bool debug;
    uint8_t code_key[KEY_SIZE];
};

#define AT(field) offsetof(struct tee_flags, field)
static const struct flag flags[] = {
    {"key", 0, FLAG_TEXT, "KEYFILE", "The secret key to sign with (PEM).", AT(key)},
    {"output", 'o', FLAG_TEXT, "FILE",
     "Where the signed enclave goes (sign: default: where it was).", AT(output)},
    {"enclave", 0, FLAG_TEXT, "FILE", "bake: the enclave that the images become part of.",
     AT(enclave)},
    {"threads", 0, FLAG_COUNT, "N", "Threads at once in the enclave (default: 16; at most 64).",
     AT(threads)},
    {"stack", 0, FLAG_SIZE, "SIZE", "Stack of each thread (default: 256K).", AT(stack)},
    {"heap", 0, FLAG_SIZE, "SIZE", "Memory that is there from the beginning (default: 64M).",
     AT(heap)},
    {"heap-max", 0, FLAG_SIZE, "SIZE",
     "Memory that there may be later, where the processor adds it (default: 16G).", AT(heap_max)},
    {"product-id", 0, FLAG_COUNT, "N", "Which of its signer's enclaves this is (default: 0).",
     AT(product_id)},
    {"svn", 0, FLAG_COUNT, "N",
     "Security version: to be raised when a hole was closed (default: 0).", AT(svn)},
    {"code", 0, FLAG_TEXT, "baked|any|KEYFILE",
     "Whose compiled code may run in it: nobody's beside what is baked in (the default), "
     "anybody's (a report then proves nothing about programs), or that of images which the secret "
     "half of this public key signed.",
     AT(code)},
    {"debug", 0, FLAG_BOOL, NULL, "Let the host read and change the enclave: for tests.",
     AT(debug)},
    {0},
};
#undef AT

/* The day in the signature is that of SOURCE_DATE_EPOCH, so that builds can be repeated. */
static bool set_time(nacre_enclave_options *options) {
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;
    if (!text || !text[0]) return true;
    errno = 0;
    unsigned long long seconds = strtoull(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9') {
        report("SOURCE_DATE_EPOCH", "'%s' is no number of seconds since 1970", text);
        return false;
    }
    options->time_seconds = seconds;
    return true;
}

/* -1 to go on, else the exit status. */
static int set_code(struct tee_flags *set, nacre_enclave_options *options) {
    if (!set->code || strcmp(set->code, "baked") == 0) return -1;
    options->code = NACRE_ENCLAVE_CODE_ANY;
    if (strcmp(set->code, "any") == 0) return -1;
    options->code = NACRE_ENCLAVE_CODE_SIGNED;
    options->code_key = set->code_key;
    return key_read(set->code, set->code_key) ? -1 : CLI_FAILED;
}

static int set_options(const struct verb *verb, struct tee_flags *set,
                       nacre_enclave_options *options) {
    if (!set->key) return flags_misused(verb, "which key? --key names it, keygen makes one");
    if (set->threads == 0 || set->threads > 64)
        return flags_misused(verb, "--threads takes 1 to 64");
    if (set->product_id > UINT16_MAX || set->svn > UINT16_MAX)
        return flags_misused(verb, "--product-id and --svn take 0 to 65535");
    options->key_path = set->key;
    options->threads = (uint32_t)set->threads;
    options->stack_bytes = set->stack;
    options->heap_bytes = set->heap;
    options->heap_max_bytes = set->heap_max;
    options->product_id = (uint16_t)set->product_id;
    options->svn = (uint16_t)set->svn;
    options->debug = set->debug;
    return set_code(set, options);
}

static const char *hint_for(nacre_status status) {
    switch (status) {
    case NACRE_MALFORMED: return "is it the right file, and whole?";
    case NACRE_ARGUMENT:
    case NACRE_LIMIT: return "nacre help tee has the sizes that an enclave may have";
    case NACRE_UNSUPPORTED: return "nacre tee keygen makes keys, nacre compile images";
    default: return NULL;
    }
}

static int sign(const struct verb *verb, struct tee_flags *set, const char *enclave,
                const char *const *images, size_t image_count) {
    nacre_enclave_options options;
    nacre_error error;
    nacre_enclave_options_init(&options);
    options.images = images;
    options.image_count = image_count;
    int status = set_options(verb, set, &options);
    if (status >= 0) return status;
    if (!set_time(&options)) return CLI_FAILED;
    nacre_status signed_status = nacre_enclave_sign(enclave, set->output, &options, &error);
    if (signed_status == NACRE_OK) return CLI_OK;
    report(NULL, "%s", error.text);
    if (hint_for(signed_status)) report_hint("%s", hint_for(signed_status));
    return CLI_FAILED;
}

static int run_sign(const struct verb *verb, struct tee_flags *set,
                    const struct arguments *args) {
    if (set->enclave) return flags_misused(verb, "--enclave is for bake");
    if (args->count != 1)
        return flags_misused(verb, args->count ? "one enclave" : "which enclave?");
    return sign(verb, set, args->items[0], NULL, 0);
}

static int run_bake(const struct verb *verb, struct tee_flags *set,
                    const struct arguments *args) {
    if (args->count == 0) return flags_misused(verb, "which images?");
    if (!set->enclave) return flags_misused(verb, "which enclave? --enclave names it");
    if (!set->output) return flags_misused(verb, "--output says where the enclave goes");
    return sign(verb, set, set->enclave, (const char *const *)args->items, args->count);
}

static int run_keygen(const struct verb *verb, struct tee_flags *set,
                      const struct arguments *args) {
    nacre_error error;
    if (set->key || set->output || set->enclave)
        return flags_misused(verb, "keygen takes the key's file, and no flags");
    if (args->count != 1) return flags_misused(verb, "one file for the key");
    if (nacre_enclave_make_key(args->items[0], &error) == NACRE_OK) return CLI_OK;
    report(NULL, "%s", error.text);
    return CLI_FAILED;
}

static const struct {
    const char *name;
    int (*run)(const struct verb *verb, struct tee_flags *set,
               const struct arguments *args);
} actions[] = {{"keygen", run_keygen}, {"sign", run_sign}, {"bake", run_bake}};

static int tee_main(const struct verb *verb, int argc, char **argv) {
    nacre_enclave_options defaults;
    nacre_enclave_options_init(&defaults);
    struct tee_flags set = {.threads = defaults.threads, .stack = defaults.stack_bytes,
                            .heap = defaults.heap_bytes, .heap_max = defaults.heap_max_bytes};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status >= 0) return status;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (args.count == 0 || strcmp(actions[i].name, args.items[0]) != 0) continue;
        const struct arguments rest = {args.items + 1, args.count - 1};
        return actions[i].run(verb, &set, &rest);
    }
    return flags_misused(verb, "keygen, sign or bake?");
}

static const char *const text[] = {
    "Signs SGX enclaves, with nothing but a key. keygen makes one (RSA-3072 with the exponent 3, "
    "as openssl genrsa -3 3072 does) in the new file that is named. sign gives an enclave its "
    "sizes and signs it. bake first puts images of programs into it, in the place of those that "
    "are there: they are measured with it, so that MRENCLAVE says which programs it runs.",
    "The stack's size is a multiple of 4K, the heap's are multiples of 64K. nacre inspect shows "
    "what a signed enclave is: MRENCLAVE, MRSIGNER and the rest.",
    "The same enclave, images, key and flags give the same file, but for the day that the "
    "signature has: it is that of SOURCE_DATE_EPOCH (seconds since 1970) if that is set.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre tee keygen signer.pem", "a key; keep it secret"},
    {"nacre tee sign nacre-enclave.elf --key signer.pem -o my-enclave.elf",
     "an enclave that interprets any program"},
    {"nacre tee sign nacre-enclave.elf --key signer.pem --code vendor.pub -o my-enclave.elf",
     "one that also runs images which vendor.key signed"},
    {"nacre compile --bounds explicit app.wasm && nacre tee bake app.nimg --enclave "
     "nacre-enclave.elf --key signer.pem -o app-enclave.elf",
     "one that holds a program"},
    {0},
};

const struct verb verb_tee = {
    .name = "tee",
    .summary = "Sign SGX enclaves, and put programs into them",
    .arguments = "[FLAG...] keygen KEYFILE | sign ENCLAVE | bake IMAGE...",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = tee_main,
};
