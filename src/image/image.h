/*
 * image.h - the ahead-of-time image: an ELF64 file that is mapped and never patched.
 *
 *     ELF header, program headers
 *     .note.nacre    one ELF note: owner "Nacre", type IMAGE_NOTE_TYPE, a struct image_note
 *     .nacre.tables  the tables that the note names, each aligned to 16
 *     .nacre.lines   from code to the module's offsets, see lines.h
 *     .rodata        constants that code refers to by distance
 *     .text          code, from a page's beginning to a page's end
 *     .nacre.memory  what the module's memory 0 begins with, if that is much: see image_has_memory
 *     .symtab, .strtab, .debug_line, .debug_info, .debug_abbrev, .shstrtab, section headers: for
 *     tools, never mapped; .debug_* are empty unless they were asked for
 *     and, if it is signed, a note of type IMAGE_PROOF_TYPE, a struct image_proof
 *
 * Addresses are file offsets. Two segments are loaded, what is before .text to read and .text to
 * read and execute; both lie in the file as they do in memory. There are no relocations. What
 * memories begin with is mapped into each of them.
 *
 * A reader trusts nothing: see image_open. Integers are little-endian, offsets count from the
 * file's first byte.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "image/abi.h"

enum { IMAGE_NOTE_TYPE = 1, IMAGE_PROOF_TYPE = 2, IMAGE_VERSION = 2, IMAGE_ID_BYTES = 64 };

enum image_machine { IMAGE_X86_64 = 62, IMAGE_AARCH64 = 183 }; /* ELF's e_machine */

/* How it was compiled, in struct image_note's `flags`. */
enum image_flag {
    IMAGE_EXPLICIT_BOUNDS = 1 << 0, /* checks in code; else guard pages and a fault handler */
    IMAGE_METERING = 1 << 1,        /* counts fuel */
    IMAGE_EXCEPTIONS = 1 << 2,      /* calls may return with thread->exception set */
    IMAGE_DETERMINISTIC = 1 << 3,   /* NaNs are canonical */
    IMAGE_CONTINUATION = 1 << 4,    /* of one function, from a loop's head on: see abi.h */
    IMAGE_FLAGS = (1 << 5) - 1      /* those that are known */
};

/* A table in the file: elements of a known size. */
struct image_part {
    uint64_t offset, count;
};

/* Where a signature's thunks are in the file. */
struct image_signature {
    uint32_t enter, leave;
};

struct image_note {
    uint32_t version, abi;   /* IMAGE_VERSION, IMAGE_ABI */
    uint32_t machine, flags; /* enum image_machine, enum image_flag */
    uint64_t cpu_features;   /* of the machine's list (cpu.h), that the code needs */
    uint64_t wasm_features;  /* bits 1 << enum wasm_feature that the module's code uses */
    uint8_t module_sha256[32];
    char compiler[IMAGE_ID_BYTES]; /* name and version; NUL-ended */
    char target[IMAGE_ID_BYTES];   /* as asked for, e.g. "x86-64-v3"; NUL-ended */
    char options[IMAGE_ID_BYTES];  /* as in the cache's key, e.g. "O2 guard"; NUL-ended */
    uint64_t checksum; /* of all before `lines`, itself taken as 0: against damage, not attacks */
    struct image_part text;        /* bytes */
    struct image_part rodata;      /* bytes */
    struct image_part funcs;       /* uint32_t by defined function: where its code is */
    struct image_part sizes;       /* uint32_t by defined function: bytes of its code, not 0 */
    struct image_part order;       /* uint32_t: defined functions by where they are; none if in
                                      the order of their indices anyway */
    struct image_part func_signatures; /* uint32_t by function, imported ones first */
    struct image_part signatures;      /* struct image_signature */
    struct image_part type_signatures; /* uint32_t by type index; UINT32_MAX: not a function's */
    struct image_part lines;           /* bytes: see image_line_find */
    struct image_part memory;          /* bytes, in units of WASM_PAGE_SIZE; of none or all active
                                          data segments */
    uint64_t memory_at;                /* where they go; such a unit */
    uint32_t func, loop; /* of a continuation: the function's index, the loop's offset in the
                            module; it has one function, and no signatures */
};

/* An image in memory that was found to be whole. */
struct image {
    const uint8_t *bytes;
    uint64_t size;
    const struct image_note *note;
    const uint32_t *funcs, *sizes, *func_signatures, *type_signatures;
    const uint32_t *order; /* NULL: functions are in the order of their indices */
    uint32_t first;        /* defined function that is the first here: not 0 in a continuation */
    const struct image_signature *signatures;
};

/* May an image have what the module's memory 0 begins with? Active data segments are all of that
 * memory, which is the module's own, the same in all instances, and many bytes: to copy few costs
 * less than the faults of the pages that a mapping brings. And nobody sees a memory before that:
 * functions of an instance that failed on the way may be in an imported table. */
bool image_has_memory(const struct wasm_module *module);

/* A signature (Ed25519) over all bytes of the file before the note that holds it. */
struct image_proof {
    uint8_t key[32]; /* who claims to have signed it: to choose among keys, never to trust */
    uint8_t signature[64];
};

/* Is it the signature by the key's owner? crypto_ed25519_verify: this folder has none itself. */
typedef bool (*image_verify)(const uint8_t key[32], const uint8_t *bytes, size_t size,
                             const uint8_t signature[64]);

/* What an image must be for to be used. */
struct image_wanted {
    uint32_t machine;
    uint32_t flags_known, flags;  /* of those known, exactly these are set */
    uint64_t cpu_features;        /* that this machine has */
    uint64_t wasm_features;       /* that modules may use */
    const uint8_t *module_sha256; /* of the module it is for */
    const struct wasm_module *module;
    uint32_t func, loop; /* of a continuation, if the flags ask for one */
    const uint8_t *public_key; /* who must have signed it, 32 bytes; NULL: nobody has to */
    image_verify verify;       /* if there is a public key */
};

/* Checks that bytes, aligned to 16, are a whole image for a module: every offset and count is
 * inside its part, tables agree with the module, code pointers are inside .text. What the code
 * itself does is not checked: who made it is trusted, and a public key makes sure who that was,
 * before anything else is looked at; see docs/trust.md. The bytes are borrowed, and must not
 * change from before the call until the image is no longer used: an enclave takes a copy first.
 * Takes time by the tables' size, with a public key by the file's.
 * NACRE_MALFORMED (with an offset in the file), NACRE_UNSUPPORTED (made for another version,
 * machine, processor, module, or not signed as wanted: the text says which), NACRE_ARGUMENT (the
 * bytes are not aligned). */
nacre_status image_open(struct image *image, const uint8_t *bytes, uint64_t size,
                        const struct image_wanted *wanted, nacre_error *error);

/* Checks that bytes, aligned to 16, are an image for whatever module and machine, as far as that
 * can be said without the module: headers and checksum. *note is a copy of its note. Statuses of
 * image_open. */
nacre_status image_look(const uint8_t *bytes, uint64_t size, struct image_note *note,
                        nacre_error *error);

/* The offset in the module of the instruction that the code at `at` (an offset in the file, of an
 * instruction or of what follows a call if `is_return`) came from; NACRE_NO_OFFSET when not known.
 * Not for any speed: a few hundred rows are decoded. */
uint64_t image_line_find(const struct image *image, uint64_t at, bool is_return);

/* The defined function (imported ones not counted) whose code holds `at`, or UINT32_MAX. What
 * follows a call may already be another function: ask for the byte before it. */
uint32_t image_func_find(const struct image *image, uint64_t at);
/* Where its code begins. */
static inline const uint8_t *image_func_code(const struct image *image, uint32_t func) {
    return image->bytes + image->funcs[func - image->first];
}

/* The proof of a file that was signed, and how many bytes it is about; false when there is none.
 * The file may be anything. */
bool image_proof_find(const uint8_t *bytes, uint64_t size, uint64_t *signed_size,
                      struct image_proof *proof);

/* --- Writing --- */

/* Everything that an image is made of, with its code linked already. */
struct image_line {
    uint32_t code; /* offset in text */
    uint32_t wasm; /* offset in the module; 0: of no instruction */
};
struct image_symbol {
    uint32_t offset, size; /* in text */
    struct wasm_name name;
};

/* .text begins a page; .rodata lies right before it: its first byte is the distance below .text's
 * first that image_rodata_distance gives, so that code can be linked before the file is laid out.
 * It is a multiple of IMAGE_RODATA_ALIGNMENT, a cache line and the longest vector. */
enum { IMAGE_PAGE_X86_64 = 4096, IMAGE_PAGE_AARCH64 = 65536, IMAGE_RODATA_ALIGNMENT = 64 };
uint64_t image_rodata_distance(uint32_t machine, uint64_t rodata_size);

/* What debuggers read: three sections, and where in them an address of text's beginning goes, of 8
 * bytes. */
struct image_bytes {
    uint8_t *bytes;
    uint32_t count, capacity;
};
struct image_debug {
    struct image_bytes line, unit, abbreviations;
    uint32_t line_address, unit_address;
};

struct image_source {
    struct image_note note; /* its parts are filled in by image_write */
    const uint8_t *text, *rodata;
    uint64_t text_size, rodata_size;
    const uint32_t *funcs, *sizes; /* by defined function: offset in text, bytes */
    uint32_t func_count;
    const uint32_t *func_signatures; /* by function */
    uint32_t function_count;
    const struct image_signature *signatures; /* offsets in text */
    uint32_t signature_count;
    const uint32_t *type_signatures; /* by type index */
    uint32_t type_count;
    const struct image_line *lines; /* by code offset */
    uint32_t line_count;
    const struct image_symbol *symbols;
    uint32_t symbol_count;
    struct image_debug debug;
    const uint8_t *memory; /* and note.memory_at */
    uint64_t memory_size;
};

/* Lays an image out and makes the file's bytes, which are the caller's: *bytes was taken from the
 * allocator with *size. The same source gives the same bytes. The functions' code must not
 * overlap, nor be empty. NACRE_NO_MEMORY, NACRE_LIMIT (4 GiB). */
nacre_status image_write(const struct image_source *source, const struct allocator *allocator,
                         uint8_t **bytes, uint64_t *size);

/* Appends the proof, whose signature is over the *size bytes so far; both change as the allocator
 * resizes them. NACRE_NO_MEMORY. */
nacre_status image_proof_append(const struct image_proof *proof, const struct allocator *allocator,
                                uint8_t **bytes, uint64_t *size);

#endif
