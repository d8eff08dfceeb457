/* inspect.c - the verb `inspect`: what is in a module, and what does it need? */
#include <inttypes.h>
#include <stdio.h>

#include "digest.h"
#include "file.h"
#include "flags.h"
#include "inspect_enclave.h"
#include "inspect_image.h"
#include "json.h"
#include "report.h"

struct inspect_flags {
    bool json;
};

static const struct flag flags[] = {
    {"json", 0, FLAG_BOOL, NULL,
     "Print an object: file, size, sha256, functions, branch_hints, features, sections, "
     "imports, exports.",
     offsetof(struct inspect_flags, json)},
    {0},
};

static const char *const kind_names[] = {
    [NACRE_EXTERN_FUNC] = "func",     [NACRE_EXTERN_TABLE] = "table",
    [NACRE_EXTERN_MEMORY] = "memory", [NACRE_EXTERN_GLOBAL] = "global",
    [NACRE_EXTERN_TAG] = "tag",
};

static void format_digest(const nacre_module *module, char text[DIGEST_TEXT]) {
    uint8_t digest[32];
    nacre_module_sha256(module, digest);
    digest_format(digest, text);
}

static json_t *name_json(const char *name, size_t size) {
    json_t *value = json_stringn(name, size);
    return value ? value : json_null();
}

static json_t *sections_json(const nacre_module *module) {
    json_t *rows = json_array();
    nacre_section section;
    for (uint32_t i = 0; nacre_module_section(module, i, &section) == NACRE_OK; i++)
        json_array_append_new(
            rows, json_pack("{s:o, s:b, s:I, s:I, s:I}", "name",
                            name_json(section.name, section.name_size), "custom", section.custom,
                            "offset", (json_int_t)section.offset, "size",
                            (json_int_t)section.size_bytes, "count", (json_int_t)section.count));
    return rows;
}

typedef nacre_status (*item_at)(const nacre_module *module, uint32_t index, nacre_item *item);

static json_t *items_json(const nacre_module *module, item_at at) {
    json_t *rows = json_array();
    nacre_item item;
    for (uint32_t i = 0; at(module, i, &item) == NACRE_OK; i++) {
        json_t *row = json_object();
        if (item.module)
            json_object_set_new(row, "module", name_json(item.module, item.module_size));
        json_object_set_new(row, "name", name_json(item.name, item.name_size));
        json_object_set_new(row, "kind", json_string(kind_names[item.kind]));
        json_object_set_new(row, "type", json_string(item.type));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *features_json(const nacre_module *module) {
    json_t *rows = json_array();
    const char *name;
    for (uint32_t i = 0; (name = nacre_module_feature(module, i)); i++)
        json_array_append_new(rows, json_string(name));
    return rows;
}

static int print_json(const struct module_file *file) {
    const nacre_module *module = file->module;
    char digest[DIGEST_TEXT];
    format_digest(module, digest);
    return json_print(json_pack(
        "{s:s, s:I, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "file", file->path, "size",
        (json_int_t)file->size, "sha256", digest, "functions",
        (json_int_t)nacre_module_function_count(module), "branch_hints",
        (json_int_t)nacre_module_branch_hints(module), "features", features_json(module),
        "sections", sections_json(module), "imports", items_json(module, nacre_module_import),
        "exports", items_json(module, nacre_module_export)));
}

static void print_sections(const nacre_module *module) {
    nacre_section section;
    for (uint32_t i = 0; nacre_module_section(module, i, &section) == NACRE_OK; i++) {
        printf("%s  0x%08" PRIx64 "  %10" PRIu64 " bytes  ", i ? "" : "sections:\n",
               section.offset, section.size_bytes);
        if (section.custom) fputs("custom ", stdout);
        print_text(stdout, section.name, section.name_size);
        if (section.count) printf(" (%" PRIu32 ")", section.count);
        putchar('\n');
    }
}

static void print_items(const char *title, const nacre_module *module, item_at at) {
    nacre_item item;
    for (uint32_t i = 0; at(module, i, &item) == NACRE_OK; i++) {
        printf("%s  ", i ? "" : title);
        if (item.module) {
            print_text(stdout, item.module, item.module_size);
            putchar(' ');
        }
        print_text(stdout, item.name, item.name_size);
        printf(" %s\n", item.type);
    }
}

static void print_features(const nacre_module *module) {
    const char *name;
    fputs("features:", stdout);
    for (uint32_t i = 0; (name = nacre_module_feature(module, i)); i++) printf(" %s", name);
    puts(nacre_module_feature(module, 0) ? "" : " none beyond WebAssembly 1.0");
}

static int print_plain(const struct module_file *file) {
    const nacre_module *module = file->module;
    char digest[DIGEST_TEXT];
    format_digest(module, digest);
    printf("file: %s\nsize: %zu bytes\nsha256: %s\nfunctions: %" PRIu32 "\n", file->path,
           file->size, digest, nacre_module_function_count(module));
    uint32_t hints = nacre_module_branch_hints(module);
    if (hints) printf("branch hints: %" PRIu32 "\n", hints);
    print_features(module);
    print_sections(module);
    print_items("imports:\n", module, nacre_module_import);
    print_items("exports:\n", module, nacre_module_export);
    return CLI_OK;
}

static int inspect_main(const struct verb *verb, int argc, char **argv) {
    struct inspect_flags set = {0};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status >= 0) return status;
    if (args.count != 1) return flags_misused(verb, args.count ? "one module" : "which module?");
    if (image_is(args.items[0])) return image_inspect(args.items[0], set.json);
    if (enclave_may_be(args.items[0])) return enclave_inspect(args.items[0], set.json);
    nacre_engine *engine;
    if (nacre_engine_create(NULL, &engine) != NACRE_OK) return report_no_memory();
    struct module_file file = {0};
    status = CLI_FAILED;
    if (file_load_or_report(&file, engine, args.items[0]))
        status = set.json ? print_json(&file) : print_plain(&file);
    file_release(&file);
    nacre_engine_destroy(engine);
    return status;
}

static const char *const text[] = {
    "Shows what is in a module: its SHA-256, the features that it needs beyond WebAssembly 1.0, "
    "its sections, what it imports and what it exports.",
    "Of an image that nacre compile made: its module's SHA-256, the compiler, the processor and "
    "the options that it was compiled for, its size, and who claims to have signed it.",
    "Of an SGX enclave that nacre tee signed: MRENCLAVE, computed from the file, MRSIGNER, whose "
    "signature is checked, attributes, and the sizes that it was given.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre inspect --json app.wasm | jq .imports", "what a program needs, for another program"},
    {"nacre inspect --json enclave.elf | jq -r .mrenclave", "what a verifier is to expect"},
    {0},
};

const struct verb verb_inspect = {
    .name = "inspect",
    .summary = "Show what a module, an image or an enclave holds",
    .arguments = "[FLAG...] MODULE|IMAGE|ENCLAVE",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = inspect_main,
};
