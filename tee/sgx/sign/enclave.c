/* enclave.c - nacre/enclave.h: signing a file, and describing one. */
#include <string.h>
#include <time.h>

#include "client/client.h"
#include "sgx/measure.h"
#include "sgx/sign/sign.h"
#include "sgx/sign/sigstruct.h"

static nacre_status open_file(const char *path, struct file_bytes *file,
                              struct enclave_image *image, nacre_error *error) {
    const char *text;
    TRY(file_bytes_load(path, file, error));
    nacre_status status = enclave_image_open(image, file->bytes, file->size, &text);
    if (status != NACRE_OK) client_fail(error, status, "%s: %s", path, text);
    return status;
}

/* --- Signing --- */

void nacre_enclave_options_init(nacre_enclave_options *options) {
    time_t now = time(NULL);
    *options = (nacre_enclave_options){
        .threads = 16,
        .stack_bytes = UINT64_C(256) << 10,
        .heap_bytes = UINT64_C(64) << 20,
        .heap_max_bytes = UINT64_C(16) << 30,
        .time_seconds = now > 0 ? (uint64_t)now : 0,
    };
}

/* A day as SIGSTRUCT has it: decimal digits, 0xYYYYMMDD. 0: there is none of that form. */
static uint32_t date_digits(uint64_t seconds) {
    time_t time = (time_t)seconds;
    struct tm day;
    if (seconds > INT64_MAX || !gmtime_r(&time, &day) || day.tm_year + 1900 > 9999) return 0;
    uint32_t number = (uint32_t)(day.tm_year + 1900) * 10000 + (uint32_t)(day.tm_mon + 1) * 100 +
                      (uint32_t)day.tm_mday;
    uint32_t digits = 0;
    for (int shift = 0; shift < 32; shift += 4, number /= 10) digits |= number % 10 << shift;
    return digits;
}

static uint32_t date_number(uint32_t digits) {
    uint32_t number = 0;
    for (int shift = 28; shift >= 0; shift -= 4) number = number * 10 + (digits >> shift & 15);
    return number;
}

static nacre_status check_options(const nacre_enclave_options *o, nacre_error *error) {
    const char *wrong = NULL;
    if (!o->key_path) wrong = "a key is needed to sign";
    else if (o->threads == 0 || o->threads > ENCLAVE_THREADS_MAX)
        wrong = "an enclave has 1 to 64 threads";
    else if (o->stack_bytes == 0 || o->stack_bytes % SGX_PAGE)
        wrong = "the stack's size is a multiple of 4 KiB";
    else if (o->heap_bytes == 0 || (o->heap_bytes | o->heap_max_bytes) % ENCLAVE_UNIT)
        wrong = "the heap's sizes are multiples of 64 KiB";
    else if (o->heap_bytes > o->heap_max_bytes)
        wrong = "the heap begins larger than it may become";
    else if (o->code >= ENCLAVE_CODE_COUNT) wrong = "no such choice of code";
    else if ((o->code == NACRE_ENCLAVE_CODE_SIGNED) != (o->code_key != NULL))
        wrong = "a key for images goes with code that is signed";
    else if (!date_digits(o->time_seconds)) wrong = "the time has no date of four digits a year";
    return wrong ? client_fail(error, NACRE_ARGUMENT, "%s", wrong) : NACRE_OK;
}

static nacre_status lay_out(struct enclave_image *image, const nacre_enclave_options *o,
                            nacre_error *error) {
    struct enclave_config *c = image->config;
    c->thread_count = o->threads;
    c->stack_bytes = o->stack_bytes;
    c->heap_bytes = o->heap_bytes;
    c->heap_max_bytes = o->heap_max_bytes;
    c->code = o->code;
    memset(c->code_key, 0, sizeof c->code_key);
    if (o->code_key) memcpy(c->code_key, o->code_key, sizeof c->code_key);
    if (enclave_image_lay_out(image)) return NACRE_OK;
    return client_fail(error, NACRE_LIMIT, "stack or heap are larger than an enclave can be");
}

static nacre_status sign(struct enclave_image *image, struct rsa_key *key,
                         const nacre_enclave_options *o, nacre_error *error) {
    struct sigstruct_content content = {.date = date_digits(o->time_seconds),
                                        .product_id = o->product_id, .svn = o->svn,
                                        .debug = o->debug};
    struct sgx_sigstruct made;
    nacre_status status = measurement_of(image, content.mrenclave);
    sigstruct_fill(&made, &content);
    if (status == NACRE_OK) status = sigstruct_sign(&made, key, enclave_random, NULL);
    if (status != NACRE_OK) return client_fail(error, status, "the enclave can't be signed: %s",
                           nacre_status_text(status));
    memcpy(&image->signature->sigstruct, &made, sizeof made);
    return NACRE_OK;
}

nacre_status nacre_enclave_sign(const char *enclave_path, const char *output_path,
                                const nacre_enclave_options *options, nacre_error *error) {
    struct file_bytes file = {0};
    struct enclave_image image;
    struct rsa_key *key = NULL;
    TRY(check_options(options, error));
    nacre_status status = enclave_key_load(options->key_path, &key, error);
    if (status == NACRE_OK) status = open_file(enclave_path, &file, &image, error);
    if (status == NACRE_OK && options->images)
        status = enclave_bake(&file, &image, options, error);
    if (status == NACRE_OK) status = lay_out(&image, options, error);
    if (status == NACRE_OK) status = sign(&image, key, options, error);
    if (status == NACRE_OK)
        status = file_bytes_replace(output_path ? output_path : enclave_path, &file, error);
    rsa_destroy(key);
    file_bytes_free(&file);
    return status;
}

/* --- What an enclave is --- */

static void describe(const struct enclave_image *image, const struct sgx_secs *secs,
                     nacre_enclave_description *d) {
    const struct enclave_config *c = image->config;
    *d = (nacre_enclave_description){
        .file_bytes = image->file_size,
        .attributes = secs->attributes.flags & ~SGX_ATTRIBUTE_INIT,
        .xfrm = secs->attributes.xfrm,
        .debug = secs->attributes.flags & SGX_ATTRIBUTE_DEBUG,
        .product_id = secs->isvprodid,
        .svn = secs->isvsvn,
        .date = date_number(image->signature->sigstruct.date),
        .threads = c->thread_count,
        .images = c->baked_count,
        .code = (nacre_enclave_code)c->code,
        .stack_bytes = c->stack_bytes,
        .heap_bytes = c->heap_bytes,
        .heap_max_bytes = c->heap_max_bytes,
        .size_bytes = c->size,
    };
    memcpy(d->mrenclave, secs->mrenclave, sizeof d->mrenclave);
    memcpy(d->mrsigner, secs->mrsigner, sizeof d->mrsigner);
    memcpy(d->code_key, c->code_key, sizeof d->code_key);
}

/* The signature is looked at first: only a file that its signer laid out so is worth measuring. */
static nacre_status check_signature(const struct enclave_image *image, struct sgx_secs *secs,
                                    const char **text) {
    struct sgx_sigstruct s;
    uint8_t mrenclave[32];
    memcpy(&s, &image->signature->sigstruct, sizeof s);
    sigstruct_secs(&s, s.enclavehash, secs);
    enum sigstruct_fault fault = sigstruct_check(&s, secs);
    *text = sigstruct_fault_text(fault);
    if (fault != SIGSTRUCT_OK) return NACRE_MALFORMED;
    *text = sigstruct_fault_text(SIGSTRUCT_INVALID_MEASUREMENT);
    if (!enclave_image_is_laid_out(image)) return NACRE_MALFORMED;
    TRY(measurement_of(image, mrenclave));
    return memcmp(mrenclave, s.enclavehash, sizeof mrenclave) == 0 ? NACRE_OK : NACRE_MALFORMED;
}

nacre_status nacre_enclave_describe(const char *path, nacre_enclave_description *description,
                                    nacre_error *error) {
    struct file_bytes file = {0};
    struct enclave_image image;
    struct sgx_secs secs;
    const char *text;
    nacre_status status = open_file(path, &file, &image, error);
    if (status == NACRE_OK) {
        status = check_signature(&image, &secs, &text);
        if (status != NACRE_OK) client_fail(error, status, "%s: %s", path, text);
    }
    if (status == NACRE_OK) describe(&image, &secs, description);
    file_bytes_free(&file);
    return status;
}
