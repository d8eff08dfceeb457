/*
 * sgx_gate.c - a host that enters an enclave as it likes. The enclave's own code (start.c,
 * exception.c, cpuid.c and the port) runs in this process, in a range of memory that is laid out
 * as an enclave is; its ways out, and the processor, are below. The input is what the host does: a
 * byte for each choice, and all that follow are 0 when it is at an end, which is an honest host.
 *
 * The enclave must take no gate and no slots but those outside, whole and aligned; be set up once;
 * keep what it took, whatever the host writes there later; answer no exception but CPUID at its
 * sites, and believe in no feature without its registers; have no page that can be both written
 * and executed; and keep the contract of port/port.h whatever the calls give.
 *
 * What the host gives for a gate or slots may be addresses where nothing is: that fault is one
 * that a processor tells the host, and the end of it.
 */
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/cpu.h"
#include "port/region/region.h"
#include "port/sgx/sgx.h"
#include "sgx/enclave/enclave.h"
#include "unit/tee/workload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- The enclave's range --- */

enum {
    THREADS = 3,
    HEAP_AT = 1 << 20,
    HEAP = 1 << 20, /* and up to ... */
    HEAP_MAX = 2 << 20,
    RANGE = 4 << 20,
    PAGES = RANGE / SGX_PAGE,
    BAKED_AT = 16 * SGX_PAGE,
    BAKED_PAGES = 3, /* the second is code */
    BLOCK_AT = 32 * SGX_PAGE, /* of the first thread */
};
static const uint64_t sites[] = {0x1234, 0x2345};

uint8_t __enclave_base[RANGE] __attribute__((aligned(REGION_UNIT)));
extern const uint64_t __relr_begin[], __relr_end[];
const uint64_t __relr_begin[1];
extern const uint64_t __relr_end[1] __attribute__((alias("__relr_begin"))); /* there are none */

const struct enclave_config *enclave_config(void) {
    static const struct enclave_config config = {
        .version = ENCLAVE_VERSION, .thread_count = THREADS, .heap_bytes = HEAP,
        .heap_max_bytes = HEAP_MAX, .size = RANGE, .heap_offset = HEAP_AT, .baked_count = 1,
        .site_count = ARRAY_COUNT(sites), .sites = {0x1234, 0x2345},
        .baked = {{BAKED_AT, BAKED_PAGES * SGX_PAGE - 7, SGX_PAGE, SGX_PAGE}}};
    return &config;
}

static struct thread_block *block_of(uint32_t thread) {
    return (struct thread_block *)(void *)(__enclave_base + BLOCK_AT + thread * SGX_PAGE);
}

/* --- The host --- */

enum page { PAGE_NONE, PAGE_WRITABLE, PAGE_RESTRICTED, PAGE_READABLE, PAGE_CODE };

static struct {
    const uint8_t *at, *end; /* the input */
    struct enclave_gate *gates; /* one for each thread */
    struct gate_host *host;
    struct calls_slot *slots;
    uint8_t *nowhere;         /* nothing is there */
    struct served served;
    uint32_t thread;          /* that is inside */
    bool may_run;             /* what was given is for a session */
    bool is_inside[THREADS];
    uint32_t sessions, started, ended; /* threads' tasks */
    uint32_t pauses;          /* until the worker does something */
    sigjmp_buf fault;
    uint8_t pages[PAGES]; /* enum page */
    uint8_t code[HEAP_MAX];   /* as it was when it became code */
} h;

static uint8_t next(void) { return h.at < h.end ? *h.at++ : 0; }
static uint64_t next_bytes(uint32_t count) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; i++) value |= (uint64_t)next() << 8 * i;
    return value;
}

/* Some bytes of memory that the host has: each where, and what becomes of it. */
static void change(void *memory, size_t size) {
    for (uint32_t count = next() % 8; count > 0; count--) {
        size_t at = next_bytes(2) % size;
        ((uint8_t *)memory)[at] = next();
    }
}

/* An address for so many bytes, which should be `own`. */
static uint64_t choose(const void *own, uint64_t size) {
    const uint64_t base = (uint64_t)__enclave_base;
    switch (next() % 9) {
    case 1: return base + next_bytes(4) % RANGE;
    case 2: return base + (next_bytes(4) % RANGE & ~UINT64_C(7));
    case 3: return base - next_bytes(4) % (size + 16);
    case 4: return base + RANGE - next_bytes(4) % (size + 16);
    case 5: return (uint64_t)h.nowhere + next() % 16;
    case 6: return (uint64_t)block_of(next() % THREADS) + next() % 128;
    case 7: return next_bytes(8);
    case 8: return (uint64_t)own + next();
    default: return (uint64_t)own;
    }
}

/* May the enclave use it as the host's? No size here is as large as a half of all addresses. */
static bool may_be(uint64_t at, uint64_t size, uint64_t align) {
    const uint64_t base = (uint64_t)__enclave_base, addresses = UINT64_C(1) << 47;
    return at != 0 && at % align == 0 && at < addresses && at + size <= addresses &&
           (at + size <= base || at >= base + RANGE);
}
static bool is_nowhere(uint64_t at) {
    return at - (uint64_t)h.nowhere < SGX_PAGE;
}

/* Can it be tried? What is the host's and not for this can't; nor, while a session is there that
 * would have to be cleaned up, what ends it all. */
static bool may_try(uint64_t at, const void *own) {
    return at == (uint64_t)own || (is_nowhere(at) && h.sessions == 0);
}

/* --- The processor --- */

static uint64_t accept(uint64_t flags, uint8_t *page, enum page state, uint8_t *now) {
    const uint64_t mismatch = 11;
    const uint64_t at = (uint64_t)(page - __enclave_base);
    if (flags & SGX_PENDING) {
        MUST(flags == (SGX_REG | SGX_R | SGX_W | SGX_PENDING));
        MUST(at >= HEAP_AT + HEAP && at < HEAP_AT + HEAP_MAX);
        if (state != PAGE_NONE || (at % REGION_UNIT == 0 && next() == 1)) return mismatch;
        memset(page, 0, SGX_PAGE);
        *now = PAGE_WRITABLE;
        return 0;
    }
    MUST(flags == (SGX_REG | SGX_R | SGX_RESTRICTED));
    if (state != PAGE_RESTRICTED) return mismatch;
    *now = PAGE_READABLE;
    return 0;
}

uint64_t enclave_page(uint32_t leaf, const struct sgx_secinfo *secinfo, const uint8_t *page) {
    const uint64_t at = (uint64_t)(page - __enclave_base);
    MUST(at < RANGE && at % SGX_PAGE == 0);
    uint8_t *now = &h.pages[at / SGX_PAGE];
    if (leaf == SGX_EACCEPT)
        return accept(secinfo->flags, __enclave_base + at, (enum page)*now, now);
    MUST(leaf == SGX_EMODPE && secinfo->flags == (SGX_REG | SGX_R | SGX_X));
    MUST(*now == PAGE_READABLE && at >= HEAP_AT && at < HEAP_AT + HEAP_MAX);
    memcpy(h.code + at - HEAP_AT, page, SGX_PAGE);
    *now = PAGE_CODE;
    return 0;
}

/* EREPORT and EGETKEY: nothing here seals. */
uint64_t enclave_leaf(uint32_t leaf, const volatile void *rbx, const volatile void *rcx,
                      volatile void *rdx) {
    (void)leaf;
    (void)rbx;
    (void)rcx;
    (void)rdx;
    abort();
}

static void set_gs(uint32_t thread) {
    MUST(syscall(SYS_arch_prctl, ARCH_SET_GS, block_of(thread)) == 0);
}

static uint64_t kept_state(void) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* Nothing that takes registers which the processor does not keep. */
static void check_features(void) {
    const uint64_t features = enclave_cpu_features(), kept = kept_state();
    uint32_t registers[4];
#define IMAGE_CPU_X86(id, bit, name, level, leaf, subleaf, at, number, state) \
    MUST(!(features >> (bit) & 1) || (kept & (state)) == (state));
#include "image/cpu.def"
#undef IMAGE_CPU_X86
    enclave_cpuid(2, 0, registers);
    MUST((registers[0] | registers[1] | registers[2] | registers[3]) == 0);
}

/* --- What the host does --- */

static void enter(uint32_t thread) {
    struct thread_block *block = block_of(thread), before = *block;
    struct enclave_gate *own = &h.gates[thread];
    const uint32_t outer = h.thread, sessions = h.sessions;
    const uint64_t slots_size = THREADS * sizeof *h.slots;
    if (h.is_inside[thread]) return;
    const uint64_t at = choose(own, sizeof *own);
    const uint64_t host = choose(h.host, sizeof *h.host), slots = choose(h.slots, slots_size);
    const bool may_host = may_be(host, sizeof *h.host, _Alignof(struct gate_host)),
               may_slots = may_be(slots, slots_size, _Alignof(struct calls_slot)),
               may_gate = may_be(at, sizeof *own, _Alignof(struct enclave_gate)) &&
                          (!before.gate || before.gate == (struct enclave_gate *)at);
    if ((may_gate && !may_try(at, own)) || (may_host && !may_try(host, h.host)) ||
        (may_slots && !may_try(slots, h.slots)))
        return;
    *own = (struct enclave_gate){.host = (const struct gate_host *)host};
    h.host->slots = (struct calls_slot *)slots;
    struct enclave_gate gates[THREADS];
    memcpy(gates, h.gates, sizeof gates);
    h.may_run = may_host && (host != (uint64_t)h.host || may_slots);
    h.thread = thread;
    h.is_inside[thread] = true;
    set_gs(thread);
    enclave_enter((struct enclave_gate *)at, block);
    h.is_inside[thread] = false;
    h.thread = outer;
    set_gs(outer);
    if (!may_gate) {
        MUST(memcmp(&before, block, sizeof before) == 0 && h.sessions == sessions);
        MUST(memcmp(gates, h.gates, sizeof gates) == 0);
        return;
    }
    MUST(block->gate == own && block->self == block && (block->canary & 0xFF) == 0);
    MUST(own->reason == GATE_DONE || own->reason == GATE_REFUSED);
}

/* An exception of a thread, as the processor and the host may leave it. */
static void raise_exception(void) {
    static const uint32_t infos[] = {SGX_EXIT_VALID | SGX_EXIT_HARDWARE << 8 | SGX_VECTOR_UD,
                                     SGX_EXIT_VALID | SGX_EXIT_HARDWARE << 8 | SGX_VECTOR_GP,
                                     SGX_EXIT_HARDWARE << 8 | SGX_VECTOR_UD, 0};
    struct thread_block *block = block_of(next() % THREADS);
    struct sgx_gpr r = {.rax = next_bytes(4), .rcx = next_bytes(4), .rbx = UINT64_MAX,
                        .rdx = UINT64_MAX, .rsp = UINT64_MAX};
    r.exitinfo = infos[next() % ARRAY_COUNT(infos)];
    const uint64_t site = sites[next() % ARRAY_COUNT(sites)];
    r.rip = (uint64_t)__enclave_base + site + next() % 3;
    const struct sgx_gpr before = r;
    if (is_nowhere((uint64_t)block->gate)) return;
    const bool is_handled = block->gate && before.exitinfo == infos[0] &&
                            before.rip == (uint64_t)__enclave_base + site;
    enclave_exception(&r, block);
    if (block->gate)
        MUST(block->gate->reason == (is_handled ? GATE_HANDLED : GATE_BROKEN));
    if (is_handled) {
        MUST(r.rip == before.rip + 2 && (r.rax | r.rbx | r.rcx | r.rdx) <= UINT32_MAX);
        r.rip = before.rip;
        r.rax = before.rax;
        r.rbx = before.rbx;
        r.rcx = before.rcx;
        r.rdx = before.rdx;
    }
    MUST(memcmp(&r, &before, sizeof r) == 0);
}

static void act(void) {
    switch (next() % 8) {
    case 0: enter(next() % THREADS); break;
    case 1: raise_exception(); break;
    case 2: change(h.gates, THREADS * sizeof *h.gates); break;
    case 3: change(h.host, sizeof *h.host); break;
    case 4: h.host->worker = next(); break;
    case 5: change(&h.slots[next() % THREADS], 1024); break;
    default: break;
    }
}

/* Honest more often than not: who is caught once is not listened to again. */
static void answer(struct calls_slot *slot) {
    const uint8_t how = next();
    if (how != 255) served_answer(&h.served, slot);
    if (how >= 240) change(slot, 1024);
    else if (how >= 192) act();
}

void enclave_exit(void) {
    const struct enclave_gate *gate = &h.gates[h.thread];
    const uint32_t slot = gate->slot, reason = gate->reason;
    MUST(enclave_thread()->gate == gate);
    MUST(slot < THREADS && (reason == GATE_CALL || reason == GATE_WAIT));
    MUST(sgx_calls()->slots == h.slots && sgx_calls()->slot_count == THREADS);
    answer(&h.slots[slot]);
    if (reason == GATE_WAIT) h.slots[slot].state = CALLS_ANSWERED;
}

void gate_pause(void);

/* The host's worker, while a thread inside waits for it. */
void gate_pause(void) {
    if (h.pauses) {
        h.pauses--;
        return;
    }
    const uint8_t how = next();
    struct calls_slot *slot = &h.slots[how % THREADS];
    h.pauses = how / 16;
    switch (how / 3 % 5) {
    case 1:
        if (slot->state == CALLS_ASKED) slot->state = CALLS_TAKEN;
        break;
    case 2:
        answer(slot);
        slot->state = CALLS_ANSWERED;
        break;
    case 3: change(slot, 64); break;
    default: break;
    }
}

/* --- Orders of the enclave --- */

static enum port_errno start_thread(void *env) {
    (void)env;
    const uint8_t how = next();
    if (how == 1) return PORT_EAGAIN;
    if (how != 2) enter((h.thread + 1) % THREADS);
    return how == 3 ? PORT_EAGAIN : PORT_OK;
}

static enum port_errno sleep_thread(void *env, uint64_t thread, uint64_t deadline_ns) {
    (void)env;
    (void)thread;
    (void)deadline_ns;
    return PORT_OK;
}

static enum port_errno wake_thread(void *env, uint64_t thread) {
    (void)env;
    (void)thread;
    return PORT_OK;
}

static enum port_errno image_size(void *env, uint64_t index, uint64_t *size) {
    (void)env;
    *size = index == 7 ? next_bytes(8) : 5 * SGX_PAGE + 1 + next_bytes(2);
    return index == 9 ? PORT_ENOENT : PORT_OK;
}

static enum port_errno read_image(void *env, uint64_t index, uint64_t offset,
                                  const struct port_span *spans, uint32_t count, size_t *size) {
    (void)env;
    (void)index;
    MUST(count == 1);
    memset(spans->bytes, (int)offset + 1, spans->size);
    *size = spans->size;
    return PORT_OK;
}

/* EMODPR, of pages that are there; or it only says so. */
static enum port_errno make_code(void *env, uint64_t offset, uint64_t size) {
    (void)env;
    const uint8_t how = next();
    if (how == 1 || offset % SGX_PAGE || size % SGX_PAGE || offset < HEAP_AT ||
        !range_inside(offset, size, HEAP_AT + HEAP_MAX))
        return PORT_EIO; /* the host may have changed what it was asked */
    for (uint64_t at = offset; how != 2 && at < offset + size; at += SGX_PAGE) {
        uint8_t *page = &h.pages[at / SGX_PAGE];
        if (*page == PAGE_NONE) return PORT_EIO;
        *page = PAGE_RESTRICTED;
        if (how == 3) break;
    }
    return PORT_OK;
}

/* A session has no orders here. Only a slot that the host changed asks for them. */
static enum port_errno no_next(void *env, enum order_command *command, uint64_t *size) {
    (void)env;
    (void)command;
    (void)size;
    return PORT_EIO;
}

static enum port_errno no_fetch(void *env, uint64_t offset, const struct port_span *spans,
                                uint32_t count, size_t *size) {
    (void)env;
    (void)offset;
    (void)spans;
    (void)count;
    (void)size;
    return PORT_EIO;
}

static enum port_errno no_answer(void *env, const struct port_span *spans, uint32_t count,
                                 size_t *size) {
    return no_fetch(env, 0, spans, count, size);
}

static const struct served_orders orders = {
    .next = no_next, .fetch = no_fetch, .answer = no_answer,
    .start_thread = start_thread, .sleep = sleep_thread, .wake = wake_thread,
    .image = image_size, .read_image = read_image, .make_code = make_code};

/* --- What is done inside --- */

const struct port *gate_port_default(void);
bool gate_session_run(struct calls *calls, const struct allocator *allocator);

static void run_task(void *argument) {
    MUST(argument == &h);
    h.ended++;
    work_clocks(gate_port_default());
}

static void use_threads(const struct port *port) {
    static uint32_t word;
    for (int i = 0; i < THREADS; i++) {
        h.started++;
        if (port->threads->start(port->context, run_task, &h) != NACRE_OK) h.started--;
    }
    port->threads->wait(port->context, &word, 0, 5);
    port->threads->wake(port->context, &word, 1 + next() % 3);
    port->yield(port->context);
}

static void use_code(const struct port *port) {
    static const char *const names[] = {"image0", "baked0", "image7", "image9", "baked1", "image",
                                        "imagex", "image99999999999", "ba", "baked00000000000"};
    const struct port_code *code = port->code;
    const char *name = names[next() % ARRAY_COUNT(names)];
    const uint8_t *bytes;
    uint64_t size, contents, sum = 0;
    if (code->map(port->context, name, &bytes, &size, &contents) != NACRE_OK) return;
    const uint64_t at = (uint64_t)(bytes - __enclave_base);
    const bool is_baked = at == BAKED_AT;
    MUST(is_baked || (at >= HEAP_AT + HEAP && range_inside(at, size, HEAP_AT + HEAP_MAX)));
    for (uint64_t i = 0; i < size; i++) sum += bytes[i];
    MUST(sum != 0 && (!is_baked || size <= BAKED_PAGES * SGX_PAGE));
    const uint64_t from = next() % 4 * SGX_PAGE, count = 1 + next() % 4;
    if (!range_inside(from, count * SGX_PAGE, size)) return;
    if (code->allow(port->context, contents, from, bytes + from, count * SGX_PAGE) != NACRE_OK)
        return;
    for (uint64_t i = 0; i < count; i++)
        MUST(h.pages[(at + from) / SGX_PAGE + i] == PAGE_CODE);
}

static void use_memory(const struct port *port) {
    const uint64_t size = (1 + next_bytes(2) % 40) * REGION_UNIT;
    uint8_t *base;
    if (port->pages_reserve(port->context, size, &base) != NACRE_OK) return;
    MUST(base >= __enclave_base + HEAP_AT && base + size <= __enclave_base + HEAP_AT + HEAP_MAX);
    const uint64_t part = size / 2 / REGION_UNIT * REGION_UNIT;
    if (port->pages_commit(port->context, base, part) == NACRE_OK) {
        for (uint64_t i = 0; i < part; i += 64) MUST(base[i] == 0);
        memset(base, 0x55, part);
        (void)port->pages_uncommit(port->context, base, part);
    }
    port->pages_release(port->context, base, size);
}

static void use_blocks(const struct allocator *a) {
    void *blocks[8] = {NULL};
    size_t sizes[8];
    for (int i = 0; i < 8; i++) {
        sizes[i] = 1 + next_bytes(2);
        blocks[i] = a->resize(a->context, NULL, 0, sizes[i]);
        if (blocks[i]) memset(blocks[i], i, sizes[i]);
    }
    for (int i = 0; i < 8; i++) {
        if (!blocks[i]) continue;
        for (size_t n = 0; n < sizes[i]; n += 32) MUST(((uint8_t *)blocks[i])[n] == i);
        (void)a->resize(a->context, blocks[i], sizes[i], 0);
    }
}

/* In place of the core's. The first call comes before anything that would have to be released. */
bool gate_session_run(struct calls *calls, const struct allocator *allocator) {
    const struct port *port = gate_port_default();
    MUST(h.may_run && h.sessions++ == 0);
    MUST(calls->slots == h.slots || is_nowhere((uint64_t)calls->slots));
    check_features();
    work_clocks(port);
    do {
        switch (next() % 9) {
        case 1: use_threads(port); break;
        case 2:
        case 7: use_code(port); break;
        case 3: use_memory(port); break;
        case 4: use_blocks(allocator); break;
        case 5: work_clocks(port); break;
        case 6: act(); break;
        case 8: return true;
        default: work(port); break;
        }
    } while (h.at < h.end);
    return true;
}

/* --- A run --- */

/* What the enclave's code remembers: see gate/inside.h. */
extern uint8_t __start_gate_bss[], __stop_gate_bss[], __start_gate_data[], __stop_gate_data[];

/* Not by memcpy, of which a sanitizer knows: there is something of its own between them. */
static void copy(uint8_t *to, const uint8_t *from, size_t size) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

static void make_new(void) {
    static uint8_t *bss, *data;
    const size_t bss_size = (size_t)(__stop_gate_bss - __start_gate_bss);
    const size_t data_size = (size_t)(__stop_gate_data - __start_gate_data);
    if (!bss) {
        bss = work_take(bss_size);
        data = work_take(data_size);
        copy(bss, __start_gate_bss, bss_size);
        copy(data, __start_gate_data, data_size);
        for (uint64_t i = 0; i < BAKED_PAGES * SGX_PAGE; i++) __enclave_base[BAKED_AT + i] = 0xC3;
    }
    copy(__start_gate_bss, bss, bss_size);
    copy(__start_gate_data, data, data_size);
    memset(h.pages, PAGE_NONE, sizeof h.pages);
    memset(h.pages + HEAP_AT / SGX_PAGE, PAGE_WRITABLE, HEAP / SGX_PAGE);
    memset(h.pages + BAKED_AT / SGX_PAGE, PAGE_READABLE, BAKED_PAGES);
    h.pages[BAKED_AT / SGX_PAGE + 1] = PAGE_CODE;
    for (uint32_t i = 0; i < THREADS; i++) *block_of(i) = (struct thread_block){.index = i};
}

/* The host's memory, each of its exact size. */
static void make_host(const uint8_t *input, size_t size) {
    if (!h.gates) {
        h.gates = work_take(THREADS * sizeof *h.gates);
        h.host = work_take(sizeof *h.host);
        h.slots = work_take(THREADS * sizeof *h.slots);
        h.nowhere = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        MUST(h.nowhere != MAP_FAILED);
    }
    memset(h.gates, 0, THREADS * sizeof *h.gates);
    memset(h.slots, 0, THREADS * sizeof *h.slots);
    *h.host = (struct gate_host){.has_sgx2 = 1};
    memset(h.host->cpuid, 0xFF, sizeof h.host->cpuid); /* a processor that has everything */
    memset(h.is_inside, 0, sizeof h.is_inside);
    h.thread = h.sessions = h.started = h.ended = h.pauses = 0;
    h.at = input;
    h.end = input + size;
}

static struct sigaction outer;
static void note_fault(int number, siginfo_t *info, void *context) {
    (void)context;
    if (is_nowhere((uint64_t)info->si_addr - (uint64_t)info->si_addr % SGX_PAGE))
        siglongjmp(h.fault, 1);
    (void)sigaction(number, &outer, NULL); /* whose it is */
}

/* Code is as it was when it became code, and baked images are as they were. */
static void check_code(void) {
    for (uint64_t at = HEAP_AT; at < HEAP_AT + HEAP_MAX; at += SGX_PAGE)
        if (h.pages[at / SGX_PAGE] == PAGE_CODE)
            MUST(memcmp(__enclave_base + at, h.code + at - HEAP_AT, SGX_PAGE) == 0);
    for (uint64_t i = 0; i < BAKED_PAGES * SGX_PAGE; i++)
        MUST(__enclave_base[BAKED_AT + i] == 0xC3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct sigaction action = {.sa_sigaction = note_fault, .sa_flags = SA_SIGINFO};
    const struct served_grant dir = {"/data", false}, listener = {"127.0.0.1:0", false};
    const struct served_grants grants = {.dirs = {&dir, 1}, .listeners = {&listener, 1},
                                         .streams = 7};
    struct fake *fake = work_fake();
    struct work_host host;
    fake_be_lenient(fake);
    make_new();
    make_host(data, size);
    served_init(&h.served, work_host(&host, fake), fake_allocator(fake), &grants, CALLS_FILES_MAX);
    h.served.orders = &orders;
    MUST(sigaction(SIGSEGV, &action, &outer) == 0);
    if (sigsetjmp(h.fault, 1) == 0)
        do act();
        while (h.at < h.end);
    (void)sigaction(SIGSEGV, &outer, NULL);
    MUST(h.ended <= h.started);
    check_code();
    served_deinit(&h.served);
    MUST(fake_open_files(fake) == 0 && fake_live_allocations(fake) == 0);
    fake_destroy(fake);
    return 0;
}
