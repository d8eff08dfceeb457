/* sgx.c - see sgx.h. The default port of the enclave that it is linked into. */
#include "port/calls/calls.h"
#include "port/default.h"
#include "port/region/region.h"
#include "port/sgx/handles.h"
#include "sgx/enclave/enclave.h"

static struct calls_port state;
struct region sgx_heap;
static struct blocks blocks = {.region = &sgx_heap};

/* --- Calls --- */

static const uint32_t *worker; /* outside: whether a thread there looks at the slots */

/* How often the enclave looks whether somebody takes a call, and whether it is answered then. */
enum { LOOKS_TAKEN = 200, LOOKS_ANSWERED = 20000 };

static void leave(uint32_t slot, enum gate_reason reason) {
    struct enclave_gate *gate = enclave_thread()->gate;
    __atomic_store_n(&gate->slot, slot, __ATOMIC_RELAXED);
    __atomic_store_n(&gate->reason, reason, __ATOMIC_RELEASE);
    enclave_exit();
}

/* Waits while the slot is in the state. False: it still is. */
static bool look(const struct calls_slot *slot, uint32_t state, uint32_t looks) {
    for (uint32_t i = 0; i < looks; i++) {
        if (__atomic_load_n(&slot->state, __ATOMIC_SEQ_CST) != state) return true;
        __builtin_ia32_pause();
    }
    return false;
}

/* Without leaving. False: nobody took it, and nobody will. */
static bool ask_worker(struct calls_slot *slot, uint32_t index) {
    uint32_t state = CALLS_ASKED;
    __atomic_store_n(&slot->state, CALLS_ASKED, __ATOMIC_SEQ_CST);
    if (!look(slot, CALLS_ASKED, LOOKS_TAKEN) &&
        __atomic_compare_exchange_n(&slot->state, &state, CALLS_IDLE, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        return false;
    if (!look(slot, CALLS_TAKEN, LOOKS_ANSWERED)) leave(index, GATE_WAIT);
    return true;
}

/* The host answers what is in the slot: a thread that looks there, or this one, outside. */
static void exchange(void *env, uint32_t index) {
    struct calls_slot *slot = &state.calls.slots[index];
    const uint32_t call = __atomic_load_n(&slot->call, __ATOMIC_RELAXED);
    (void)env;
    if (call < CALLS_COUNT && !(CALLS_THAT_WAIT >> call & 1) &&
        __atomic_load_n(worker, __ATOMIC_SEQ_CST) && ask_worker(slot, index))
        return;
    leave(index, GATE_CALL);
}

static void pause_processor(void *env) {
    (void)env;
    __builtin_ia32_pause();
}

/* --- Memory --- */

static nacre_status pages_reserve(void *context, uint64_t size, uint8_t **base) {
    (void)context;
    return region_reserve(&sgx_heap, size, base);
}

static nacre_status pages_commit(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    return region_commit(&sgx_heap, base, size, true);
}

static nacre_status pages_commit_any(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    return region_commit(&sgx_heap, base, size, false);
}

static nacre_status pages_uncommit(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    return region_uncommit(&sgx_heap, base, size);
}

static nacre_status pages_clear(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    memset(base, 0, size);
    return NACRE_OK;
}

static void pages_release(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    region_release(&sgx_heap, base, size);
}

/* Pages that were not there: the system adds one as it is accepted, with zeros in it. */
static nacre_status bring(void *env, uint8_t *base, uint64_t size) {
    static const struct sgx_secinfo secinfo = {
        .flags = SGX_REG | SGX_R | SGX_W | SGX_PENDING};
    (void)env;
    for (uint64_t at = 0; at < size; at += SGX_PAGE)
        if (enclave_page(SGX_EACCEPT, &secinfo, base + at) != 0) return NACRE_NO_MEMORY;
    return NACRE_OK;
}

/* The states of the heap's units are kept at its begin. False: it has no room but for them. */
static bool open_heap(bool can_grow) {
    const struct enclave_config *config = enclave_config();
    uint8_t *base = __enclave_base + config->heap_offset;
    uint64_t present = config->heap_bytes / REGION_UNIT;
    uint64_t all = can_grow ? config->heap_max_bytes / REGION_UNIT : present;
    uint64_t first = (all + REGION_UNIT - 1) / REGION_UNIT; /* a byte for each unit */
    if (present <= first) return false;
    memset(base, 0, all);
    region_init(&sgx_heap, base + first * REGION_UNIT, (uint32_t)(present - first),
                (uint32_t)(all - first), base);
    sgx_heap.bring = bring;
    return true;
}

/* --- The port --- */

static void yield(void *context) {
    (void)context;
    for (int i = 0; i < 64; i++) __builtin_ia32_pause();
}

static uint64_t cpu_features(void *context) {
    (void)context;
    return enclave_cpu_features();
}

static const struct port port = {
    .context = &state,
    .pages_reserve = pages_reserve,
    .pages_commit = pages_commit,
    .pages_commit_any = pages_commit_any,
    .pages_uncommit = pages_uncommit,
    .pages_clear = pages_clear,
    .pages_release = pages_release,
    .clock_now = calls_port_clock_now,
    .clock_step = calls_port_clock_step,
    .random = sgx_random,
    .yield = yield,
    .cpu_features = cpu_features,
    .caught = calls_port_caught,
    .files = &calls_files,
    .files_context = &state,
    .threads = &sgx_threads,
    .contents = &sgx_contents,
    .code = &sgx_code,
    .counter = &calls_counter,
    .seal = &sgx_seal,
};

bool sgx_open(const struct gate_host *outside) {
    struct gate_host host;
    const uint32_t threads = enclave_config()->thread_count;
    if ((uintptr_t)outside % _Alignof(struct gate_host) ||
        !enclave_is_outside(outside, sizeof *outside))
        return false;
    memcpy(&host, outside, sizeof host);
    calls_copied();
    if ((uintptr_t)host.slots % _Alignof(struct calls_slot) ||
        !enclave_is_outside(host.slots, (uint64_t)threads * sizeof *host.slots))
        return false;
    enclave_learn_cpu(host.cpuid);
    sgx_code_open(enclave_config());
    worker = &outside->worker;
    state.calls = (struct calls){.slots = host.slots, .slot_count = threads,
                                 .exchange = exchange, .yield = pause_processor};
    return open_heap(host.has_sgx2);
}

struct calls *sgx_calls(void) { return &state.calls; }

const struct port *port_default(void) { return &port; }

struct allocator port_default_allocator(void) {
    return (struct allocator){.resize = blocks_resize, .context = &blocks};
}
