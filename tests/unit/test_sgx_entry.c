/*
 * test_sgx_entry.c - a host that enters an enclave as it likes: with any gate, stack and flags,
 * when nobody called it, and after a fault. The enclave is that of tests/tee/probe, in the
 * simulated loader; what it remembers must be as before wherever it refuses to be entered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <nacre/status.h>

#include "sgx/block.h"
#include "sgx/host/loader.h"
#include "sgx/host/simulated/simulated.h"

#define PROBE getenv("PROBE")

/* --- The way in, with registers that C has no say in --- */

/* simulated_switch, but for the flags and RSP, and with all else full of something. */
void enter_with(struct enclave_gate *gate, struct sgx_run *run, struct simulated_thread *thread,
                uint32_t function, uint64_t rsp, uint64_t flags);
__asm__(".intel_syntax noprefix\n"
        "enter_with:\n"
        "push rbp; mov rbp, rsp; push rbx; push r12; push r13; push r14; push r15\n"
        "push rsi; push rdx; sub rsp, 16\n"
        "stmxcsr [rbp - 64]; fnstcw [rbp - 60]\n"
        "mov rbx, [rsi]; mov eax, ecx; lea rcx, [rip + simulated_enclu]\n"
        "mov r10, -1; mov r11, -1; mov r12, -1; mov r13, -1; mov r14, -1; mov r15, -1\n"
        "mov rsi, -1; mov rdx, -1\n"
        "push r9; popfq; mov rsp, r8; jmp simulated_enclu\n"
        ".att_syntax\n");

struct registers {
    uint64_t rsp, flags;
};

static struct sgx_run enter(struct sgx_enclave *e, uint64_t gate, uint32_t function,
                            const struct registers *r) {
    struct sgx_run run = {.tcs = sgx_tcs(e, 0)};
    struct simulated_thread *t = simulated_thread();
    assert_non_null(t);
    t->entry = 0; /* by the handler */
    enter_with((struct enclave_gate *)gate, &run, t, function, r->rsp, r->flags);
    if (t->tcs) simulated_give(e->state, t->tcs);
    t->tcs = NULL;
    return run;
}

static const struct registers plain = {0x1000, 0x202};

/* --- An enclave --- */

struct loaded {
    struct sgx_enclave enclave;
    uint8_t *file;
    uint8_t *data; /* as it was when it was loaded: all segments that may be written */
};

static uint64_t data_of(const struct sgx_enclave *e, uint8_t *copy) {
    uint64_t size = 0;
    for (uint32_t i = 0; i < e->image.segment_count; i++) {
        const struct enclave_segment *g = &e->image.segments[i];
        if (!(g->flags & SGX_W)) continue;
        if (copy) memcpy(copy + size, e->base + g->offset, g->size);
        size += g->size;
    }
    return size;
}

static struct thread_block *block_of(const struct sgx_enclave *e) {
    const struct enclave_config *c = e->image.config;
    return (struct thread_block *)(void *)(e->base + c->threads_offset +
                                           thread_block_at(c->stack_bytes));
}

static void load(struct loaded *l) {
    struct stat about;
    nacre_error error;
    FILE *file = fopen(PROBE, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    l->file = malloc((size_t)about.st_size);
    assert_int_equal(fread(l->file, 1, (size_t)about.st_size, file), about.st_size);
    fclose(file);
    setenv("NACRE_SIMULATED_FAULTS", "1", 1);
    if (sgx_load(&l->enclave, &sgx_simulated, l->file, (uint64_t)about.st_size, &error) !=
        NACRE_OK)
        fail_msg("%s", error.text);
    l->data = malloc(data_of(&l->enclave, NULL));
    (void)data_of(&l->enclave, l->data);
}

static void unload(struct loaded *l) {
    sgx_unload(&l->enclave);
    free(l->file);
    free(l->data);
}

static void check_new(const struct loaded *l) {
    const struct thread_block *block = block_of(&l->enclave);
    const uint64_t size = data_of(&l->enclave, NULL);
    uint8_t *now = malloc(size);
    (void)data_of(&l->enclave, now);
    assert_memory_equal(now, l->data, size);
    free(now);
    assert_null(block->gate);
    assert_int_equal(block->canary, 0);
    assert_int_equal(block->sp, 0);
}

/* --- Gates --- */

enum { PLACES_COUNT = 20 };

/* Where no gate may be, nor anything else of the host's. */
static size_t list_places(const struct sgx_enclave *e, uint64_t places[PLACES_COUNT]) {
    const struct enclave_config *c = e->image.config;
    const uint64_t base = (uint64_t)e->base, user_end = UINT64_C(1) << 47;
    const uint64_t found[] = {
        0, 1, base, base + 1, base - 8, base + e->size - 8, base + e->size - 16,
        base + c->threads_offset + c->stack_bytes, (uint64_t)block_of(e),
        (uint64_t)block_of(e) + 16, sgx_tcs(e, 0), base + c->heap_offset,
        base + c->heap_offset + c->heap_max_bytes - 8,
        user_end - 8, user_end, UINT64_C(1) << 63, UINT64_MAX - 7, UINT64_MAX,
    };
    memcpy(places, found, sizeof found);
    return sizeof found / sizeof found[0];
}

static void test_gates(void **state) {
    struct loaded l;
    uint64_t places[PLACES_COUNT];
    (void)state;
    load(&l);
    const struct sgx_enclave *e = &l.enclave;
    const uint64_t direction = 0x400, nested = 0x4000, all = 0xCD5;
    const struct registers registers[] = {
        plain, {0, 0x202}, {24, 0x202 | direction}, {UINT64_C(1) << 46, 0x202},
        {(uint64_t)block_of(e) + 64, 0x202 | nested}, {(uint64_t)e->base + 4096, 0x202 | all},
        {sgx_tcs(&l.enclave, 0) + 8, 0x202}, {(uint64_t)e->base + e->size, 0x202},
    };
    const size_t count = list_places(e, places);
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < sizeof registers / sizeof registers[0]; n++) {
            const struct sgx_run run = enter(&l.enclave, places[i], SGX_EENTER, &registers[n]);
            assert_int_equal(run.function, SGX_EEXIT);
            check_new(&l);
        }
    unload(&l);
}

/* A gate that is right, with a host or slots that are not: it is refused for good. */
static void check_host(size_t place, bool of_slots) {
    struct loaded l;
    struct gate_host host = {.has_sgx2 = 1};
    uint64_t places[PLACES_COUNT];
    load(&l);
    (void)list_places(&l.enclave, places);
    struct enclave_gate gate = {.host = &host};
    if (of_slots) host.slots = (struct calls_slot *)places[place];
    else gate.host = (const struct gate_host *)places[place];
    for (int i = 0; i < 2; i++) {
        gate.reason = GATE_NONE;
        const struct sgx_run run = enter(&l.enclave, (uint64_t)&gate, SGX_EENTER, &plain);
        assert_int_equal(run.function, SGX_EEXIT);
        assert_int_equal(gate.reason, GATE_REFUSED);
        gate.host = &host; /* too late */
    }
    unload(&l);
}

static void test_hosts(void **state) {
    uint64_t places[PLACES_COUNT];
    struct loaded l;
    (void)state;
    load(&l);
    const size_t count = list_places(&l.enclave, places);
    unload(&l);
    for (size_t i = 0; i < count; i++) {
        check_host(i, false);
        check_host(i, true);
    }
}

/* --- At the wrong time --- */

/* A session whose call is out goes on where it was, whatever the host says at its return. */
static void test_return(void **state) {
    struct loaded l;
    struct gate_host host = {.has_sgx2 = 1};
    struct enclave_gate gate = {.host = &host}, other = {0};
    (void)state;
    load(&l);
    const uint64_t resumed = enter(&l.enclave, (uint64_t)&gate, SGX_ERESUME, &plain).function;
    assert_int_equal(resumed, SGX_ERESUME); /* of nothing: it faults outside */
    check_new(&l);
    host.slots = calloc(l.enclave.image.config->thread_count, sizeof *host.slots);
    assert_non_null(host.slots);
    assert_int_equal(enter(&l.enclave, (uint64_t)&gate, SGX_EENTER, &plain).function, SGX_EEXIT);
    assert_int_equal(gate.reason, GATE_CALL);
    assert_int_equal(host.slots[gate.slot].call, CALLS_NEXT);
    const uint64_t sp = block_of(&l.enclave)->sp, base = (uint64_t)l.enclave.base;
    assert_true(sp - base < l.enclave.size);
    const struct registers odd = {sp, 0x602};
    assert_int_equal(enter(&l.enclave, (uint64_t)&other, SGX_EENTER, &odd).function, SGX_EEXIT);
    assert_int_equal(gate.reason, GATE_DONE); /* the call was not answered: the session is over */
    assert_int_equal(other.reason, GATE_NONE);
    gate.reason = GATE_NONE;
    assert_int_equal(enter(&l.enclave, (uint64_t)&other, SGX_EENTER, &plain).function, SGX_EEXIT);
    assert_true(gate.reason == GATE_NONE && other.reason == GATE_NONE);
    assert_int_equal(enter(&l.enclave, (uint64_t)&gate, SGX_EENTER, &plain).function, SGX_EEXIT);
    assert_int_equal(gate.reason, GATE_REFUSED);
    free(host.slots);
    unload(&l);
}

/* Slots where nothing is: that fault is told. Who then enters finds the exception's handler, which
 * knows of none such. */
static void test_fault(void **state) {
    struct loaded l;
    struct gate_host host = {.has_sgx2 = 1};
    struct enclave_gate gate = {.host = &host};
    (void)state;
    load(&l);
    const uint32_t threads = l.enclave.image.config->thread_count;
    void *nowhere = mmap(NULL, threads * sizeof *host.slots, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(nowhere != MAP_FAILED);
    host.slots = nowhere;
    struct sgx_run run = enter(&l.enclave, (uint64_t)&gate, SGX_EENTER, &plain);
    assert_int_equal(run.function, SGX_ERESUME);
    assert_int_equal(run.vector, SGX_VECTOR_PF);
    assert_true(run.address - (uint64_t)nowhere < threads * sizeof *host.slots);
    for (int i = 0; i < 3; i++) {
        gate.reason = GATE_NONE;
        run = enter(&l.enclave, (uint64_t)block_of(&l.enclave), SGX_EENTER, &plain);
        assert_int_equal(run.function, SGX_EEXIT);
        assert_int_equal(gate.reason, GATE_BROKEN);
        run = enter(&l.enclave, 0, SGX_ERESUME, &plain);
        assert_int_equal(run.function, SGX_ERESUME);
        assert_int_equal(run.vector, SGX_VECTOR_PF);
    }
    munmap(nowhere, threads * sizeof *host.slots);
    unload(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_return),
        cmocka_unit_test(test_fault),
    };
    if (!PROBE || access(PROBE, R_OK)) {
        puts("SKIPPED: no probe (the environment's PROBE)");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
