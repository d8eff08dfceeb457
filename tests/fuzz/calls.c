/*
 * calls.c - the boundary of a TEE, from both sides. The first byte says which:
 *
 *   even   a core calls all that there is, and the replies are changed by the bytes that follow
 *   odd    a host is asked whatever the bytes say; it must keep the contract of port/files.h
 *          (the fake port aborts where it does not) and touch nothing outside of the slot
 */
#include "unit/tee/workload.h"

struct input {
    const uint8_t *at, *end;
};

static uint8_t next(struct input *in) { return in->at < in->end ? *in->at++ : 0; }
static uint32_t next_u16(struct input *in) {
    uint32_t low = next(in);
    return low | (uint32_t)next(in) << 8;
}

/* A count, and so many bytes of the slot: where, and what they become. */
static void change(void *env, struct calls_slot *slot) {
    struct input *in = env;
    for (uint32_t count = next(in) % 24; count > 0; count--) {
        uint32_t at = next_u16(in) % 1024;
        ((uint8_t *)slot)[at] = next(in);
    }
}

static void lie_to_core(struct input *in) {
    struct fake *fake = work_fake();
    struct work_host host;
    struct direct *direct = direct_create(work_host(&host, fake), "/data", false);
    direct->lie = change;
    direct->env = in;
    work(&direct->port);
    direct_destroy(direct);
    fake_destroy(fake);
}

/* A call, then words: each a byte, or all 64 bits; then data. */
static void fill(struct input *in, struct calls_slot *slot) {
    slot->call = next(in) % (CALLS_COUNT + 2);
    for (int i = 0; i < CALLS_WORDS; i++) {
        uint8_t byte = next(in);
        slot->words[i] = byte;
        if (byte != 255) continue;
        slot->words[i] = 0;
        for (int n = 0; n < 8; n++) slot->words[i] |= (uint64_t)next(in) << 8 * n;
    }
    uint32_t size = next(in);
    for (uint32_t i = 0; i < size; i++) slot->data[i] = next(in);
}

static void ask_host(struct input *in) {
    struct fake *fake = work_fake();
    fake_be_lenient(fake);
    struct work_host host;
    const struct served_grant grant = {"/data", next(in) & 1};
    const struct served_grants grants = {.dirs = {&grant, 1}, .listeners = {&grant, 1},
                                         .streams = next(in)};
    struct served served;
    struct calls_slot *slot = work_take(sizeof *slot);
    served_init(&served, work_host(&host, fake), fake_allocator(fake), &grants, 8);
    while (in->at < in->end) {
        fill(in, slot);
        served_answer(&served, slot);
        MUST(slot->error < PORT_ERRNO_COUNT);
    }
    served_deinit(&served);
    MUST(fake_open_files(fake) == 0 && fake_live_allocations(fake) == 0);
    free(slot);
    fake_destroy(fake);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, data + size};
    if (next(&in) & 1) ask_host(&in);
    else lie_to_core(&in);
    return 0;
}
