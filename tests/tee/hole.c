/*
 * hole.c - a deliberate hole: linked into nacre-core, or nacre, in place of nacre_wasi_attach, it
 * offers guests the import hole.try, which does with the process what someone would try who
 * broke out of the engine. escape.sh says what must become of each in a core, escape-run.sh in the
 * process of `nacre run`.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <nacre/wasi.h>

static char page[4096] __attribute__((aligned(4096)));
static char *const none[] = {NULL};

/* 1: it did what must be possible, -1: it was refused, 0: it did what it may not. */
#define REFUSED(call) ((call) < 0 ? -1 : 0)

static int random_bytes(void) { return syscall(SYS_getrandom, page, 16, 0) == 16; }
static int own_memory(void) {
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at != MAP_FAILED;
}
static int open_file(void) {
    return REFUSED(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
}
static int open_root(void) { return REFUSED(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY)); }
static int make_socket(void) { return REFUSED(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)); }
static int make_pair(void) {
    return REFUSED(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, page));
}
static int execute(void) { return REFUSED(syscall(SYS_execve, "/bin/sh", none, none)); }
static int make_process(void) { return REFUSED(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
static int make_process_3(void) {
    const uint64_t arguments[11] = {[4] = SIGCHLD}; /* exit_signal of struct clone_args */
    return REFUSED(syscall(SYS_clone3, arguments, sizeof arguments));
}
static int execute_at(void) {
    return REFUSED(syscall(SYS_execveat, AT_FDCWD, "/bin/sh", none, none, 0));
}
static int connect_somewhere(void) { return REFUSED(syscall(SYS_connect, 0, page, 16)); }
static int listen_somewhere(void) { return REFUSED(syscall(SYS_bind, 0, page, 16)); }
static int change_user(void) { return REFUSED(syscall(SYS_setresuid, 0, 0, 0)); }
static int type_into_terminal(void) { return REFUSED(syscall(SYS_ioctl, 0, 0x5412, "x")); }
static int own_signals(void) { return REFUSED(syscall(SYS_fcntl, 0, F_SETOWN, getppid())); }
static int load_module(void) { return REFUSED(syscall(SYS_finit_module, 0, "", 0)); }
static int other_kernel(void) { return REFUSED(syscall(SYS_kexec_load, 0, 0, 0, 0)); }
static int enter_namespace(void) { return REFUSED(syscall(SYS_setns, 0, 0)); }
static int other_root(void) { return REFUSED(syscall(SYS_chroot, "/")); }
static int move_process(void) {
    const cpu_set_t one = {{1}};
    return REFUSED(syscall(SYS_sched_setaffinity, getppid(), sizeof one, &one));
}
static int write_process(void) {
    struct iovec local = {page, 16}, remote = {page, 16};
    return REFUSED(syscall(SYS_process_vm_writev, getppid(), &local, 1, &remote, 1, 0));
}
static int signal_parent(void) { return REFUSED(syscall(SYS_kill, getppid(), SIGKILL)); }
static int signal_all(void) { return REFUSED(syscall(SYS_kill, -1, SIGKILL)); }
static int trace(void) { return REFUSED(syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0)); }
static int read_process(void) {
    struct iovec local = {page, 16}, remote = {page, 16};
    return REFUSED(syscall(SYS_process_vm_readv, getppid(), &local, 1, &remote, 1, 0));
}
static int map_code(void) {
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -1 : 0;
}
static int map_written_code(void) {
    const int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
    void *at = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? -1 : 0;
}
/* As an image is mapped, but so that it can be changed. */
static int map_shared_code(void) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY);
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    return at == MAP_FAILED ? -1 : 0;
}
static int map_writable_code(void) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY);
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, file, 0);
    return at == MAP_FAILED ? -1 : 0;
}
static int allow_code(void) { return REFUSED(mprotect(page, 4096, PROT_READ | PROT_EXEC)); }
static int make_file(void) { return REFUSED(syscall(SYS_memfd_create, "x", 0)); }
static int write_out(void) { return REFUSED(syscall(SYS_write, 1, "x", 1)); }
static int read_in(void) { return REFUSED(syscall(SYS_read, 0, page, 1)); }
static int control(void) { return REFUSED(syscall(SYS_ioctl, 0, 0, 0)); }
static int leave_namespace(void) { return REFUSED(syscall(SYS_unshare, CLONE_NEWUSER)); }
static int mount_something(void) { return REFUSED(syscall(SYS_mount, "x", "/", "tmpfs", 0, 0)); }
static int change_self(void) { return REFUSED(syscall(SYS_prctl, 4, 1, 0, 0, 0)); }
static int ring_of_calls(void) { return REFUSED(syscall(SYS_io_uring_setup, 1, page)); }
static int program_kernel(void) { return REFUSED(syscall(SYS_bpf, 0, page, 16)); }
static int lock_priority(void) { /* FUTEX_LOCK_PI */
    return REFUSED(syscall(SYS_futex, page, 6, 0, NULL, NULL, 0));
}
static int measure(void) { return REFUSED(syscall(SYS_perf_event_open, page, 0, -1, -1, 0)); }
static int keys(void) { return REFUSED(syscall(SYS_keyctl, 0, -3, 0, 0, 0)); }
static int more_limits(void) { return REFUSED(syscall(SYS_prlimit64, 0, 7, NULL, page)); }
static int other_abi(void) {
#if defined(__x86_64__)
    return REFUSED(syscall(0x40000000 + SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
#else
    return open_file();
#endif
}

enum { SPIN = 1000 }; /* no attempt at a way out: it stays */

static int (*const attempts[])(void) = {
    random_bytes, own_memory, /* what anybody needs */
    make_process_3,           /* what the C library is told that there is not */
    /* From 3: what `nacre run` needs for its guests, and a core does not. */
    open_file, open_root, make_file, write_out, read_in,
    /* From 8: what can be tried without a profile, and then succeeds. */
    make_socket, make_pair, map_code, allow_code, map_written_code, map_shared_code,
    map_writable_code, execute, execute_at,
    /* From 17: what would do harm then, or fail for another reason. */
    make_process, signal_parent, signal_all, trace, read_process, write_process, control,
    leave_namespace, enter_namespace, other_root, mount_something, change_self, change_user,
    ring_of_calls, program_kernel, measure, keys, more_limits, other_abi, lock_priority,
    connect_somewhere, listen_somewhere, type_into_terminal, own_signals, load_module,
    other_kernel, move_process,
};

static nacre_status try(void *env, nacre_caller *caller, const nacre_value *args,
                        nacre_value *results) {
    const uint32_t count = sizeof attempts / sizeof attempts[0];
    uint32_t which = (uint32_t)args[0].of.i32;
    (void)env;
    (void)caller;
    while (which == SPIN) __asm__ volatile("");
    results[0].of.i32 = which < count ? attempts[which]() : 99;
    return NACRE_OK;
}

nacre_status __real_nacre_wasi_attach(nacre_wasi *wasi, nacre_store *store);
nacre_status __wrap_nacre_wasi_attach(nacre_wasi *wasi, nacre_store *store);
nacre_status __wrap_nacre_wasi_attach(nacre_wasi *wasi, nacre_store *store) {
    static const nacre_kind one[] = {NACRE_I32};
    const nacre_functype type = {1, 1, one, one};
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    nacre_status status = nacre_func_create(store, &type, try, NULL, &item.of.func);
    if (status == NACRE_OK) status = nacre_store_define(store, "hole", 4, "try", 3, &item);
    return status == NACRE_OK ? __real_nacre_wasi_attach(wasi, store) : status;
}
