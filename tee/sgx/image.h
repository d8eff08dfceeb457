/*
 * image.h - an enclave as a file, and as the pages that are added to it.
 *
 * The file is an ELF64 shared object without imports: its segments, in whole pages; a note that is
 * part of the enclave, with how it was made (struct enclave_config); and one that is not, for the
 * signature (struct enclave_signature). `nacre tee sign` fills in both. Behind the ELF file stand
 * images of programs that were baked in.
 *
 * The pages of the enclave, from offset 0, all by the config and the file:
 *
 *   segments        as in the file; all measured
 *   baked images    each from a page on; readable, their code executable; measured
 *   threads         for each: nothing (a guard), stack, nothing, exception stack, block (see
 *                   block.h; measured), state save frames, TCS (measured)
 *   heap            heap_bytes, at a multiple of 64 KiB; what it holds is not measured
 *   more heap       up to heap_max_bytes, added while it runs (SGX2), until the end
 *
 * The enclave's size is the next power of two.
 */
#ifndef SGX_IMAGE_H
#define SGX_IMAGE_H

#include "base/base.h"
#include "sgx/arch.h"

enum {
    ENCLAVE_VERSION = 2,
    ENCLAVE_THREADS_MAX = 64,
    ENCLAVE_BAKED_MAX = 64,
    ENCLAVE_SEGMENTS_MAX = 8,
    ENCLAVE_SITES_MAX = 16,
    ENCLAVE_SITE_BYTES = 2, /* of CPUID */
    ENCLAVE_UNIT = 65536, /* the heap's sizes are multiples of it */
};

/* An image of a program inside of the enclave. */
struct enclave_baked {
    uint64_t offset, size;           /* size: of the file; whole pages are added */
    uint64_t code_offset, code_size; /* in it, whole pages */
};

/* Whose compiled code it runs beside what was baked in: what an image's code does is not looked
 * at, and it may do all that the enclave can. */
enum { ENCLAVE_CODE_BAKED, ENCLAVE_CODE_SIGNED, ENCLAVE_CODE_ANY, ENCLAVE_CODE_COUNT };

/* What the enclave knows of itself, as it is measured. */
struct enclave_config {
    uint32_t version, thread_count;
    uint64_t stack_bytes; /* of a thread, in whole pages */
    uint64_t heap_bytes, heap_max_bytes;
    /* The signer's: where things are. */
    uint64_t size, threads_offset, heap_offset;
    uint32_t baked_count;
    /* tools/sites.sh's, by their places. */
    uint32_t site_count;
    uint64_t sites[ENCLAVE_SITES_MAX]; /* offsets of CPUID instructions: no others are answered */
    struct enclave_baked baked[ENCLAVE_BAKED_MAX];
    uint64_t code;        /* one of the above */
    uint8_t code_key[32]; /* Ed25519: who has to have signed images; zeros if nobody */
};

_Static_assert(offsetof(struct enclave_config, site_count) == 60 &&
                   offsetof(struct enclave_config, sites) == 64,
               "as tools/sites.sh writes");

struct enclave_signature {
    struct sgx_sigstruct sigstruct;
    uint64_t baked_file_offset; /* in the file: whole pages, one image after the other */
};

/* The notes: their name, which fills up what is before the contents to a multiple of 8, and types.
 */
#define ENCLAVE_NOTE_NAME "NacreSGX"
enum { ENCLAVE_NOTE_NAME_BYTES = 12, ENCLAVE_NOTE_CONFIG = 1, ENCLAVE_NOTE_SIGNATURE = 2 };

/* A file that was found to be one: everything points into it. */
struct enclave_image {
    uint8_t *file;
    uint64_t file_size;
    uint64_t entry;     /* offset in the enclave */
    uint64_t image_end; /* of its segments */
    struct enclave_segment {
        uint64_t offset, file_offset, file_size, size; /* size: in whole pages */
        uint64_t flags;                                /* SGX_R, SGX_W, SGX_X */
    } segments[ENCLAVE_SEGMENTS_MAX];
    uint32_t segment_count;
    struct enclave_config *config;
    struct enclave_signature *signature;
};

/* Looks at a file, which is untrusted. NACRE_MALFORMED; *text says what is wrong. */
nacre_status enclave_image_open(struct enclave_image *image, uint8_t *file, uint64_t size,
                                const char **text);

/* Fills in where things are, by the config's other fields. False: they are too many or large. */
bool enclave_image_lay_out(struct enclave_image *image);

/* Is the config what enclave_image_lay_out makes of it? */
bool enclave_image_is_laid_out(const struct enclave_image *image);

/* Pages that follow each other. bytes: their contents, all of them; NULL: zeros. */
struct enclave_pages {
    uint64_t offset, count;
    uint64_t secinfo; /* flags */
    bool is_measured; /* their contents too */
    const uint8_t *bytes;
};

/* Hands over every page that is there from the beginning, by rising offset; stops at the first
 * `add` that fails. NACRE_NO_MEMORY. */
nacre_status enclave_image_pages(const struct enclave_image *image,
                                 nacre_status (*add)(void *env, const struct enclave_pages *pages),
                                 void *env);

#endif
