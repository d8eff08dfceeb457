/*
 * signals.c - ENCLU by its fault, and asynchronous exits; see simulated.h.
 *
 * A handler may come while FS is the enclave's, and must not use what stands there for it: it
 * calls nothing of the C library before it has set FS, and cmake/boundary.cmake has the compiler
 * use FS for nothing.
 */
#define _GNU_SOURCE 1
#include <asm/prctl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "sgx/host/simulated/simulated.h"

enum { ENCLAVES_MAX = 64, ENCLU_BYTES = 3 };

/* A handler looks at all of them, and any but its thread's may end meanwhile: so where they are
 * stands here. Atomic; range: where it begins, plus the logarithm of its size; 0: none. */
static struct {
    uint64_t range;
    struct simulated *enclave; /* not NULL: the place is taken */
} enclaves[ENCLAVES_MAX];

static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP};

/* Handlers of others: those before the first enclave, and those that were there when the last one
 * began, which may hand on to ours. */
static struct sigaction first[NSIG], outer[NSIG];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool has_key, has_fsgsbase;

/* --- FS and GS --- */

static long arch_prctl(long code, uint64_t address) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_arch_prctl), "D"(code), "S"(address)
                     : "rcx", "r11", "memory");
    return result;
}

static void set_bases(struct simulated_thread *t, uint64_t fs, uint64_t gs) {
    if (has_fsgsbase) {
        __asm__ volatile("wrfsbase %0; wrgsbase %1" : : "r"(fs), "r"(gs) : "memory");
        return;
    }
    (void)arch_prctl(ARCH_SET_FS, fs);
    if (gs != t->gs_now) (void)arch_prctl(ARCH_SET_GS, gs);
    t->gs_now = gs;
}

static uint64_t fs_base(void) {
    uint64_t fs = 0;
    if (has_fsgsbase) __asm__ volatile("rdfsbase %0" : "=r"(fs));
    else (void)arch_prctl(ARCH_GET_FS, (uint64_t)&fs);
    return fs;
}

static void set_host_bases(struct simulated_thread *t) { set_bases(t, t->host_fs, t->host_gs); }

/* --- Registers --- */

/* As struct sgx_gpr has them. */
static const struct { uint16_t at, number; } registers[] = {
    {offsetof(struct sgx_gpr, rax), REG_RAX}, {offsetof(struct sgx_gpr, rcx), REG_RCX},
    {offsetof(struct sgx_gpr, rdx), REG_RDX}, {offsetof(struct sgx_gpr, rbx), REG_RBX},
    {offsetof(struct sgx_gpr, rsp), REG_RSP}, {offsetof(struct sgx_gpr, rbp), REG_RBP},
    {offsetof(struct sgx_gpr, rsi), REG_RSI}, {offsetof(struct sgx_gpr, rdi), REG_RDI},
    {offsetof(struct sgx_gpr, r8), REG_R8},   {offsetof(struct sgx_gpr, r9), REG_R9},
    {offsetof(struct sgx_gpr, r10), REG_R10}, {offsetof(struct sgx_gpr, r11), REG_R11},
    {offsetof(struct sgx_gpr, r12), REG_R12}, {offsetof(struct sgx_gpr, r13), REG_R13},
    {offsetof(struct sgx_gpr, r14), REG_R14}, {offsetof(struct sgx_gpr, r15), REG_R15},
    {offsetof(struct sgx_gpr, rflags), REG_EFL}, {offsetof(struct sgx_gpr, rip), REG_RIP},
};

static void read_registers(const ucontext_t *context, struct sgx_gpr *r) {
    for (size_t i = 0; i < ARRAY_COUNT(registers); i++)
        store_u64((uint8_t *)r + registers[i].at,
                  (uint64_t)context->uc_mcontext.gregs[registers[i].number]);
}

static void write_registers(ucontext_t *context, const struct sgx_gpr *r) {
    for (size_t i = 0; i < ARRAY_COUNT(registers); i++)
        context->uc_mcontext.gregs[registers[i].number] =
            (greg_t)load_u64((const uint8_t *)r + registers[i].at);
}

/* --- Vector registers: what XSAVE wrote for the handler, and in the enclave's frame. --- */

enum {
    XSAVE_MXCSR = 24,
    XSAVE_SYSTEM = 464, /* struct _fpx_sw_bytes: magic, then the whole size, ... */
    XSAVE_BITS = 512,   /* XSTATE_BV */
    XSAVE_LEGACY = 512,
    XSAVE_AVX512 = 2688, /* where the state of AVX-512 ends */
    XSAVE_MAGIC = 0x46505853,
};
#define ENCLAVE_STATE (SGX_XFRM_LEGACY | SGX_XFRM_AVX | SGX_XFRM_AVX512)

/* How much of it there is; with only the legacy part, there are no bits. */
static size_t state_size(const uint8_t *state) {
    if (load_u32(state + XSAVE_SYSTEM) != XSAVE_MAGIC) return XSAVE_LEGACY;
    uint32_t size = load_u32(state + XSAVE_SYSTEM + 16); /* xstate_size */
    return size < XSAVE_AVX512 ? size : XSAVE_AVX512;
}

/* What the enclave had goes to its frame; the host finds all as after a reset. */
static void save_state(const ucontext_t *context, uint8_t *frame) {
    uint8_t *state = (uint8_t *)context->uc_mcontext.fpregs;
    size_t size = state_size(state);
    memcpy(frame, state, size);
    if (size == XSAVE_LEGACY) return;
    store_u64(frame + XSAVE_BITS, load_u64(state + XSAVE_BITS) & ENCLAVE_STATE);
    store_u64(state + XSAVE_BITS, load_u64(state + XSAVE_BITS) & ~ENCLAVE_STATE);
    store_u32(state + XSAVE_MXCSR, 0x1F80);
}

/* All but what the system itself keeps there. */
static void load_state(const ucontext_t *context, const uint8_t *frame) {
    uint8_t *state = (uint8_t *)context->uc_mcontext.fpregs;
    size_t size = state_size(state);
    memcpy(state, frame, XSAVE_SYSTEM);
    if (size == XSAVE_LEGACY) return;
    const uint64_t bits = load_u64(state + XSAVE_BITS) & ~ENCLAVE_STATE;
    store_u64(state + XSAVE_BITS, bits | (load_u64(frame + XSAVE_BITS) & ENCLAVE_STATE));
    const size_t head = XSAVE_BITS + 64;
    memcpy(state + head, frame + head, size - head);
}

static uint8_t *frame_of(const struct sgx_gpr *gpr) {
    return (uint8_t *)(uintptr_t)gpr + sizeof *gpr - SGX_SSA_BYTES;
}

/* --- Switches --- */

static struct simulated *enclave_at(uint64_t address) {
    for (int i = 0; i < ENCLAVES_MAX; i++) {
        const uint64_t range = __atomic_load_n(&enclaves[i].range, __ATOMIC_ACQUIRE);
        const uint64_t size = UINT64_C(1) << range % SGX_PAGE;
        if (range && address - range / SGX_PAGE * SGX_PAGE < size)
            return __atomic_load_n(&enclaves[i].enclave, __ATOMIC_ACQUIRE);
    }
    return NULL;
}

static void fault_outside(struct sgx_gpr *r, uint32_t vector, uint64_t address) {
    r->rip = (uint64_t)simulated_fault;
    r->rdi = vector;
    r->rsi = 0;
    r->rdx = address;
}

static void enter(struct simulated *s, struct simulated_thread *t, struct sgx_gpr *r) {
    struct sgx_tcs *tcs = t->tcs;
    struct sgx_gpr *frame = simulated_frame(s, tcs);
    frame->ursp = r->rsp;
    frame->urbp = r->rbp;
    r->rax = tcs->cssa;
    r->rcx = r->rip + ENCLU_BYTES;
    r->rip = (uint64_t)s->enclave->base + tcs->oentry;
    set_bases(t, (uint64_t)s->enclave->base + tcs->ofsbase,
              (uint64_t)s->enclave->base + tcs->ogsbase);
}

static void resume(struct simulated *s, struct simulated_thread *t, struct sgx_gpr *r,
                   const ucontext_t *context) {
    const uint64_t rsp = r->rsp, rbp = r->rbp;
    t->tcs->cssa--;
    struct sgx_gpr *frame = simulated_frame(s, t->tcs);
    *r = *frame;
    frame->ursp = rsp;
    frame->urbp = rbp;
    load_state(context, frame_of(frame));
    set_bases(t, r->fsbase, r->gsbase);
}

/* ENCLU of the host, in simulated_switch. */
static void enter_or_resume(struct simulated_thread *t, ucontext_t *context) {
    struct sgx_gpr r;
    read_registers(context, &r);
    struct simulated *s = enclave_at(r.rbx);
    uint32_t vector =
        s ? simulated_take(s, r.rbx, (uint32_t)r.rax, &t->tcs) : SGX_VECTOR_GP;
    if (vector) fault_outside(&r, vector, r.rbx);
    else if (r.rax == SGX_EENTER) enter(s, t, &r);
    else resume(s, t, &r, context);
    write_registers(context, &r);
}

/* Registers of the enclave go to its frame; the host goes on as behind the fault, or, for what is
 * none, at the ENCLU that resumes. */
static void exit_asynchronously(struct simulated *s, struct simulated_thread *t,
                                ucontext_t *context, bool is_fault, uint32_t vector) {
    struct sgx_tcs *tcs = t->tcs;
    struct sgx_gpr *frame = simulated_frame(s, tcs), r, host = {0};
    const uint32_t told = 1u << SGX_VECTOR_DE | 1u << 1 | 1u << SGX_VECTOR_BP | 1u << 5 |
                          1u << SGX_VECTOR_UD | 1u << 16 | 1u << 17 | 1u << 19;
    read_registers(context, &r);
    r.ursp = frame->ursp;
    r.urbp = frame->urbp;
    r.fsbase = (uint64_t)s->enclave->base + tcs->ofsbase;
    r.gsbase = (uint64_t)s->enclave->base + tcs->ogsbase;
    const uint32_t type = vector == SGX_VECTOR_BP ? SGX_EXIT_SOFTWARE : SGX_EXIT_HARDWARE;
    r.exitinfo = is_fault && vector < 32 && told >> vector & 1
        ? SGX_EXIT_VALID | type << 8 | vector : 0;
    r.reserved = 0;
    *frame = r;
    save_state(context, frame_of(frame));
    tcs->cssa++;
    host.rsp = r.ursp;
    host.rbp = r.urbp;
    host.rax = SGX_ERESUME;
    host.rbx = (uint64_t)tcs;
    host.rcx = host.rip = (uint64_t)simulated_enclu;
    host.rflags = 0x202;
    const uint64_t address = (uint64_t)context->uc_mcontext.gregs[REG_CR2];
    if (is_fault) fault_outside(&host, vector, address / SGX_PAGE * SGX_PAGE);
    write_registers(context, &host);
    simulated_give(s, tcs);
    t->tcs = NULL;
}

/* Where another instruction stands, its last byte may be the last that can be read. */
static bool is_enclu(uint64_t rip) {
    const volatile uint8_t *at = (const volatile uint8_t *)rip;
    return at[0] == 0x0F && at[1] == 0x01 && at[2] == 0xD7;
}

/* ENCLU of the enclave. */
static void do_leaf(struct simulated *s, struct simulated_thread *t, ucontext_t *context) {
    struct sgx_gpr r;
    read_registers(context, &r);
    if (r.rax == SGX_EEXIT) {
        simulated_give(s, t->tcs);
        t->tcs = NULL;
        r.rip = r.rbx;
        r.rcx = (uint64_t)simulated_enclu;
        write_registers(context, &r);
        return;
    }
    const uint64_t fs = (uint64_t)s->enclave->base + t->tcs->ofsbase;
    simulated_leaf leaf = r.rax < ARRAY_COUNT(simulated_leaves) ? simulated_leaves[r.rax] : NULL;
    uint32_t vector = leaf ? leaf(s, &r) : SGX_VECTOR_GP;
    if (vector) {
        exit_asynchronously(s, t, context, true, vector);
        return;
    }
    r.rip += ENCLU_BYTES;
    write_registers(context, &r);
    set_bases(t, fs, (uint64_t)s->enclave->base + t->tcs->ogsbase);
}

uint64_t simulated_page_leaf(struct sgx_gpr *r) {
    struct simulated *s = enclave_at(r->rip);
    simulated_leaf leaf = r->rax == SGX_EACCEPT || r->rax == SGX_EMODPE
        ? simulated_leaves[r->rax] : NULL;
    return leaf && leaf(s, r) == 0 ? 0 : s->trap;
}

/* --- The handler --- */

/* What is being passed on, and where from: what others hand back comes by a call, so from below.
 * (A handler that jumps leaves it behind, for a signal that comes to where this one came.) */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
    const void *context;
    uint64_t frame;
} passing;

/* While FS is the host's: nothing of it may be done where it is not yet. */
__attribute__((noinline)) static void pass_on(int number, siginfo_t *info, void *context) {
    const uint64_t frame = (uint64_t)__builtin_frame_address(0);
    const bool is_back = passing.context == context && frame < passing.frame;
    const struct sigaction *old = is_back ? &first[number] : &outer[number];
    if (!is_back) {
        passing.context = context;
        passing.frame = frame;
    }
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(number, info, context);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(number);
    } else if (info->si_code > 0 || old->sa_handler == SIG_DFL) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
        if (info->si_code <= 0) raise(number); /* was sent: does not come again by itself */
    }
    if (!is_back) passing.context = NULL;
}

/* From wherever this thread is: between host and enclave FS may be the enclave's. */
static void pass_on_outside(struct simulated_thread *t, int number, siginfo_t *info,
                            void *context) {
    const uint64_t fs = fs_base();
    const bool is_between = enclave_at(fs) != NULL;
    if (is_between) set_host_bases(t);
    pass_on(number, info, context);
    if (is_between) set_bases(t, fs, fs); /* FS and GS have the same */
}

static bool is_handled(int number) {
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
        if (signals[i] == number) return true;
    return false;
}

void simulated_signal(int number, siginfo_t *info, void *env) {
    ucontext_t *context = env;
    const uint64_t rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    const uint64_t at = (uint64_t)__builtin_frame_address(0);
    struct simulated_thread *t =
        (struct simulated_thread *)(at / SIMULATED_STACK_BYTES * SIMULATED_STACK_BYTES);
    const bool is_fault = is_handled(number) && info->si_code > 0; /* and was not sent */
    struct simulated *s = enclave_at(rip);
    if (s) {
        set_host_bases(t);
        /* Not if it is the code that can't be read. */
        const bool is_readable = (uint64_t)info->si_addr != rip || number == SIGILL;
        if (is_fault && is_readable && is_enclu(rip))
            do_leaf(s, t, context);
        else
            exit_asynchronously(s, t, context, is_fault,
                                (uint32_t)context->uc_mcontext.gregs[REG_TRAPNO]);
        if (is_handled(number) && !is_fault) pass_on(number, info, env);
        return;
    }
    if (is_fault && rip == (uint64_t)simulated_enclu) enter_or_resume(t, context);
    else if (is_handled(number)) pass_on_outside(t, number, info, env);
}

/* --- Setting it up --- */

static void release_thread(void *thread) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(thread, SIMULATED_STACK_BYTES);
}

static void make_key(void) {
    const unsigned long fsgsbase = 2; /* HWCAP2_FSGSBASE */
    has_fsgsbase = getauxval(AT_HWCAP2) & fsgsbase;
    has_key = pthread_key_create(&thread_key, release_thread) == 0;
}

/* Others of this process may have set handlers of theirs since. */
static bool install(int number, bool is_first) {
    struct sigaction action = {.sa_sigaction = simulated_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK}, now;
    sigfillset(&action.sa_mask);
    if (sigaction(number, NULL, &now)) return false;
    if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == simulated_signal) return true;
    outer[number] = now;
    if (is_first) first[number] = now;
    return sigaction(number, &action, NULL) == 0;
}

bool simulated_install(void) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool is_installed;
    if (pthread_once(&once, make_key) || !has_key) return false;
    bool ok = true;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++) ok &= install(signals[i], !is_installed);
    is_installed |= ok;
    pthread_mutex_unlock(&lock);
    return ok;
}

/* Its stack for signals, at a multiple of its size. */
static void *make_stack(void) {
    const size_t size = SIMULATED_STACK_BYTES;
    uint8_t *at = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return NULL;
    uint8_t *stack = (uint8_t *)(((uintptr_t)at + size - 1) / size * size);
    if (stack > at) munmap(at, (size_t)(stack - at));
    if (stack + size < at + 2 * size) munmap(stack + size, (size_t)(at + size - stack));
    return stack;
}

struct simulated_thread *simulated_thread(void) {
    struct simulated_thread *t = pthread_getspecific(thread_key);
    if (t) return t;
    t = make_stack();
    if (!t) return NULL;
    const stack_t stack = {.ss_sp = t, .ss_size = SIMULATED_STACK_BYTES};
    t->has_fsgsbase = has_fsgsbase;
    if (arch_prctl(ARCH_GET_FS, (uint64_t)&t->host_fs) ||
        arch_prctl(ARCH_GET_GS, (uint64_t)&t->host_gs) || sigaltstack(&stack, NULL) ||
        pthread_setspecific(thread_key, t)) {
        munmap(t, SIMULATED_STACK_BYTES);
        return NULL;
    }
    t->gs_now = t->host_gs;
    return t;
}

bool simulated_register(struct simulated *s) {
    const struct sgx_enclave *e = s->enclave;
    for (int i = 0; i < ENCLAVES_MAX; i++) {
        struct simulated *none = NULL;
        if (!__atomic_compare_exchange_n(&enclaves[i].enclave, &none, s, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        __atomic_store_n(&enclaves[i].range,
                         (uint64_t)e->base + (uint64_t)__builtin_ctzll(e->size), __ATOMIC_RELEASE);
        return true;
    }
    return false;
}

void simulated_unregister(const struct simulated *s) {
    for (int i = 0; i < ENCLAVES_MAX; i++) {
        if (__atomic_load_n(&enclaves[i].enclave, __ATOMIC_RELAXED) != s) continue;
        __atomic_store_n(&enclaves[i].range, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&enclaves[i].enclave, NULL, __ATOMIC_RELEASE);
    }
}
