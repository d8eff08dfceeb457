/* inspect_enclave.c - see inspect_enclave.h */
#include "inspect_enclave.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <nacre/enclave.h>

#include "cli.h"
#include "digest.h"
#include "json.h"
#include "report.h"

bool enclave_may_be(const char *path) {
    static const char shared_object[] = "\x7F" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3"; /* type 3 */
    char start[sizeof shared_object];
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t size = fread(start, 1, sizeof start, file);
    fclose(file);
    return size == sizeof start && memcmp(start, shared_object, sizeof start) == 0;
}

static const char *const codes[] = {[NACRE_ENCLAVE_CODE_BAKED] = "baked",
                                    [NACRE_ENCLAVE_CODE_SIGNED] = "signed",
                                    [NACRE_ENCLAVE_CODE_ANY] = "any"};

static int print_json(const char *path, const nacre_enclave_description *d) {
    char mrenclave[DIGEST_TEXT], mrsigner[DIGEST_TEXT], key[DIGEST_TEXT];
    digest_format(d->mrenclave, mrenclave);
    digest_format(d->mrsigner, mrsigner);
    digest_format(d->code_key, key);
    return json_print(json_pack(
        "{s:s, s:I, s:s, s:s, s:I, s:I, s:b, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, "
        "s:o}",
        "file", path, "size", (json_int_t)d->file_bytes, "mrenclave", mrenclave, "mrsigner",
        mrsigner, "attributes", (json_int_t)d->attributes, "xfrm", (json_int_t)d->xfrm, "debug",
        d->debug, "product_id", d->product_id, "svn", d->svn, "date", (json_int_t)d->date,
        "threads", (json_int_t)d->threads, "stack", (json_int_t)d->stack_bytes, "heap",
        (json_int_t)d->heap_bytes, "heap_max", (json_int_t)d->heap_max_bytes, "range",
        (json_int_t)d->size_bytes, "images", (json_int_t)d->images, "code", codes[d->code],
        "code_key", d->code == NACRE_ENCLAVE_CODE_SIGNED ? json_string(key) : json_null()));
}

static int print_plain(const char *path, const nacre_enclave_description *d) {
    char mrenclave[DIGEST_TEXT], mrsigner[DIGEST_TEXT];
    digest_format(d->mrenclave, mrenclave);
    digest_format(d->mrsigner, mrsigner);
    printf("file: %s\nsize: %" PRIu64 " bytes\nmrenclave: %s\nmrsigner: %s\n", path,
           d->file_bytes, mrenclave, mrsigner);
    printf("attributes: 0x%" PRIx64 "%s, xfrm 0x%" PRIx64 "\n", d->attributes,
           d->debug ? " (debug: nothing is protected)" : "", d->xfrm);
    printf("product: %u, security version %u\nsigned: %04u-%02u-%02u\n", d->product_id, d->svn,
           d->date / 10000, d->date / 100 % 100, d->date % 100);
    printf("threads: %u, %" PRIu64 " KiB of stack each\n", d->threads, d->stack_bytes >> 10);
    printf("heap: %" PRIu64 " KiB, at most %" PRIu64 " KiB\naddress range: %" PRIu64 " KiB\n",
           d->heap_bytes >> 10, d->heap_max_bytes >> 10, d->size_bytes >> 10);
    printf("images: %u\ncompiled code beside them: %s\n", d->images, codes[d->code]);
    if (d->code == NACRE_ENCLAVE_CODE_SIGNED) {
        digest_format(d->code_key, mrsigner);
        printf("signed by: %s\n", mrsigner);
    }
    return CLI_OK;
}

int enclave_inspect(const char *path, bool json) {
    nacre_enclave_description description;
    nacre_error error;
    if (nacre_enclave_describe(path, &description, &error) != NACRE_OK) {
        report(NULL, "%s", error.text);
        report_hint("nacre tee sign signs enclaves; what is neither one nor an image is a program "
                    "for this machine");
        return CLI_FAILED;
    }
    return json ? print_json(path, &description) : print_plain(path, &description);
}
