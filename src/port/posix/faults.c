/* faults.c - signals of accesses that fault: to who watches the thread, else to whom they went
 * before. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "port/posix/handles.h"
#include "port/posix/posix.h"

enum { SIGNAL_STACK_BYTES = 65536 };

/* What a handler reads must be there already when it comes: no lazily made storage. */
#define IN_EVERY_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))
IN_EVERY_THREAD struct port_watch *watching;
IN_EVERY_THREAD bool is_ready; /* the thread has a stack for signals */

static struct sigaction old_segv, old_bus;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t stack_key; /* of that stack, if it is ours */
static bool is_installed;

/* --- A machine's registers --- */

#if defined(__x86_64__)
static void read_registers(const ucontext_t *context, struct port_fault *fault) {
    const greg_t *r = context->uc_mcontext.gregs;
    fault->pc = (const uint8_t *)r[REG_RIP];
    fault->sp = (uintptr_t)r[REG_RSP];
    fault->fp = (uintptr_t)r[REG_RBP];
}

/* As if `resume` had been called: its return address would be on the stack. */
static void write_registers(ucontext_t *context, const struct port_fault *fault) {
    greg_t *r = context->uc_mcontext.gregs;
    r[REG_RIP] = (greg_t)fault->resume;
    r[REG_RSP] = (greg_t)(fault->sp - sizeof(void *));
    r[REG_RDI] = (greg_t)fault->argument;
}
#elif defined(__aarch64__)
static void read_registers(const ucontext_t *context, struct port_fault *fault) {
    fault->pc = (const uint8_t *)context->uc_mcontext.pc;
    fault->sp = context->uc_mcontext.sp;
    fault->fp = context->uc_mcontext.regs[29];
    fault->link = context->uc_mcontext.regs[30];
}

static void write_registers(ucontext_t *context, const struct port_fault *fault) {
    context->uc_mcontext.pc = (uintptr_t)fault->resume;
    context->uc_mcontext.sp = fault->sp;
    context->uc_mcontext.regs[0] = (uintptr_t)fault->argument;
}
#endif

/* --- The handler --- */

/* To the handler that was there before; without one, the access faults again and ends the process
 * as it would have. */
static void pass_on(int number, siginfo_t *info, void *context) {
    const struct sigaction *old = number == SIGBUS ? &old_bus : &old_segv;
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(number, info, context);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(number);
    } else if (info->si_code > 0 || old->sa_handler == SIG_DFL) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
        if (info->si_code <= 0) raise(number); /* was sent: does not come again by itself */
    }
}

static void handle(int number, siginfo_t *info, void *context) {
    struct port_watch *watch = watching;
    if (watch && info->si_code > 0) {
        struct port_fault fault = {.address = info->si_addr};
        read_registers(context, &fault);
        if (watch->fault(watch, &fault)) {
            write_registers(context, &fault);
            return;
        }
    }
    pass_on(number, info, context);
}

/* --- Setting it up: once, and a stack for each thread --- */

static void release_stack(void *stack) {
    stack_t now;
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == stack) sigaltstack(&none, NULL);
    munmap(stack, SIGNAL_STACK_BYTES);
}

static void install(void) {
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (pthread_key_create(&stack_key, release_stack)) return;
    is_installed = sigaction(SIGSEGV, NULL, &old_segv) == 0 &&
                   sigaction(SIGBUS, NULL, &old_bus) == 0 &&
                   sigaction(SIGSEGV, &action, NULL) == 0 &&
                   sigaction(SIGBUS, &action, NULL) == 0;
}

/* A stack that the program has set is used if it is large enough: others may rely on it. */
static nacre_status make_stack(void) {
    stack_t now, stack = {.ss_size = SIGNAL_STACK_BYTES};
    const size_t enough = SIGNAL_STACK_BYTES / 4;
    if (sigaltstack(NULL, &now)) return NACRE_UNSUPPORTED;
    if (!(now.ss_flags & SS_DISABLE) && now.ss_size >= enough) return NACRE_OK;
    stack.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp == MAP_FAILED) return NACRE_NO_MEMORY;
    if (sigaltstack(&stack, NULL) || pthread_setspecific(stack_key, stack.ss_sp)) {
        munmap(stack.ss_sp, SIGNAL_STACK_BYTES);
        return NACRE_NO_MEMORY;
    }
    return NACRE_OK;
}

static nacre_status make_ready(void) {
    pthread_once(&once, install);
    if (!is_installed) return NACRE_UNSUPPORTED;
    TRY(make_stack());
    is_ready = true;
    return NACRE_OK;
}

static nacre_status watch_thread(void *context, struct port_watch *watch,
                                 struct port_watch **outer) {
    (void)context;
    if (!is_ready) TRY(make_ready());
    *outer = watching;
    watching = watch;
    return NACRE_OK;
}

static void unwatch(void *context, struct port_watch *outer) {
    (void)context;
    watching = outer;
}

const struct port_faults posix_faults = {.watch = watch_thread, .unwatch = unwatch};
