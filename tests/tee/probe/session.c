/* session.c - in place of tee/core: see probe.h */
#include "core/session.h"

#include "base/status.h"
#include "port/default.h"
#include "port/region/region.h"
#include "port/sgx/sgx.h"
#include "sgx/enclave/enclave.h"
#include "tee/probe/probe.h"

struct probing {
    struct calls *calls;
    const struct port *port;
    const uint8_t *about;
    size_t size;
    uint8_t answer[4096];
    size_t answered;
};

static struct probe_entry entry; /* of the first entry */

static void add(struct probing *p, const void *bytes, size_t size) {
    memcpy(p->answer + p->answered, bytes, size);
    p->answered += size;
}

/* --- Registers --- */

static void look_at_entry(void) {
    uint64_t vectors[8][1] = {{0}};
    __asm__ volatile("pushfq; pop %0" : "=r"(entry.flags));
    __asm__ volatile("stmxcsr %0" : "=m"(entry.mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(entry.control));
    __asm__ volatile("movq %%xmm6, %0; movq %%xmm7, %1; movq %%xmm14, %2; movq %%xmm15, %3"
                     : "=m"(vectors[0]), "=m"(vectors[1]), "=m"(vectors[2]), "=m"(vectors[3]));
    for (size_t i = 0; i < 8; i++) entry.vectors |= vectors[i][0];
    __asm__ volatile("mov %%fs:0, %0" : "=r"(entry.fs_self));
    __asm__ volatile("mov %%gs:0, %0" : "=r"(entry.gs_self));
}

static void probe_entry_state(struct probing *p) { add(p, &entry, sizeof entry); }

static void probe_features(struct probing *p) {
    uint64_t features = p->port->cpu_features(p->port->context);
    add(p, &features, sizeof features);
}

static void probe_cpuid(struct probing *p) {
    uint32_t registers[4];
    enclave_cpuid(load_u32(p->about), load_u32(p->about + 4), registers);
    add(p, registers, sizeof registers);
}

/* Whatever the compiler keeps where is left to the way out. */
static void probe_secrets(struct probing *p) {
    uint64_t now;
    __asm__ volatile("movabs %0, %%r8; mov %%r8, %%r9; mov %%r8, %%r10; mov %%r8, %%rdx;"
                     "movq %%r8, %%xmm0; movq %%r8, %%xmm5; movq %%r8, %%xmm15"
                     :
                     : "i"(PROBE_SECRET)
                     : "r8", "r9", "r10", "rdx", "xmm0", "xmm5", "xmm15");
    (void)p->port->clock_now(p->port->context, PORT_CLOCK_MONOTONIC, &now);
}

/* --- Keys --- */

static void probe_report(struct probing *p) {
    static const struct sgx_targetinfo nobody;
    uint8_t data[SGX_REPORT_DATA] __attribute__((aligned(128))) = {0};
    struct sgx_report report = {0};
    memcpy(data, p->about, p->size < sizeof data ? p->size : sizeof data);
    (void)enclave_leaf(SGX_EREPORT, &nobody, data, &report);
    add(p, &report, sizeof report);
}

static const uint8_t bound[] = "what it is bound to";

static void probe_seal(struct probing *p) {
    const size_t size = p->size - 1;
    if (p->port->seal->seal(p->port->context, (enum port_seal_to)p->about[0], bound, sizeof bound,
                            p->about + 1, size, p->answer) == NACRE_OK)
        p->answered = size + PORT_SEAL_BYTES;
}

static void probe_unseal(struct probing *p) {
    if (p->port->seal->unseal(p->port->context, bound, sizeof bound, p->about, p->size,
                              p->answer) == NACRE_OK)
        p->answered = p->size - PORT_SEAL_BYTES;
}

/* --- Faults --- */

static void probe_undefined(struct probing *p) {
    (void)p;
    __asm__ volatile("ud2");
}

static void probe_write_code(struct probing *p) {
    volatile uint8_t *code = (volatile uint8_t *)(uintptr_t)probe_write_code;
    (void)p;
    *code = 0xC3;
}

static uint8_t writable[16] __attribute__((aligned(16))) = {0xC3};

static void probe_run_data(struct probing *p) {
    void (*run)(void);
    const void *at = writable;
    (void)p;
    memcpy(&run, &at, sizeof run);
    run();
}

/* A page with a function that returns 7, and whether it became code. */
static uint8_t *make_code(const struct port *port, bool *is_code) {
    static const uint8_t seven[] = {0xB8, 7, 0, 0, 0, 0xC3}; /* mov eax, 7; ret */
    uint8_t *base;
    *is_code = false;
    if (port->pages_reserve(port->context, REGION_UNIT, &base) != NACRE_OK ||
        port->pages_commit(port->context, base, REGION_UNIT) != NACRE_OK)
        return NULL;
    memcpy(base, seven, sizeof seven);
    *is_code = port->code->allow(port->context, 0, 0, base, SGX_PAGE) == NACRE_OK;
    return base;
}

static uint8_t call_made(const uint8_t *code) {
    int (*run)(void);
    memcpy(&run, &code, sizeof run);
    return (uint8_t)run();
}

static void probe_make_code(struct probing *p) {
    bool is_code;
    const uint8_t *code = make_code(p->port, &is_code);
    const uint8_t answer = is_code ? call_made(code) : 0;
    add(p, &answer, 1);
}

static void probe_write_made(struct probing *p) {
    bool is_code;
    volatile uint8_t *code = make_code(p->port, &is_code);
    if (is_code) *code = 0xC3;
}

static void probe_run_unmade(struct probing *p) {
    bool is_code;
    const uint8_t *code = make_code(p->port, &is_code);
    if (!is_code) (void)call_made(code);
}

static void probe_touch(struct probing *p) {
    const struct enclave_config *c = enclave_config();
    (void)p;
    *(volatile uint8_t *)(__enclave_base + c->heap_offset + c->heap_max_bytes - SGX_PAGE) = 1;
}

static void probe_accept(struct probing *p) {
    static const struct sgx_secinfo secinfo = {.flags = SGX_REG | SGX_R | SGX_W | SGX_PENDING};
    (void)p;
    (void)enclave_page(SGX_EACCEPT, &secinfo, __enclave_base - SGX_PAGE);
}

static void probe_touch_guard(struct probing *p) {
    const struct enclave_config *c = enclave_config();
    (void)p;
    *(volatile uint8_t *)(__enclave_base + c->threads_offset + SGX_PAGE - 1) = 1;
}

/* Frames of many pages, of which little is used. */
__attribute__((noinline)) static uint64_t deepen(uint64_t depth, volatile uint8_t *above) {
    volatile uint8_t room[11 << 10];
    room[0] = (uint8_t)(*above + 1);
    return depth ? deepen(depth - 1, room) + room[0] : room[0];
}

static void probe_deep(struct probing *p) {
    volatile uint8_t first = 0;
    const uint64_t sum = deepen(enclave_config()->stack_bytes / (10 << 10), &first);
    add(p, &sum, sizeof sum);
}

/* --- Memory, time and threads --- */

static void probe_grow(struct probing *p) {
    uint64_t size = load_u64(p->about);
    uint8_t *base, ok = 0;
    if (p->port->pages_reserve(p->port->context, size, &base) == NACRE_OK &&
        p->port->pages_commit(p->port->context, base, size) == NACRE_OK) {
        ok = 1;
        for (uint64_t i = 0; i < size; i += 64) ok &= base[i] == 0;
        memset(base, 0xAA, size);
        p->port->pages_release(p->port->context, base, size);
    }
    add(p, &ok, 1);
}

static void probe_spin(struct probing *p) {
    typedef uint64_t vector __attribute__((vector_size(16)));
    vector sum = {1, 2};
    for (uint64_t i = 0; i < load_u64(p->about); i++)
        sum = sum * 6364136223846793005u + (sum >> 29) + i;
    add(p, &sum, sizeof sum);
}

struct turns {
    const struct port *port;
    uint32_t turn, started, ended;
};
struct turner {
    struct turns *turns;
    uint32_t number, count;
};

/* A hundred times each, in turn. */
static void take_turns(void *argument) {
    struct turner *t = argument;
    struct turns *s = t->turns;
    for (uint32_t round = 0; round < 100; round++) {
        const uint32_t mine = round * t->count + t->number;
        for (;;) {
            uint32_t turn = __atomic_load_n(&s->turn, __ATOMIC_SEQ_CST);
            if (turn == mine) break;
            s->port->threads->wait(s->port->context, &s->turn, turn, UINT64_MAX);
        }
        __atomic_store_n(&s->turn, mine + 1, __ATOMIC_SEQ_CST);
        s->port->threads->wake(s->port->context, &s->turn, UINT32_MAX);
    }
    __atomic_add_fetch(&s->ended, 1, __ATOMIC_SEQ_CST);
    s->port->threads->wake(s->port->context, &s->ended, 1);
}

static void probe_threads(struct probing *p) {
    static struct turns turns;
    static struct turner turners[ENCLAVE_THREADS_MAX];
    const uint32_t count = load_u32(p->about);
    turns = (struct turns){.port = p->port};
    for (uint32_t i = 0; i < count; i++) {
        turners[i] = (struct turner){&turns, i, count};
        if (p->port->threads->start(p->port->context, take_turns, &turners[i]) == NACRE_OK)
            turns.started++;
    }
    for (uint32_t ended = 0; turns.started == count && ended < count;
         ended = __atomic_load_n(&turns.ended, __ATOMIC_SEQ_CST))
        p->port->threads->wait(p->port->context, &turns.ended, ended, UINT64_MAX);
    add(p, &turns.started, sizeof turns.started);
    add(p, &turns.turn, sizeof turns.turn);
}

static void (*const probes[])(struct probing *) = {
    [PROBE_ENTRY] = probe_entry_state,
    [PROBE_FEATURES] = probe_features,
    [PROBE_CPUID] = probe_cpuid,
    [PROBE_REPORT] = probe_report,
    [PROBE_SEAL] = probe_seal,
    [PROBE_UNSEAL] = probe_unseal,
    [PROBE_UNDEFINED] = probe_undefined,
    [PROBE_WRITE_CODE] = probe_write_code,
    [PROBE_RUN_DATA] = probe_run_data,
    [PROBE_TOUCH] = probe_touch,
    [PROBE_ACCEPT] = probe_accept,
    [PROBE_TOUCH_GUARD] = probe_touch_guard,
    [PROBE_DEEP] = probe_deep,
    [PROBE_GROW] = probe_grow,
    [PROBE_SPIN] = probe_spin,
    [PROBE_THREADS] = probe_threads,
    [PROBE_MAKE_CODE] = probe_make_code,
    [PROBE_WRITE_MADE] = probe_write_made,
    [PROBE_RUN_UNMADE] = probe_run_unmade,
    [PROBE_SECRETS] = probe_secrets,
};

bool session_run(struct calls *calls, const struct allocator *allocator) {
    static struct probing p;
    static uint8_t order[4096];
    (void)allocator; /* the port has one */
    look_at_entry();
    for (;;) {
        enum order_command command;
        uint64_t size;
        size_t got;
        const struct port_span whole = {order, sizeof order};
        if (calls_next(calls, &command, &size) != PORT_OK || command == ORDER_END) return true;
        if (calls_fetch(calls, 0, &whole, 1, &got) != PORT_OK || got == 0 ||
            order[0] >= ARRAY_COUNT(probes))
            return false;
        p = (struct probing){calls, port_default(), order + 1, got - 1, {0}, 0};
        probes[order[0]](&p);
        uint8_t done = 1;
        const struct port_span answer[] = {{&done, 1}, {p.answer, p.answered}};
        if (calls_answer(calls, answer, 2, &got) != PORT_OK) return false;
    }
}
