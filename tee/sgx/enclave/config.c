/* config.c - the notes of an enclave's file, which the signer fills in; see sgx/image.h. */
#include "image/elf.h"
#include "sgx/enclave/enclave.h"

#define NOTE(section_name, contents)                                      \
    __attribute__((section(section_name), used, aligned(8))) const struct { \
        struct elf_note note;                                             \
        char name[ENCLAVE_NOTE_NAME_BYTES];                               \
        struct contents content;                                          \
    }

NOTE(".note.nacre.config", enclave_config) enclave_config_note = {
    .note = {sizeof ENCLAVE_NOTE_NAME, sizeof(struct enclave_config), ENCLAVE_NOTE_CONFIG},
    .name = ENCLAVE_NOTE_NAME,
    .content = {.version = ENCLAVE_VERSION},
};

NOTE(".note.nacre.signature", enclave_signature) enclave_signature_note = {
    .note = {sizeof ENCLAVE_NOTE_NAME, sizeof(struct enclave_signature), ENCLAVE_NOTE_SIGNATURE},
    .name = ENCLAVE_NOTE_NAME,
};

/* No compiler may believe that it is what stands above. */
const struct enclave_config *enclave_config(void) {
    const struct enclave_config *config = &enclave_config_note.content;
    __asm__("" : "+r"(config));
    return config;
}
