/*
 * test_sgx.c - enclaves in the simulated loader: the way in and out, faults, keys, memory and
 * threads, by an enclave that does what it is asked (tests/tee/probe).
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include <nacre/enclave.h>

#include "client/client.h"
#include "port/posix/posix.h"
#include "sgx/block.h"
#include "sgx/host/sgx.h"
#include "sgx/host/simulated/simulated.h"
#include "tee/probe/probe.h"

#define PROBE getenv("PROBE")

/* --- A probe, and what it answers --- */

static struct server *start_by(const struct sgx_loader *loader) {
    const struct server_setup setup = {.files_max = 64};
    struct server *server;
    nacre_error error;
    setenv("NACRE_ENCLAVE", PROBE, 1);
    if (sgx_start(loader, &setup, &server, &error) != NACRE_OK) fail_msg("%s", error.text);
    return server;
}

/* Its threads too: cmocka takes the handlers of signals away when a test has ended. */
static void end(struct server *server) {
    size_t threads;
    sgx_kind.end(server);
    do {
        DIR *tasks = opendir("/proc/self/task");
        assert_non_null(tasks);
        for (threads = 0; readdir(tasks);) threads++;
        closedir(tasks);
        if (threads > 3) usleep(500);
    } while (threads > 3); /* ".", ".." and this one */
}

static size_t ask(struct server *server, enum probe probe, const void *about, size_t size,
                  void *answer, size_t room) {
    uint8_t bytes[4096];
    struct order_writer items = {.bytes = bytes, .size = (uint32_t)size + 1};
    const struct server_order order = {.command = ORDER_OPEN, .items = &items};
    struct server_answer answered;
    bytes[0] = (uint8_t)probe;
    if (size) memcpy(bytes + 1, about, size);
    if (server_ask(server, &order, SERVER_NO_LIMIT, &answered) != SERVER_ANSWERED) return SIZE_MAX;
    size = answered.size - 1; /* behind a byte that says that it is there */
    assert_true(size <= room);
    memcpy(answer, answered.bytes + 1, size);
    free(answered.bytes);
    return size;
}

/* With ENCLU's faults, and with jumps in their place. */
static void in_both_ways(void (*test)(const struct sgx_loader *loader)) {
    unsetenv("NACRE_SIMULATED_FAULTS");
    test(&sgx_simulated);
    setenv("NACRE_SIMULATED_FAULTS", "1", 1);
    test(&sgx_simulated);
    unsetenv("NACRE_SIMULATED_FAULTS");
}

/* --- Entering: a loader that has a thread's state be anything before --- */

static bool keeps_mxcsr = true;
static bool enter_dirty(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                        struct sgx_run *run) {
    const uint32_t odd_mxcsr = 0x7F80, mxcsr = 0x1F80; /* rounds to zero */
    const uint16_t odd_control = 0x0C7F, control = 0x037F;
    __asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(odd_mxcsr), "m"(odd_control));
    __asm__ volatile("pcmpeqb %%xmm6, %%xmm6; movaps %%xmm6, %%xmm7; movaps %%xmm6, %%xmm14;"
                     "movaps %%xmm6, %%xmm15"
                     :
                     :
                     : "xmm6", "xmm7", "xmm14", "xmm15");
    bool entered = sgx_simulated.enter(e, gate, function, run);
    uint32_t after;
    __asm__ volatile("stmxcsr %0" : "=m"(after));
    keeps_mxcsr &= (after & 0xFFC0) == (odd_mxcsr & 0xFFC0); /* the host's is its own again */
    __asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(control));
    return entered;
}

static void check_entry(const struct sgx_loader *loader) {
    static struct sgx_loader dirty; /* threads may look at it when the test has ended */
    struct probe_entry entry;
    dirty = *loader;
    dirty.enter = enter_dirty;
    struct server *server = start_by(&dirty);
    assert_int_equal(ask(server, PROBE_ENTRY, NULL, 0, &entry, sizeof entry), sizeof entry);
    const uint64_t direction = 0x400, trap = 0x100, alignment = 0x40000, nested = 0x4000;
    assert_int_equal(entry.flags & (direction | trap | alignment | nested), 0);
    assert_int_equal(entry.mxcsr, 0x1F80);
    assert_true(keeps_mxcsr);
    assert_int_equal(entry.control, 0x37F);
    assert_int_equal(entry.vectors, 0);
    assert_int_equal(entry.fs_self, entry.gs_self);
    const struct sgx_enclave *e = sgx_enclave_of(server);
    assert_true(entry.fs_self - (uint64_t)e->base < e->size);
    end(server);
}

static void test_entry(void **state) {
    (void)state;
    in_both_ways(check_entry);
}

/* Registers at the way out, which C would not see. */
static bool found_secret;
static bool enter_and_look(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                           struct sgx_run *run) {
    struct simulated_thread *t = simulated_thread();
    uint64_t seen[6];
    t->entry = 0; /* by the handler, which looks for everything itself */
    __asm__ volatile("call *%[enter]\n"
                     "mov %%r8, 0(%[seen])\nmov %%r9, 8(%[seen])\nmov %%r10, 16(%[seen])\n"
                     "movq %%xmm0, 24(%[seen])\nmovq %%xmm5, 32(%[seen])\n"
                     "movq %%xmm15, 40(%[seen])\n"
                     : "+D"(gate), "+S"(run), "+d"(t), "+c"(function)
                     : [enter] "r"(simulated_switch), [seen] "b"(seen)
                     : "rax", "r8", "r9", "r10", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3",
                       "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                       "xmm13", "xmm14", "xmm15");
    for (size_t i = 0; i < 6; i++) found_secret |= seen[i] != 0;
    (void)e;
    return true;
}

static void test_exit(void **state) {
    static struct sgx_loader looking;
    uint8_t answer[8];
    (void)state;
    looking = sgx_simulated;
    looking.enter = enter_and_look;
    found_secret = false;
    setenv("NACRE_SIMULATED_FAULTS", "1", 1);
    struct server *server = start_by(&looking);
    assert_int_equal(ask(server, PROBE_SECRETS, NULL, 0, answer, sizeof answer), 0);
    assert_false(found_secret);
    end(server);
    unsetenv("NACRE_SIMULATED_FAULTS");
}

/* --- Asynchronous exits: a signal every millisecond, at any instruction --- */

static bool enter_interrupted(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                              struct sgx_run *run) {
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGVTALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    bool entered = sgx_simulated.enter(e, gate, function, run);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    return entered;
}

static unsigned interrupts;
static void interrupt(int number, siginfo_t *info, void *context) {
    __atomic_add_fetch(&interrupts, 1, __ATOMIC_RELAXED);
    simulated_signal(number, info, context);
}

static void check_interrupts(const struct sgx_loader *loader) {
    static struct sgx_loader interrupted;
    const uint64_t steps = 20000000;
    uint64_t plain[2], other[2];
    struct server *server = start_by(loader);
    assert_int_equal(ask(server, PROBE_SPIN, &steps, sizeof steps, plain, sizeof plain), 16);
    end(server);

    struct sigaction action = {.sa_sigaction = interrupt, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    sigset_t alarms;
    sigfillset(&action.sa_mask);
    sigaction(SIGVTALRM, &action, NULL);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGVTALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    interrupted = *loader;
    interrupted.enter = enter_interrupted;
    server = start_by(&interrupted);
    interrupts = 0;
    setitimer(ITIMER_VIRTUAL, &often, NULL);
    assert_int_equal(ask(server, PROBE_SPIN, &steps, sizeof steps, other, sizeof other), 16);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    end(server);
    assert_memory_equal(plain, other, sizeof plain);
    assert_true(interrupts > 3);
}

static void test_interrupts(void **state) {
    (void)state;
    in_both_ways(check_interrupts);
}

/* --- Handlers of others --- */

static sigjmp_buf before_fault;
static void jump_back(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    siglongjmp(before_fault, 1);
}

static struct sigaction below;
static unsigned handed_on;
static bool came_inside; /* from where FS was the enclave's */
static const struct sgx_enclave *watched;
static void hand_on(int number, siginfo_t *info, void *context) {
    const ucontext_t *c = context;
    const uint64_t rip = (uint64_t)c->uc_mcontext.gregs[REG_RIP];
    handed_on++;
    came_inside |= watched && rip - (uint64_t)watched->base < watched->size;
    below.sa_sigaction(number, info, context);
}

/* Before any other enclave: what a handler above hands back is for the one that was there first.
 * And none is above when an enclave is stopped. */
static void test_handlers(void **state) {
    struct sigaction jumps = {.sa_sigaction = jump_back, .sa_flags = SA_SIGINFO},
                     hands = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const uint64_t steps = UINT64_MAX;
    uint8_t bytes[1 + sizeof steps] = {PROBE_SPIN};
    struct order_writer items = {.bytes = bytes, .size = sizeof bytes};
    const struct server_order order = {.command = ORDER_OPEN, .items = &items};
    struct server_answer answered;
    (void)state;
    memcpy(bytes + 1, &steps, sizeof steps);
    sigaction(SIGSEGV, &jumps, NULL);
    struct server *one = start_by(&sgx_simulated);
    sigaction(SIGSEGV, &hands, &below);
    struct server *two = start_by(&sgx_simulated);
    for (volatile unsigned i = 0; i < 3; i++) {
        if (!sigsetjmp(before_fault, 1)) *(volatile uint8_t *)16 = 0;
        assert_int_equal(handed_on, i + 1);
    }
    assert_int_equal(server_ask(two, &order, 50, &answered), SERVER_LATE);
    sigaction(SIGSEGV, &hands, NULL);
    watched = sgx_enclave_of(two);
    sgx_kind.end(one);
    end(two);
    assert_false(came_inside);
    watched = NULL;
}

static unsigned came;
static pthread_t came_to, inside;
static pid_t inside_id;
static void note_signal(int number) {
    (void)number;
    came++;
    came_to = pthread_self(); /* by FS */
}

static bool enter_known(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                        struct sgx_run *run) {
    inside = pthread_self();
    __atomic_store_n(&inside_id, gettid(), __ATOMIC_RELEASE);
    return sgx_simulated.enter(e, gate, function, run);
}

static void *send_inside(void *unused) {
    usleep(50000);
    tgkill(getpid(), __atomic_load_n(&inside_id, __ATOMIC_ACQUIRE), SIGFPE);
    return unused;
}

/* Signals that somebody sends, outside and inside, are for whose they were before. */
static void test_sent(void **state) {
    static struct sgx_loader known;
    struct sigaction notes = {.sa_handler = note_signal}, ignores = {.sa_handler = SIG_IGN};
    const uint64_t steps = 200000000;
    uint64_t sum[2];
    pthread_t sender;
    (void)state;
    known = sgx_simulated;
    known.enter = enter_known;
    sigaction(SIGFPE, &notes, NULL);
    sigaction(SIGTRAP, &ignores, NULL);
    struct server *server = start_by(&known);
    raise(SIGTRAP);
    raise(SIGFPE);
    assert_int_equal(came, 1);
    pthread_create(&sender, NULL, send_inside, NULL);
    assert_int_equal(ask(server, PROBE_SPIN, &steps, sizeof steps, sum, sizeof sum), 16);
    pthread_join(sender, NULL);
    assert_int_equal(came, 2);
    assert_true(pthread_equal(came_to, inside));
    end(server);
}

/* --- Exceptions --- */

static void check_fault(const struct sgx_loader *loader, enum probe probe, const char *text) {
    struct server *server = start_by(loader);
    uint8_t answer[8];
    nacre_error error;
    if (ask(server, probe, NULL, 0, answer, sizeof answer) != SIZE_MAX)
        fail_msg("%d does not fault", probe);
    assert_int_equal(sgx_kind.explain(server, &error), NACRE_IO);
    if (!strstr(error.text, text)) fail_msg("%d: %s", probe, error.text);
    end(server);
}

static void check_faults(const struct sgx_loader *loader) {
    static const struct {
        enum probe probe;
        const char *text;
    } faults[] = {
        {PROBE_UNDEFINED, "an exception that it does not know"},
        {PROBE_WRITE_CODE, "exception 14"},
        {PROBE_RUN_DATA, "exception 14"},
        {PROBE_TOUCH, "exception 14"},
        {PROBE_TOUCH_GUARD, "exception 14"},
        {PROBE_ACCEPT, "the enclave faulted"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(faults); i++)
        check_fault(loader, faults[i].probe, faults[i].text);
}

static void test_faults(void **state) {
    (void)state;
    in_both_ways(check_faults);
}

/* --- Code that is made while it runs: never both written and executed --- */

static bool does_nothing(struct sgx_enclave *e, uint64_t offset, uint64_t size) {
    (void)e;
    (void)offset;
    (void)size;
    return true;
}

static bool fails(struct sgx_enclave *e, uint64_t offset, uint64_t size) {
    return !does_nothing(e, offset, size);
}

/* A host that says that it took the right to write away, and did not, gets no code. */
static void check_made_code(const struct sgx_loader *loader) {
    static struct sgx_loader lying, failing;
    const struct sgx_loader *const others[] = {&lying, &failing};
    uint8_t answer;
    lying = failing = *loader;
    lying.make_code = does_nothing;
    failing.make_code = fails;
    struct server *server = start_by(loader);
    assert_int_equal(ask(server, PROBE_MAKE_CODE, NULL, 0, &answer, 1), 1);
    assert_int_equal(answer, 7);
    end(server);
    check_fault(loader, PROBE_WRITE_MADE, "exception 14");
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        server = start_by(others[i]);
        assert_int_equal(ask(server, PROBE_MAKE_CODE, NULL, 0, &answer, 1), 1);
        assert_int_equal(answer, 0);
        end(server);
        check_fault(others[i], PROBE_RUN_UNMADE, "exception 14");
    }
}

/* The first page below the first thread's stack, whatever is below that. */
static void test_deep(void **state) {
    char page[32];
    uint8_t answer[8];
    nacre_error error;
    (void)state;
    struct server *server = start_by(&sgx_simulated);
    const struct sgx_enclave *e = sgx_enclave_of(server);
    snprintf(page, sizeof page, "page 0x%llx",
             (unsigned long long)e->base + e->image.config->threads_offset);
    assert_true(ask(server, PROBE_DEEP, NULL, 0, answer, sizeof answer) == SIZE_MAX);
    assert_int_equal(sgx_kind.explain(server, &error), NACRE_IO);
    if (!strstr(error.text, page)) fail_msg("%s, not %s", error.text, page);
    end(server);
}

/* What the enclave finds of an exception in its frame: INT3 is a software exception. */
static void test_exit_info(void **state) {
    static const struct { enum probe probe; uint32_t info; } exits[] = {
        {PROBE_ACCEPT, SGX_EXIT_VALID | SGX_EXIT_SOFTWARE << 8 | SGX_VECTOR_BP},
        {PROBE_UNDEFINED, SGX_EXIT_VALID | SGX_EXIT_HARDWARE << 8 | SGX_VECTOR_UD},
        {PROBE_TOUCH, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(exits); i++) {
        uint8_t answer[8];
        struct server *server = start_by(&sgx_simulated);
        const struct sgx_enclave *e = sgx_enclave_of(server);
        const struct enclave_config *c = e->image.config;
        const struct sgx_gpr *frame = (const void *)(
            e->base + c->threads_offset + thread_block_at(c->stack_bytes) + SGX_PAGE +
            SGX_SSA_BYTES - sizeof *frame);
        assert_true(ask(server, exits[i].probe, NULL, 0, answer, sizeof answer) == SIZE_MAX);
        assert_int_equal(frame->exitinfo, exits[i].info);
        end(server);
    }
}

static void test_made_code(void **state) {
    (void)state;
    in_both_ways(check_made_code);
}

/* Mbed TLS asks by CPUID whether there is AES-NI: the enclave's handler answers. */
static void test_features(void **state) {
    uint64_t features, posix = port_posix()->cpu_features(NULL);
    (void)state;
    struct server *server = start_by(&sgx_simulated);
    assert_int_equal(ask(server, PROBE_FEATURES, NULL, 0, &features, sizeof features), 8);
    assert_int_equal(features, posix);
    end(server);
}

/* A host that says of each feature that it is there, or that none is. */
static uint32_t lie;
static bool enter_lying(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                        struct sgx_run *run) {
    struct gate_host *host = (struct gate_host *)(uintptr_t)gate->host;
    for (size_t i = 0; i < GATE_CPUID_COUNT; i++)
        for (size_t n = 0; n < 4; n++) host->cpuid[i].registers[n] = lie;
    return sgx_simulated.enter(e, gate, function, run);
}

/* Neither makes it use tables for AES, or registers that are not kept. */
static void test_lies(void **state) {
    static struct sgx_loader lying;
    const uint32_t leaf[] = {1, 0}, aes = 1 << 25, pclmulqdq = 1 << 1;
    uint32_t xcr0, high, registers[4];
    (void)state;
    __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    lying = sgx_simulated;
    lying.enter = enter_lying;
    for (int i = 0; i < 2; i++) {
        uint64_t features;
        lie = i ? UINT32_MAX : 0;
        struct server *server = start_by(&lying);
        assert_int_equal(ask(server, PROBE_CPUID, leaf, sizeof leaf, registers, 16), 16);
        assert_int_equal(registers[2] & (aes | pclmulqdq), aes | pclmulqdq);
        assert_int_equal(ask(server, PROBE_FEATURES, NULL, 0, &features, sizeof features), 8);
        if (!i) assert_int_equal(features, 0);
        else assert_int_equal(features >> 15 & 1, (xcr0 & 0xE6) == 0xE6); /* AVX-512 */
        end(server);
    }
}

/* --- Reports and keys --- */

static void test_report(void **state) {
    struct sgx_report report;
    nacre_enclave_description described;
    uint8_t data[64];
    (void)state;
    memset(data, 0xD5, sizeof data);
    struct server *server = start_by(&sgx_simulated);
    assert_int_equal(ask(server, PROBE_REPORT, data, 64, &report, sizeof report), sizeof report);
    end(server);
    assert_int_equal(nacre_enclave_describe(PROBE, &described, NULL), NACRE_OK);
    assert_memory_equal(report.mrenclave, described.mrenclave, 32);
    assert_memory_equal(report.mrsigner, described.mrsigner, 32);
    assert_memory_equal(report.reportdata, data, 64);
    assert_int_equal(report.attributes.flags, SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_MODE64BIT);
    assert_int_equal(report.isvsvn, described.svn);
}

static const char secret[] = "nobody else's business";
enum { SEALED = sizeof secret + PORT_SEAL_BYTES };

static void seal(const char *path, enum port_seal_to to, uint8_t sealed[SEALED]) {
    uint8_t about[1 + sizeof secret];
    about[0] = (uint8_t)to;
    memcpy(about + 1, secret, sizeof secret);
    setenv("PROBE", path, 1);
    struct server *server = start_by(&sgx_simulated);
    assert_int_equal(ask(server, PROBE_SEAL, about, sizeof about, sealed, SEALED), SEALED);
    end(server);
}

static bool unseals(const char *path, const uint8_t sealed[SEALED]) {
    uint8_t plain[sizeof secret];
    setenv("PROBE", path, 1);
    struct server *server = start_by(&sgx_simulated);
    size_t size = ask(server, PROBE_UNSEAL, sealed, SEALED, plain, sizeof plain);
    end(server);
    assert_true(size == 0 || size == sizeof plain);
    return size && memcmp(plain, secret, sizeof plain) == 0;
}

static void sign(const char *from, const char *key, const char *to, uint16_t svn,
                 uint64_t heap_bytes) {
    nacre_enclave_options options;
    nacre_error error;
    nacre_enclave_options_init(&options);
    options.key_path = key;
    options.svn = svn;
    options.heap_bytes = heap_bytes;
    if (nacre_enclave_sign(from, to, &options, &error) != NACRE_OK) fail_msg("%s", error.text);
}

/* Who can unseal: the same code, what the same signer made of a later version, nobody else. */
static void test_sealing(void **state) {
    char folder[] = "/tmp/nacre-sgx-XXXXXX", key[2][64], file[5][64];
    char *const probe = strdup(PROBE);
    uint8_t sealed[SEALED], again[SEALED];
    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("XDG_STATE_HOME", folder, 1);
    for (int i = 0; i < 2; i++) {
        snprintf(key[i], sizeof key[i], "%s/key%d", folder, i);
        assert_int_equal(nacre_enclave_make_key(key[i], NULL), NACRE_OK);
    }
    for (int i = 0; i < 5; i++) snprintf(file[i], sizeof file[i], "%s/enclave%d", folder, i);
    const uint64_t heap = 2 << 20;
    sign(probe, key[0], file[0], 3, heap);
    sign(probe, key[0], file[1], 4, heap);             /* a later version */
    sign(probe, key[0], file[2], 2, heap);             /* an older one */
    sign(probe, key[0], file[3], 3, heap + (1 << 16)); /* other code, in a way */
    sign(probe, key[1], file[4], 3, heap);             /* somebody else's signature */

    seal(file[0], PORT_SEAL_TO_PROGRAM, sealed);
    assert_true(unseals(file[0], sealed));
    assert_true(unseals(file[1], sealed)); /* the same code */
    assert_false(unseals(file[2], sealed));
    assert_false(unseals(file[3], sealed));
    assert_true(unseals(file[4], sealed));
    seal(file[0], PORT_SEAL_TO_PROGRAM, again);
    assert_memory_not_equal(sealed, again, SEALED);

    seal(file[0], PORT_SEAL_TO_SIGNER, sealed);
    assert_true(unseals(file[0], sealed));
    assert_true(unseals(file[1], sealed));
    assert_false(unseals(file[2], sealed));
    assert_true(unseals(file[3], sealed));
    assert_false(unseals(file[4], sealed));
    for (size_t i = 0; i < SEALED; i += 7) { /* nothing of it can be changed */
        sealed[i] ^= 1;
        assert_false(unseals(file[0], sealed));
        sealed[i] ^= 1;
    }
    setenv("PROBE", probe, 1);
    free(probe);
}

/* --- Memory and threads --- */

static void check_memory(const struct sgx_loader *loader) {
    const uint64_t sizes[] = {1 << 16, 8 << 20, 48 << 20, 8 << 20, UINT64_C(1) << 40};
    struct server *server = start_by(loader);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        uint8_t ok;
        assert_int_equal(ask(server, PROBE_GROW, &sizes[i], sizeof sizes[i], &ok, 1), 1);
        assert_int_equal(ok, i + 1 < ARRAY_COUNT(sizes));
    }
    end(server);
}

static void test_memory(void **state) {
    (void)state;
    in_both_ways(check_memory);
}

static void check_threads(const struct sgx_loader *loader) {
    struct server *server = start_by(loader);
    for (uint32_t count = 1; count <= 16; count += 5) {
        uint32_t answer[2];
        assert_int_equal(ask(server, PROBE_THREADS, &count, 4, answer, sizeof answer), 8);
        assert_int_equal(answer[0], count < 16 ? count : 15); /* the first is one of the 16 */
        if (count < 16) assert_int_equal(answer[1], 100 * count);
        usleep(20000); /* they have ended when they have left */
    }
    end(server);
}

static void test_threads(void **state) {
    (void)state;
    in_both_ways(check_threads);
}

/* Enclaves that come and go leave nothing behind. */
static unsigned count_mappings(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned lines = 0;
    for (int c; (c = getc(maps)) != EOF;) lines += c == '\n';
    fclose(maps);
    return lines;
}

static void test_many(void **state) {
    uint8_t answer[8];
    unsigned before = 0;
    (void)state;
    for (int i = 0; i < 80; i++) { /* more than there may be at once */
        struct server *server = start_by(&sgx_simulated);
        assert_int_equal(ask(server, PROBE_FEATURES, NULL, 0, answer, 8), 8);
        end(server);
        if (i == 9) before = count_mappings();
    }
    assert_true(count_mappings() < before + 20);
}

/* Another one may be freed while a handler looks where its own enclave is. */
static void test_others(void **state) {
    static struct simulated other;
    struct sgx_enclave unmapped = {.base = (uint8_t *)(UINT64_C(1) << 46), .size = 1 << 20};
    uint8_t answer[8];
    (void)state;
    other.enclave = &unmapped;
    assert_true(simulated_register(&other));
    other.enclave = (struct sgx_enclave *)64;
    setenv("NACRE_SIMULATED_FAULTS", "1", 1);
    struct server *server = start_by(&sgx_simulated);
    assert_int_equal(ask(server, PROBE_FEATURES, NULL, 0, answer, 8), 8);
    end(server);
    unsetenv("NACRE_SIMULATED_FAULTS");
    simulated_unregister(&other);
}

/* --- A loader whose enclave does what a test says --- */

static const struct scripted {
    uint32_t function, vector, reason, state; /* state: of the first slot, afterwards */
} *script;
static uint32_t asked[8], step_count;

static bool enter_script(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                         struct sgx_run *run) {
    const struct scripted *step = &script[step_count];
    (void)e;
    asked[step_count++] = function;
    run->function = step->function;
    run->vector = (uint16_t)step->vector;
    gate->reason = step->reason;
    gate->slot = 0;
    gate->host->slots[0].state = step->state;
    return true;
}

static struct server *start_script(const struct scripted *steps) {
    static struct sgx_loader scripted;
    scripted = sgx_simulated;
    scripted.enter = enter_script;
    script = steps;
    step_count = 0;
    return start_by(&scripted);
}

/* Two exceptions that the enclave handles, with no exit of its own between them. */
static void test_two_exceptions(void **state) {
    static const struct scripted steps[] = {
        {SGX_ERESUME, SGX_VECTOR_UD, 0, 0}, {SGX_EEXIT, 0, GATE_HANDLED, 0},
        {SGX_ERESUME, SGX_VECTOR_UD, 0, 0}, {SGX_EEXIT, 0, GATE_HANDLED, 0},
        {SGX_EEXIT, 0, GATE_DONE, 0},
    };
    static const uint32_t wanted[] = {SGX_EENTER, SGX_EENTER, SGX_ERESUME, SGX_EENTER,
                                      SGX_ERESUME};
    (void)state;
    struct server *server = start_script(steps);
    assert_true(server_await_end(server, 5000));
    assert_int_equal(step_count, ARRAY_COUNT(wanted));
    assert_memory_equal(asked, wanted, sizeof wanted);
    end(server);
}

/* One that waits for an answer to what nobody was asked does not stay behind. */
static void test_no_answer(void **state) {
    static const struct scripted steps[] = {{SGX_EEXIT, 0, GATE_WAIT, CALLS_TAKEN},
                                            {SGX_EEXIT, 0, GATE_DONE, 0}};
    (void)state;
    struct server *server = start_script(steps);
    assert_false(server_await_end(server, 50));
    end(server);
}

/* --- Files --- */

static uint8_t *read_probe(size_t *size) {
    FILE *file = fopen(PROBE, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* It may be cut while its enclave runs. */
static void test_cut_file(void **state) {
    char name[] = "/tmp/nacre-sgx-XXXXXX", *const probe = strdup(PROBE);
    const uint32_t threads = 3;
    uint32_t answer[2];
    size_t size;
    (void)state;
    uint8_t *bytes = read_probe(&size);
    int file = mkstemp(name);
    assert_int_equal(write(file, bytes, size), size);
    assert_int_equal(fchmod(file, 0700), 0);
    close(file);
    free(bytes);
    setenv("PROBE", name, 1);
    struct server *server = start_by(&sgx_simulated);
    assert_int_equal(truncate(name, 0), 0);
    assert_int_equal(ask(server, PROBE_THREADS, &threads, 4, answer, sizeof answer), 8);
    end(server);
    unlink(name);
    setenv("PROBE", probe, 1);
    free(probe);
}

/* Of an instruction that stands in its last byte, the rest may be no page at all. */
static void check_site(uint8_t *bytes, size_t size) {
    struct enclave_image image;
    const char *text;
    assert_int_equal(enclave_image_open(&image, bytes, size, &text), NACRE_OK);
    const struct enclave_segment *code = image.segments;
    const uint64_t site = image.config->sites[0], last = code->offset + code->file_size - 1;
    assert_true(code->flags & SGX_X && image.config->site_count > 0);
    image.config->sites[0] = last - 1;
    assert_int_equal(enclave_image_open(&image, bytes, size, &text), NACRE_OK);
    image.config->sites[0] = last;
    assert_int_equal(enclave_image_open(&image, bytes, size, &text), NACRE_MALFORMED);
    image.config->sites[0] = site;
}

/* Files that are no enclave, or were changed after they were signed. */
static void test_files(void **state) {
    static const char *const texts[] = {"no ELF file", "signature"};
    uint8_t *files[2];
    size_t size;
    (void)state;
    for (int i = 0; i < 2; i++) files[i] = read_probe(&size);
    check_site(files[0], size);
    files[0][0] ^= 1;
    files[1][0x1100] ^= 1; /* code */
    for (int i = 0; i < 2; i++) {
        struct sgx_enclave enclave;
        nacre_error error;
        assert_int_equal(sgx_load(&enclave, &sgx_simulated, files[i], size, &error),
                         NACRE_MALFORMED);
        if (!strstr(error.text, texts[i])) fail_msg("%s", error.text);
        free(files[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handlers), cmocka_unit_test(test_sent),
        cmocka_unit_test(test_entry),    cmocka_unit_test(test_exit),
        cmocka_unit_test(test_faults),   cmocka_unit_test(test_features),
        cmocka_unit_test(test_lies),     cmocka_unit_test(test_report),
        cmocka_unit_test(test_sealing),  cmocka_unit_test(test_deep),
        cmocka_unit_test(test_exit_info),
        cmocka_unit_test(test_memory),   cmocka_unit_test(test_threads),
        cmocka_unit_test(test_many),     cmocka_unit_test(test_others),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_two_exceptions), cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_cut_file),
        cmocka_unit_test(test_interrupts), cmocka_unit_test(test_made_code),
    };
    if (!PROBE || access(PROBE, R_OK)) {
        puts("SKIPPED: no probe (the environment's PROBE)");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
