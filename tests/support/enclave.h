/* enclave.h - a small file of an enclave for tests: code of one page and a half, constants with
 * the config, data that are mostly zeros, and the signature's note. */
#ifndef SUPPORT_ENCLAVE_H
#define SUPPORT_ENCLAVE_H

#include "image/elf.h"
#include "sgx/image.h"

enum {
    SAMPLE_TEXT = 6144,
    SAMPLE_DATA = 100,
    SAMPLE_DATA_MEMORY = 9029, /* three pages */
    SAMPLE_ENTRY = 64,
    SAMPLE_SITE = 4100,
    SAMPLE_SEGMENTS = 5,
    SAMPLE_HEAD = sizeof(struct elf_note) + ENCLAVE_NOTE_NAME_BYTES /* of a note */
};

struct enclave_sample {
    struct elf_header header;
    struct elf_segment segments[SAMPLE_SEGMENTS];
    uint8_t unused[SGX_PAGE - sizeof(struct elf_header) -
                   SAMPLE_SEGMENTS * sizeof(struct elf_segment)];
    uint8_t text[2 * SGX_PAGE];
    uint8_t config_head[32]; /* the last SAMPLE_HEAD of it */
    struct enclave_config config;
    uint8_t unused2[SGX_PAGE - 32 - sizeof(struct enclave_config)];
    uint8_t data[SAMPLE_DATA];
    uint8_t signature_head[36];
    struct enclave_signature signature;
};
_Static_assert(offsetof(struct enclave_sample, signature) % 8 == 0, "as a note's contents are");

static inline void sample_note(uint8_t *contents, uint32_t size, uint32_t type) {
    static const char name[ENCLAVE_NOTE_NAME_BYTES] = ENCLAVE_NOTE_NAME;
    const struct elf_note note = {sizeof ENCLAVE_NOTE_NAME, size, type};
    memcpy(contents - SAMPLE_HEAD, &note, sizeof note);
    memcpy(contents - sizeof name, name, sizeof name);
}

static inline struct elf_segment sample_segment(uint32_t type, uint32_t flags, uint64_t offset,
                                                uint64_t address, uint64_t size, uint64_t memory) {
    return (struct elf_segment){.type = type, .flags = flags, .offset = offset,
                                .address = address, .physical = address, .file_size = size,
                                .memory_size = memory, .alignment = SGX_PAGE};
}

static inline void enclave_sample_fill(struct enclave_sample *s) {
#define AT(member) offsetof(struct enclave_sample, member)
    *s = (struct enclave_sample){
        .header = {.ident = ELF_IDENT, .type = ELF_DYN, .machine = 62, .version = ELF_VERSION,
                   .entry = SAMPLE_ENTRY, .segments = AT(segments),
                   .header_size = sizeof s->header, .segment_size = sizeof s->segments[0],
                   .segment_count = SAMPLE_SEGMENTS},
        .segments = {
            sample_segment(ELF_LOAD, ELF_R | ELF_X, AT(text), 0, SAMPLE_TEXT, SAMPLE_TEXT),
            sample_segment(ELF_LOAD, ELF_R, AT(config_head), 2 * SGX_PAGE,
                           sizeof s->config_head + sizeof s->config,
                           sizeof s->config_head + sizeof s->config),
            sample_segment(ELF_LOAD, ELF_R | ELF_W, AT(data), 4 * SGX_PAGE, SAMPLE_DATA,
                           SAMPLE_DATA_MEMORY),
            sample_segment(ELF_NOTE_SEGMENT, ELF_R, AT(config) - SAMPLE_HEAD, 0,
                           SAMPLE_HEAD + sizeof s->config, 0),
            sample_segment(ELF_NOTE_SEGMENT, ELF_R, AT(signature) - SAMPLE_HEAD, 0,
                           SAMPLE_HEAD + sizeof s->signature, 0),
        },
        .config = {.version = ENCLAVE_VERSION, .site_count = 1, .sites = {SAMPLE_SITE}},
    };
#undef AT
    for (uint32_t i = 0; i < sizeof s->text; i++) s->text[i] = (uint8_t)(i * i >> 4);
    for (uint32_t i = 0; i < sizeof s->data; i++) s->data[i] = (uint8_t)(255 - i);
    sample_note((uint8_t *)&s->config, sizeof s->config, ENCLAVE_NOTE_CONFIG);
    sample_note((uint8_t *)&s->signature, sizeof s->signature, ENCLAVE_NOTE_SIGNATURE);
}

#endif
