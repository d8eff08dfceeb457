/* patch.c - code of a simulated enclave that is not as in its file; see simulated.h */
#include "sgx/host/simulated/simulated.h"

/* As entry.S of the enclave leaves room for it: ENCLU, UD2, and 16 times INT3. */
static const uint8_t room[] = {0x0F, 0x01, 0xD7, 0x0F, 0x0B, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,
                               0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC};
/* jmp [rip]; the address stands behind it. */
static const uint8_t jump[] = {0xFF, 0x25, 0, 0, 0, 0};

static uint32_t patch_segment(uint8_t *code, uint64_t size) {
    uint32_t count = 0;
    for (uint64_t at = 0; at + sizeof room <= size; at++) {
        if (code[at] != room[0] || memcmp(code + at, room, sizeof room) != 0) continue;
        memcpy(code + at, jump, sizeof jump);
        store_u64(code + at + sizeof jump, (uint64_t)simulated_exit);
        count++;
    }
    return count;
}

/* Here CPUID does not fault: an instruction of the same length that does stands in its place. */
void simulated_patch_sites(const struct simulated *s) {
    static const uint8_t undefined[] = {0x0F, 0x0B}; /* UD2 */
    const struct enclave_config *config = s->enclave->image.config;
    for (uint32_t i = 0; i < config->site_count; i++)
        memcpy(s->enclave->base + config->sites[i], undefined, sizeof undefined);
}

/* A jump in place of each ENCLU that leaves: no fault, which takes the system long. */
void simulated_patch_exits(struct simulated *s) {
    const struct enclave_image *image = &s->enclave->image;
    uint32_t count = 0;
    for (uint32_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].flags & SGX_X)
            count += patch_segment(s->enclave->base + image->segments[i].offset,
                                   image->segments[i].file_size);
    s->is_patched = count > 0;
}
