/*
 * nacre/enclave.h - files of SGX enclaves: signing them, and saying what one is.
 *
 * For: giving an enclave that was built its sizes, its programs and its signer, with nothing of
 *      the vendor's; knowing MRENCLAVE and MRSIGNER before an enclave ever runs, to expect them in
 *      evidence.
 * Not for: running one; see nacre/tee.h.
 *
 * A signed file says which bytes the processor will measure (MRENCLAVE), and who stands for them
 * (MRSIGNER, the hash of the signer's public key). Who has the secret key can make other enclaves
 * of the same signer, which can then unseal what was sealed for the signer.
 *
 * Threads: everything here may be called from any thread.
 * Memory: what is passed in is not needed after the call.
 */
#ifndef NACRE_ENCLAVE_H
#define NACRE_ENCLAVE_H

#include <stdbool.h>

#include <nacre/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Keys --- */

/* Makes a key to sign enclaves with (RSA-3072, exponent 3) in a new file, as PEM that only its
 * owner can read. It takes about a second. NACRE_IO (it can't be written, or there is such a
 * file), NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_enclave_make_key(const char *path,
                                                               nacre_error *error);

/* --- Signing --- */

/* Whose compiled code may run in an enclave, beside the images that are part of it. Nobody looks
 * at what an image's code does: it can do all that the enclave can, and a report of an enclave
 * that runs ANY proves nothing about programs. What is interpreted is always allowed, as it
 * can't. */
typedef enum nacre_enclave_code {
    NACRE_ENCLAVE_CODE_BAKED,  /* nobody's */
    NACRE_ENCLAVE_CODE_SIGNED, /* that of images which were signed with a certain key */
    NACRE_ENCLAVE_CODE_ANY     /* its host's: for tests, and to measure */
} nacre_enclave_code;

typedef struct nacre_enclave_options {
    const char *key_path;    /* PEM (PKCS #1 or #8), without a password */
    uint32_t threads;        /* at once in the enclave, 1 to 64. Default: 16 */
    uint64_t stack_bytes;    /* of each, in units of 4 KiB. Default: 256 KiB */
    uint64_t heap_bytes;     /* there from the beginning, in units of 64 KiB. Default: 64 MiB */
    uint64_t heap_max_bytes; /* where the processor adds pages later (SGX2). Default: 16 GiB */
    uint16_t product_id;     /* ISVPRODID. Default: 0 */
    uint16_t svn;            /* ISVSVN, the security version: to be raised when a hole was closed,
                              * so that verifiers can refuse older ones. Default: 0 */
    nacre_enclave_code code; /* Default: NACRE_ENCLAVE_CODE_BAKED */
    const uint8_t *code_key; /* 32 bytes: the public Ed25519 key for NACRE_ENCLAVE_CODE_SIGNED.
                              * Default: NULL */
    bool debug;              /* the host may read and write the enclave: nothing is protected.
                              * Default: false */
    uint64_t time_seconds;   /* since 1970: its day (UTC) stands in the signature. Default: now */
    const char *const *images; /* of programs (nacre/compiler.h, explicit_bounds), that become part
                                * of the enclave, in the place of those that are. NULL: those
                                * stay */
    size_t image_count;
} nacre_enclave_options;

/* Fills in the defaults that are named above. */
NACRE_API void nacre_enclave_options_init(nacre_enclave_options *options);

/* Signs the enclave in the file `enclave_path`, with the sizes of the options, and leaves it in
 * `output_path`, whole or not at all; NULL, or the same: in its place. The same file, images, key
 * and options give the same bytes.
 * NACRE_NOT_FOUND (no such file), NACRE_IO (it can't be read or written), NACRE_MALFORMED (no
 * enclave, no image, no key), NACRE_UNSUPPORTED (an image that an enclave can't run, or a key that
 * can't sign enclaves), NACRE_ARGUMENT (a size that can't be, or no `code_key` where one is
 * needed), NACRE_LIMIT (too large, or too many images), NACRE_NO_MEMORY. `error` names the
 * file. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_enclave_sign(const char *enclave_path,
                                                           const char *output_path,
                                                           const nacre_enclave_options *options,
                                                           nacre_error *error);

/* --- What an enclave is --- */

typedef struct nacre_enclave_description {
    uint64_t file_bytes;
    uint8_t mrenclave[32]; /* computed from the file, as the processor does */
    uint8_t mrsigner[32];  /* whose signature it has, which is right */
    uint64_t attributes, xfrm; /* SECS.ATTRIBUTES as they were signed */
    bool debug;                /* one of the attributes: the host can read everything */
    uint16_t product_id, svn;
    uint32_t date;   /* of the signature, as a decimal number: 20260131 */
    uint32_t threads;
    uint32_t images; /* of programs, in it */
    nacre_enclave_code code;
    uint8_t code_key[32]; /* with NACRE_ENCLAVE_CODE_SIGNED; else zeros */
    uint64_t stack_bytes, heap_bytes, heap_max_bytes;
    uint64_t size_bytes; /* of its address range */
} nacre_enclave_description;

/* Describes a signed enclave's file; the file may be anything.
 * NACRE_NOT_FOUND, NACRE_IO, NACRE_MALFORMED (no enclave, or one that is not signed, or was
 * changed after that: `error` says which), NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_enclave_describe(
    const char *path, nacre_enclave_description *description, nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
