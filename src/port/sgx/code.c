/*
 * code.c - images of programs in an enclave: those that were baked into it, and, where pages can
 * be added and changed while it runs (SGX2), those that the host has.
 *
 * A page of the second kind is first written, and checked with the rest of the image. Then the
 * host has the right to write taken away from it (EMODPR), the enclave accepts that, and only
 * then adds the right to execute (EMODPE). Nothing is ever both; and as that would be the way
 * back, such pages are never used for anything else.
 */
#include "port/calls/calls.h"
#include "port/default.h"
#include "port/sgx/handles.h"
#include "sgx/enclave/enclave.h"

/* --- Names: a word, then a number --- */

static bool is_numbered(const char *name, const char *word, uint64_t *number) {
    size_t size = strlen(word);
    *number = 0;
    if (memcmp(name, word, size < strlen(name) ? size : strlen(name)) != 0) return false;
    if (strlen(name) <= size) return false;
    for (const char *at = name + size; *at; at++) {
        if (*at < '0' || *at > '9' || *number > UINT32_MAX / 10) return false;
        *number = *number * 10 + (uint64_t)(*at - '0');
    }
    return true;
}

static nacre_status map_baked(uint64_t index, const uint8_t **bytes, uint64_t *size) {
    const struct enclave_config *config = enclave_config();
    if (index >= config->baked_count) return NACRE_NOT_FOUND;
    *bytes = __enclave_base + config->baked[index].offset;
    *size = config->baked[index].size;
    return NACRE_OK;
}

/* --- The host's --- */

static nacre_status read_image(struct calls_port *port, uint64_t index, uint8_t *bytes,
                               uint64_t size) {
    for (uint64_t at = 0; at < size;) {
        const struct port_span rest = {bytes + at, (size_t)(size - at)};
        size_t got = 0;
        if (calls_read_image(port, index, at, &rest, 1, &got) != PORT_OK || got == 0)
            return NACRE_IO;
        at += got;
    }
    return NACRE_OK;
}

static nacre_status map_image(struct calls_port *port, uint64_t index, const uint8_t **bytes,
                              uint64_t *size) {
    const uint64_t most = UINT64_C(1) << 32;
    uint64_t found;
    uint8_t *base;
    if (calls_image(port, index, &found) != PORT_OK || found == 0 || found > most)
        return NACRE_NOT_FOUND;
    uint64_t all = (found + REGION_UNIT - 1) / REGION_UNIT * REGION_UNIT;
    TRY(region_reserve_new(&sgx_heap, all, &base));
    nacre_status status = region_commit(&sgx_heap, base, all, true);
    if (status == NACRE_OK) status = read_image(port, index, base, found);
    if (status != NACRE_OK) {
        region_release(&sgx_heap, base, all);
        return status;
    }
    *bytes = base;
    *size = found;
    return NACRE_OK;
}

/* --- The port's --- */

static nacre_status map(void *context, const char *path, const uint8_t **bytes, uint64_t *size,
                        uint64_t *contents) {
    uint64_t number;
    nacre_status status = NACRE_NOT_FOUND;
    if (is_numbered(path, PORT_BAKED_NAME, &number)) status = map_baked(number, bytes, size);
    else if (!sgx_code.is_closed && is_numbered(path, PORT_IMAGE_NAME, &number))
        status = map_image(context, number, bytes, size);
    if (status == NACRE_OK) *contents = (uint64_t)*bytes;
    return status;
}

/* Part of a baked image, where it is code already? */
static bool is_baked_code(const uint8_t *bytes, uint64_t size) {
    const struct enclave_config *config = enclave_config();
    for (uint32_t i = 0; i < config->baked_count; i++) {
        const struct enclave_baked *b = &config->baked[i];
        uint64_t at = (uint64_t)(bytes - __enclave_base) - b->offset - b->code_offset;
        if (range_inside(at, size, b->code_size)) return true;
    }
    return false;
}

/* Nothing is mapped again: a page has its rights by what it is told. */
static nacre_status allow(void *context, uint64_t contents, uint64_t from, const uint8_t *bytes,
                          uint64_t size) {
    static const struct sgx_secinfo restricted = {.flags = SGX_REG | SGX_R | SGX_RESTRICTED},
                                    code = {.flags = SGX_REG | SGX_R | SGX_X};
    const uint64_t offset = (uint64_t)(bytes - __enclave_base);
    (void)contents;
    (void)from;
    size = (size + SGX_PAGE - 1) / SGX_PAGE * SGX_PAGE;
    if (is_baked_code(bytes, size)) return NACRE_OK;
    if (bytes < sgx_heap.base || offset % SGX_PAGE ||
        calls_make_code(context, offset, size) != PORT_OK)
        return NACRE_UNSUPPORTED;
    for (uint64_t at = 0; at < size; at += SGX_PAGE) {
        uint8_t *page = __enclave_base + offset + at;
        if (enclave_page(SGX_EACCEPT, &restricted, page) != 0) return NACRE_UNSUPPORTED;
        (void)enclave_page(SGX_EMODPE, &code, page);
    }
    return NACRE_OK;
}

/* It stays: see above. */
static void unmap(void *context, const uint8_t *bytes, uint64_t size) {
    (void)context;
    (void)bytes;
    (void)size;
}

struct port_code sgx_code = {.map = map, .allow = allow, .unmap = unmap, .is_closed = true};

void sgx_code_open(const struct enclave_config *config) {
    sgx_code.baked_count = config->baked_count;
    sgx_code.is_closed = config->code != ENCLAVE_CODE_ANY && config->code != ENCLAVE_CODE_SIGNED;
    sgx_code.key = config->code == ENCLAVE_CODE_SIGNED ? config->code_key : NULL;
}

/* --- Contents: copied, as no two places have the same page --- */

static nacre_status make_none(void *context, uint64_t size, const struct port_part *parts,
                              uint32_t count, uint64_t *made) {
    (void)context;
    (void)size;
    (void)parts;
    (void)count;
    (void)made;
    return NACRE_UNSUPPORTED;
}

static nacre_status copy(void *context, uint64_t contents, uint64_t offset, uint8_t *base,
                         uint64_t size) {
    (void)context;
    TRY(region_commit(&sgx_heap, base, size, false));
    memcpy(base, (const uint8_t *)contents + offset, size);
    return NACRE_OK;
}

static void release(void *context, uint64_t contents) {
    (void)context;
    (void)contents;
}

const struct port_contents sgx_contents = {make_none, copy, release};
