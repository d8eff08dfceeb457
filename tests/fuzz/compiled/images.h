/* images.h - images of one module, compiled in one of the ways. */
#ifndef TESTS_FUZZ_COMPILED_IMAGES_H
#define TESTS_FUZZ_COMPILED_IMAGES_H

#include <nacre/image.h>

#include "fuzz/compiled/way.h"

struct images {
    const uint8_t *bytes;
    size_t size;
    struct way way;
    const char *folder, *dump; /* see run_both */
    uint8_t module_sha256[32];
};

/* Writes that of the module to the path; or the continuation from a loop on, if it is not NULL. */
nacre_status images_compile(const struct images *images, const nacre_loop *loop, const char *path,
                            nacre_error *error);

#endif
