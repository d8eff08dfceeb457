/*
 * port.h - the one seam between the trusted core and the world.
 *
 * A port is a table of functions for one platform: port/posix, port/fake (RAM and faults, for
 * tests), later port/sgx and port/optee. The core calls nothing else. What a port returns is not
 * trusted: every size, count and enum that comes back is checked by the caller.
 *
 * Functions may be called from any thread unless it is said otherwise.
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include "base/base.h"

enum port_clock {
    PORT_CLOCK_REALTIME,
    PORT_CLOCK_MONOTONIC,
    PORT_CLOCK_PROCESS,
    PORT_CLOCK_THREAD
};

/* Threads of the platform. */
struct port_threads {
    /* Runs `run(argument)` on a thread of its own. NACRE_NO_MEMORY, NACRE_LIMIT. */
    nacre_status (*start)(void *context, void (*run)(void *argument), void *argument);
    /* Sleeps while *word is `expected`, until it is woken or a moment of the monotonic clock
     * (UINT64_MAX: for ever). It may return before that. */
    void (*wait)(void *context, const uint32_t *word, uint32_t expected, uint64_t until_ns);
    /* Wakes at most `count` of those who sleep on the word, which may be gone by then. */
    void (*wake)(void *context, const uint32_t *word, uint32_t count);
};

/* A fault of a thread: it touched what it may not. */
struct port_fault {
    const uint8_t *pc, *address;
    uintptr_t sp, fp;
    uintptr_t link; /* where the function returns to, on machines that have a register for it */
    /* Where the thread goes on, if it may: resume(argument), on the stack below `sp`. */
    void (*resume)(void *argument);
    void *argument;
};

/* Who knows a thread's faults. `fault` is called in the thread, while it can't go on: it may read
 * and write memory, and call nothing that it does not know. False: it is not one that it knows. */
struct port_watch {
    bool (*fault)(struct port_watch *watch, struct port_fault *fault);
};

/* Faults, and code in files: what compiled code with guard pages needs. */
struct port_faults {
    /* From now on the calling thread's faults are looked at by `watch`, and no longer by *outer
     * (NULL: nobody). Those that it does not know are what they were without it.
     * NACRE_NO_MEMORY, NACRE_UNSUPPORTED. */
    nacre_status (*watch)(void *context, struct port_watch *watch, struct port_watch **outer);
    /* And by the outer one again. */
    void (*unwatch)(void *context, struct port_watch *outer);
};

/* Bytes at an offset. */
struct port_part {
    uint64_t offset, size;
    const uint8_t *bytes;
};

/* Contents that many places hold without a copy each, until they change theirs: made of parts, or
 * a file's. */
struct port_contents {
    /* `size` bytes (a multiple of 65,536), which are those of the parts, else zero.
     * NACRE_NO_MEMORY, NACRE_UNSUPPORTED. */
    nacre_status (*make)(void *context, uint64_t size, const struct port_part *parts,
                         uint32_t count, uint64_t *contents);
    /* Puts those from `offset` (a multiple of 65,536) in pages of a reservation, which are
     * committed by this, in place of what was there; pages_clear is not for them.
     * NACRE_NO_MEMORY. */
    nacre_status (*map)(void *context, uint64_t contents, uint64_t offset, uint8_t *base,
                        uint64_t size);
    /* Nothing more is mapped; what is stays. */
    void (*release)(void *context, uint64_t contents);
};

struct port_code {
    /* Maps a file: what it holds can't be written by the mapping's user, and later changes of the
     * file are not seen where the platform can promise that. *contents: the same, to be mapped
     * elsewhere, and released by the caller. NACRE_NOT_FOUND, NACRE_IO, NACRE_NO_MEMORY. */
    nacre_status (*map)(void *context, const char *path, const uint8_t **bytes, uint64_t *size,
                        uint64_t *contents);
    /* Makes whole pages of a mapping executable: those of `contents` from an offset, which are at
     * `bytes`. NACRE_UNSUPPORTED: the platform forbids it. */
    nacre_status (*allow)(void *context, uint64_t contents, uint64_t offset, const uint8_t *bytes,
                          uint64_t size);
    void (*unmap)(void *context, const uint8_t *bytes, uint64_t size);
    uint32_t baked_count; /* of images that are part of the core itself: see port/default.h */
    /* Of all others: */
    bool is_closed;       /* there are none */
    const uint8_t *key;   /* they have to be signed with this Ed25519 key (32 bytes); or NULL */
};

/* Sealing: bytes for nobody but a core like this one, on this machine. */
enum port_seal_to {
    PORT_SEAL_TO_PROGRAM, /* the same code to the last byte (SGX: MRENCLAVE) */
    PORT_SEAL_TO_SIGNER,  /* any of the same signer and product, of this security version or a
                           * later one (SGX: MRSIGNER, ISVPRODID, ISVSVN) */
    PORT_SEAL_TO_COUNT
};
enum { PORT_SEAL_BYTES = 96 }; /* that sealed bytes are more than plain ones */

struct port_seal {
    /* Encrypts `size` bytes, and binds them to `extra`, which is not part of the result:
     * PORT_SEAL_BYTES and as many. Each time with another key. NACRE_IO, NACRE_NO_MEMORY. */
    nacre_status (*seal)(void *context, enum port_seal_to to, const uint8_t *extra,
                         size_t extra_size, const uint8_t *plain, size_t size, uint8_t *sealed);
    /* size: of what was sealed. NACRE_INTEGRITY: changed, another `extra`, or not sealed for this
     * core; NACRE_NO_MEMORY. Then nothing is in `plain`. */
    nacre_status (*unseal)(void *context, const uint8_t *extra, size_t extra_size,
                           const uint8_t *sealed, size_t size, uint8_t *plain);
};

/* Numbers that only grow, each under 16 bytes that name it, and last longer than the process: what
 * shows that something is older than what was there once. */
struct port_counter {
    /* NACRE_NOT_FOUND: there is none of this name; NACRE_UNSUPPORTED, NACRE_IO. */
    nacre_status (*read)(void *context, const uint8_t name[16], uint64_t *value);
    /* To a higher value, if it is still what it was (PORT_COUNTER_NONE: there is none), else
     * NACRE_INTEGRITY. NACRE_UNSUPPORTED, NACRE_IO. */
    nacre_status (*advance)(void *context, const uint8_t name[16], uint64_t from, uint64_t to);
};
#define PORT_COUNTER_NONE UINT64_MAX

struct port {
    void *context; /* handed to every function, but those of files */

    /* Address space. reserve gives `size` bytes (a multiple of 65,536) that may not be touched;
     * commit makes the first `size` bytes from `base` readable, writable and, where they were
     * not committed before, zero; commit_any the same, with anything in them, which may take
     * less; uncommit is the opposite, and forgets what they held. clear
     * makes pages that are committed zero, and need not keep them. release takes back all of a
     * reservation. All by multiples of 65,536.
     * NACRE_NO_MEMORY. */
    nacre_status (*pages_reserve)(void *context, uint64_t size, uint8_t **base);
    nacre_status (*pages_commit)(void *context, uint8_t *base, uint64_t size);
    nacre_status (*pages_commit_any)(void *context, uint8_t *base, uint64_t size);
    nacre_status (*pages_uncommit)(void *context, uint8_t *base, uint64_t size);
    nacre_status (*pages_clear)(void *context, uint8_t *base, uint64_t size);
    void (*pages_release)(void *context, uint8_t *base, uint64_t size);

    /* Nanoseconds: since 1970 (realtime) or since any fixed moment; and the clock's step.
     * NACRE_UNSUPPORTED when the platform has no such clock. */
    nacre_status (*clock_now)(void *context, enum port_clock clock, uint64_t *now_ns);
    nacre_status (*clock_step)(void *context, enum port_clock clock, uint64_t *step_ns);

    /* Fills the buffer with bytes fit for keys. NACRE_IO. */
    nacre_status (*random)(void *context, uint8_t *bytes, size_t size);

    /* Lets other threads run. */
    void (*yield)(void *context);

    /* What the processor has beyond its instruction set's first version: bits of the machine's
     * list in image/cpu.def. A lie makes code trap, or compute with what is not there: an enclave
     * cannot but believe it, as it believes that instructions do what they say. */
    uint64_t (*cpu_features)(void *context);

    /* NULL where the platform is trusted. Else: what the host was caught at, once it gave what
     * can't be; NULL: nothing. All later calls fail then. The text lives as long as the port. */
    const char *(*caught)(void *context);

    const struct port_files *files; /* port/files.h; NULL where there are none */
    void *files_context;            /* handed to every function of files */
    const struct port_threads *threads; /* NULL where there is but one */
    const struct port_faults *faults; /* NULL where nobody hears of them: code checks bounds */
    const struct port_contents *contents; /* NULL where all is copied */
    const struct port_code *code; /* needs contents; NULL where there is none but the program's */
    const struct port_counter *counter; /* NULL where nothing lasts */
    const struct port_seal *seal; /* NULL where there is nothing that only this core could know */
};

#endif
