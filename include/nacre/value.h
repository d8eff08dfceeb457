/*
 * nacre/value.h - WebAssembly values and types as C sees them.
 *
 * For: passing arguments and results, and describing functions, globals, memories, tables.
 * Threads: plain data; no function here keeps state.
 * Memory: plain data; nothing to release.
 */
#ifndef NACRE_VALUE_H
#define NACRE_VALUE_H

#include <stdbool.h>

#include <nacre/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kind of a value. Numbers are those of the binary format (core specification 5.3). */
typedef enum nacre_kind {
    NACRE_I32 = 0x7F,
    NACRE_I64 = 0x7E,
    NACRE_F32 = 0x7D,
    NACRE_F64 = 0x7C,
    NACRE_V128 = 0x7B,
    NACRE_FUNCREF = 0x70,   /* any type below (ref null func) */
    NACRE_EXTERNREF = 0x6F, /* any type below (ref null extern) */
    NACRE_ANYREF = 0x6E,    /* any type below (ref null any) */
    NACRE_EXNREF = 0x69     /* any type below (ref null exn) */
} nacre_kind;

/* A reference of one store. 0 is null. A funcref names a function of the store.
 * An externref is nacre_extern_ref(number) for a number of the embedder's choice. */
typedef uint32_t nacre_ref;
#define NACRE_NULL ((nacre_ref)0)
#define NACRE_EXTERN_NUMBER_MAX 0x3FFFFFFFu

/* The externref that stands for `number` (0 to NACRE_EXTERN_NUMBER_MAX), and back. */
static inline nacre_ref nacre_extern_ref(uint32_t number) { return number << 2 | 2u; }
static inline uint32_t nacre_extern_number(nacre_ref ref) { return ref >> 2; }

typedef struct nacre_value {
    nacre_kind kind;
    union {
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
        uint8_t v128[16]; /* little-endian lanes */
        nacre_ref ref;
    } of;
} nacre_value;

/* A function's type. Counts may be 0 (then the pointer may be NULL). */
typedef struct nacre_functype {
    uint32_t param_count;
    uint32_t result_count;
    const nacre_kind *params;
    const nacre_kind *results;
} nacre_functype;

typedef enum nacre_extern_kind {
    NACRE_EXTERN_FUNC = 0,
    NACRE_EXTERN_TABLE = 1,
    NACRE_EXTERN_MEMORY = 2,
    NACRE_EXTERN_GLOBAL = 3,
    NACRE_EXTERN_TAG = 4
} nacre_extern_kind;

/* The type of what is imported, exported or in a store. Members that its kind does not have are
 * zero. Pointers are valid as long as the module or store
 * that was asked. */
typedef struct nacre_externtype {
    nacre_extern_kind kind;
    nacre_functype func; /* of a function; of a tag, what its exceptions carry as parameters */
    nacre_kind value;    /* of a global, or of a table's elements */
    bool is_mutable;     /* of a global */
    bool is64;           /* of a table or memory: indices and addresses have 64 bits */
    bool is_shared;      /* of a memory */
    uint64_t min;        /* of a table in elements, of a memory in pages of 65,536 bytes */
    uint64_t max;        /* the same; NACRE_UNLIMITED: there is none */
} nacre_externtype;

#ifdef __cplusplus
}
#endif
#endif
