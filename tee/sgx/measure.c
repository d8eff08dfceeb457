/* measure.c - see measure.h; the records are those of the manual's ECREATE, EADD and EEXTEND. */
#include "sgx/measure.h"

/* Room for a record and what is behind it, that begins with the leaf's name and is zeros else. */
static uint8_t *put(struct measurement *m, const char name[8], size_t size) {
    if (size > sizeof m->buffer - m->used) {
        crypto_sha256_add(&m->hash, m->buffer, m->used);
        m->used = 0;
    }
    uint8_t *record = m->buffer + m->used;
    m->used += size;
    memset(record, 0, MEASURE_RECORD);
    memcpy(record, name, 8);
    return record;
}

nacre_status measurement_begin(struct measurement *m, uint64_t size) {
    TRY(crypto_sha256_begin(&m->hash));
    m->used = 0;
    uint8_t *record = put(m, "ECREATE", MEASURE_RECORD);
    store_u32(record + 8, SGX_SSA_PAGES);
    store_u64(record + 12, size);
    return NACRE_OK;
}

/* bytes: NULL: zeros. */
static void extend(struct measurement *m, uint64_t offset, const uint8_t *bytes) {
    for (uint64_t at = 0; at < SGX_PAGE; at += SGX_EXTEND) {
        uint8_t *record = put(m, "EEXTEND", MEASURE_RECORD + SGX_EXTEND);
        store_u64(record + 8, offset + at);
        if (bytes) memcpy(record + MEASURE_RECORD, bytes + at, SGX_EXTEND);
        else memset(record + MEASURE_RECORD, 0, SGX_EXTEND);
    }
}

nacre_status measurement_add(void *measurement, const struct enclave_pages *pages) {
    struct measurement *m = measurement;
    for (uint64_t i = 0; i < pages->count; i++) {
        uint64_t offset = pages->offset + i * SGX_PAGE;
        uint8_t *record = put(m, "EADD\0\0\0", MEASURE_RECORD);
        store_u64(record + 8, offset);
        store_u64(record + 16, pages->secinfo);
        if (!pages->is_measured) continue;
        extend(m, offset, pages->bytes ? pages->bytes + i * SGX_PAGE : NULL);
    }
    return NACRE_OK;
}

void measurement_end(struct measurement *m, uint8_t mrenclave[32]) {
    crypto_sha256_add(&m->hash, m->buffer, m->used);
    crypto_sha256_end(&m->hash, mrenclave);
}

nacre_status measurement_of(const struct enclave_image *image, uint8_t mrenclave[32]) {
    struct measurement m;
    uint8_t digest[32];
    TRY(measurement_begin(&m, image->config->size));
    nacre_status status = enclave_image_pages(image, measurement_add, &m);
    measurement_end(&m, digest);
    if (status == NACRE_OK) memcpy(mrenclave, digest, sizeof digest);
    return status;
}
