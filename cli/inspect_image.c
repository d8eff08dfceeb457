/* inspect_image.c - see inspect_image.h */
#include "inspect_image.h"

#include <inttypes.h>
#include <string.h>

#include <nacre/compiler.h>

#include "cli.h"
#include "digest.h"
#include "json.h"
#include "report.h"

/* An ELF file with a note of ours at once behind its four segments. */
bool image_is(const char *path) {
    enum { OWNER_AT = 304, ELF_SIZE = 4 };
    char start[OWNER_AT + 6];
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t size = fread(start, 1, sizeof start, file);
    fclose(file);
    return size == sizeof start && memcmp(start, "\x7F" "ELF", ELF_SIZE) == 0 &&
           memcmp(start + OWNER_AT, "Nacre", 6) == 0;
}

static int print_json(const char *path, const nacre_image_description *d) {
    char module[DIGEST_TEXT], signer[DIGEST_TEXT];
    digest_format(d->module_sha256, module);
    digest_format(d->signer, signer);
    return json_print(json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:b, s:o}", "file", path, "size",
        (json_int_t)d->size_bytes, "module", module, "compiler", d->compiler, "target", d->target,
        "options", d->options, "code", (json_int_t)d->code_bytes, "bounds",
        d->explicit_bounds ? "explicit" : "guard", "fuel", d->metering, "deterministic",
        d->deterministic, "exceptions", d->exceptions, "signer",
        d->has_signature ? json_string(signer) : json_null()));
}

static void print_line(const char *name, const char *text) {
    printf("%s: ", name);
    print_text(stdout, text, strlen(text));
    putchar('\n');
}

static int print_plain(const char *path, const nacre_image_description *d) {
    char text[DIGEST_TEXT];
    printf("file: %s\nsize: %" PRIu64 " bytes\n", path, d->size_bytes);
    digest_format(d->module_sha256, text);
    printf("module: %s\n", text);
    print_line("compiler", d->compiler);
    print_line("target", d->target);
    print_line("options", d->options);
    printf("code: %" PRIu64 " bytes\n", d->code_bytes);
    digest_format(d->signer, text);
    printf("signer: %s\n", d->has_signature ? text : "none");
    return 0;
}

int image_inspect(const char *path, bool json) {
    nacre_image_description description;
    nacre_error error;
    if (nacre_image_describe(path, &description, &error) != NACRE_OK) {
        report_error(path, &error);
        return CLI_FAILED;
    }
    return json ? print_json(path, &description) : print_plain(path, &description);
}
