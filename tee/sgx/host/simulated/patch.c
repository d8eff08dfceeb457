/* patch.c - code of a simulated enclave that is not as in its file; see simulated.h */
#include "sgx/host/simulated/simulated.h"

/* As entry.S of the enclave leaves room for it: ENCLU, UD2, and 16 times INT3. */
static const uint8_t room[] = {0x0F, 0x01, 0xD7, 0x0F, 0x0B, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,
                               0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC};
/* jmp [rip]; the address stands behind it. */
static const uint8_t jump[] = {0xFF, 0x25, 0, 0, 0, 0};

/* ENCLU, and 13 times NOP, for EACCEPT and EMODPE. */
static const uint8_t page_room[] = {0x0F, 0x01, 0xD7, 0x90, 0x90, 0x90, 0x90, 0x90,
                                    0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90};
/* call [rip + 2]; jmp over the address, which stands behind it. */
static const uint8_t call[] = {0xFF, 0x15, 2, 0, 0, 0, 0xEB, 8};

static const struct {
    const uint8_t *room;
    size_t room_size;
    const uint8_t *code;
    size_t code_size;
    const uint8_t *target;
} patches[] = {
    {room, sizeof room, jump, sizeof jump, simulated_exit},
    {page_room, sizeof page_room, call, sizeof call, simulated_page_call},
};

static void patch_at(struct simulated *s, uint8_t *at, uint64_t left) {
    for (size_t i = 0; i < ARRAY_COUNT(patches); i++) {
        const size_t size = patches[i].room_size;
        if (left < size || memcmp(at, patches[i].room, size) != 0) continue;
        memcpy(at, patches[i].code, patches[i].code_size);
        store_u64(at + patches[i].code_size, (uint64_t)patches[i].target);
        if (patches[i].target != simulated_exit) continue;
        s->is_patched = true;
        s->trap = (uint64_t)at + size - 1; /* still INT3 */
    }
}

/* Here CPUID does not fault: an instruction of the same length that does stands in its place. */
void simulated_patch_sites(const struct simulated *s) {
    static const uint8_t undefined[ENCLAVE_SITE_BYTES] = {0x0F, 0x0B}; /* UD2 */
    const struct enclave_config *config = s->enclave->image.config;
    for (uint32_t i = 0; i < config->site_count; i++)
        memcpy(s->enclave->base + config->sites[i], undefined, sizeof undefined);
}

/* Jumps and calls in place of ENCLU: no fault, which takes the system long. */
void simulated_patch_leaves(struct simulated *s) {
    const struct enclave_image *image = &s->enclave->image;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct enclave_segment *g = &image->segments[i];
        uint8_t *code = s->enclave->base + g->offset;
        for (uint64_t at = 0; g->flags & SGX_X && at < g->file_size; at++)
            if (code[at] == room[0]) patch_at(s, code + at, g->file_size - at);
    }
}
