/*
 * measure.h - MRENCLAVE, as the processor computes it: SHA-256 over a record of 64 bytes for
 * ECREATE and each EADD and EEXTEND, the latter with the 256 bytes that it measures behind it.
 */
#ifndef SGX_MEASURE_H
#define SGX_MEASURE_H

#include "crypto/crypto.h"
#include "sgx/image.h"

enum { MEASURE_RECORD = 64, MEASURE_BUFFER = 64 * (MEASURE_RECORD + SGX_EXTEND) };

struct measurement {
    struct crypto_sha256_stream hash;
    size_t used; /* of the buffer; to be hashed when it is full */
    uint8_t buffer[MEASURE_BUFFER];
};

/* Begins with ECREATE, of an enclave of that size with frames of SGX_SSA_PAGES. What begin
 * succeeded with has to be ended. NACRE_NO_MEMORY. */
nacre_status measurement_begin(struct measurement *m, uint64_t size);

/* Adds pages: for enclave_image_pages, whose env is the struct measurement. Does not fail. */
nacre_status measurement_add(void *measurement, const struct enclave_pages *pages);

void measurement_end(struct measurement *m, uint8_t mrenclave[32]);

/* All of it, of an image that was laid out. NACRE_NO_MEMORY. */
nacre_status measurement_of(const struct enclave_image *image, uint8_t mrenclave[32]);

#endif
