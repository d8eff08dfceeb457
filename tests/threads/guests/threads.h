/* threads.h - what programs of wasi-threads need and a C library for one thread does not have: a
 * stack for each thread, waiting, and printing. Freestanding. */
#ifndef TESTS_THREADS_GUESTS_THREADS_H
#define TESTS_THREADS_GUESTS_THREADS_H

#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("wasi", "thread-spawn") int32_t thread_spawn(void *argument);
IMPORT("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(int32_t code);
IMPORT("wasi_snapshot_preview1", "fd_write")
int32_t fd_write(int32_t fd, const void *iovecs, int32_t count, uint32_t *size);

/* A thread's argument: its stack's upper end comes first, where the assembly finds it. */
struct thread {
    void *stack_end;
    void (*run)(struct thread *self);
    int32_t number;
    uint32_t value;
};

void thread_main(int32_t number, struct thread *self) {
    self->number = number;
    self->run(self);
}

__asm__(".globaltype __stack_pointer, i32\n"
        ".functype thread_main (i32, i32) -> ()\n"
        ".globl wasi_thread_start\n"
        ".type wasi_thread_start, @function\n"
        "wasi_thread_start:\n"
        "    .functype wasi_thread_start (i32, i32) -> ()\n"
        "    local.get 1\n"
        "    i32.load 0\n"
        "    global.set __stack_pointer\n"
        "    local.get 0\n"
        "    local.get 1\n"
        "    call thread_main\n"
        "    end_function\n"
        ".export_name wasi_thread_start, wasi_thread_start\n");

enum { THREADS_MAX = 16, STACK_SIZE = 16384 };
static _Alignas(16) char stacks[THREADS_MAX][STACK_SIZE];
static struct thread threads[THREADS_MAX];

static inline int32_t start(int i, void (*run)(struct thread *self)) {
    threads[i].stack_end = stacks[i] + STACK_SIZE;
    threads[i].run = run;
    return thread_spawn(&threads[i]);
}

static inline int32_t wait(uint32_t *at, uint32_t expected, int64_t timeout_ns) {
    return __builtin_wasm_memory_atomic_wait32((int32_t *)at, (int32_t)expected, timeout_ns);
}
static inline uint32_t notify(uint32_t *at, uint32_t count) {
    return __builtin_wasm_memory_atomic_notify((int32_t *)at, count);
}

static inline void print(const char *text) {
    struct { const char *at; size_t size; } piece = {text, 0};
    uint32_t size;
    while (text[piece.size]) piece.size++;
    fd_write(1, &piece, 1, &size);
}

/* "name: number" on a line of its own. */
static inline void print_number(const char *name, uint64_t number) {
    char line[80], digits[20];
    size_t at = 0, count = 0;
    while (*name) line[at++] = *name++;
    line[at++] = ':';
    line[at++] = ' ';
    do digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count) line[at++] = digits[--count];
    line[at++] = '\n';
    line[at] = 0;
    print(line);
}

#endif
