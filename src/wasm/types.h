/*
 * types.h - WebAssembly types (core specification 2.3) and the registry that makes them canonical.
 *
 * A defined type (function, structure, array) is known by its canonical id: two recursive groups
 * that are equal by the specification's rules get the same ids, whichever modules they come from.
 * The decoder turns type indices into ids at once; nothing after it ever sees a type index.
 */
#ifndef WASM_TYPES_H
#define WASM_TYPES_H

#include "base/alloc.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/text.h"

/* A value or storage type in 32 bits: low 8 bits the code of the binary format, for references
 * (WASM_REF, WASM_REF_NULL) the heap type in the upper 24. Equal types are equal numbers. */
typedef uint32_t wasm_valtype;

enum {
    WASM_BOTTOM = 0x00, /* of unreachable code: a subtype of everything */
    WASM_I32 = 0x7F,
    WASM_I64 = 0x7E,
    WASM_F32 = 0x7D,
    WASM_F64 = 0x7C,
    WASM_V128 = 0x7B,
    WASM_I8 = 0x78,  /* packed: only in fields */
    WASM_I16 = 0x77, /* packed: only in fields */
    WASM_REF = 0x64,
    WASM_REF_NULL = 0x63
};

/* A heap type in 24 bits: an abstract one is HEAP_ABSTRACT plus its code, else a canonical id. */
enum {
    WASM_HEAP_ABSTRACT = 0xFFFF00,
    WASM_HEAP_NOEXN = 0xFFFF74,
    WASM_HEAP_NOFUNC = 0xFFFF73,
    WASM_HEAP_NOEXTERN = 0xFFFF72,
    WASM_HEAP_NONE = 0xFFFF71,
    WASM_HEAP_FUNC = 0xFFFF70,
    WASM_HEAP_EXTERN = 0xFFFF6F,
    WASM_HEAP_ANY = 0xFFFF6E,
    WASM_HEAP_EQ = 0xFFFF6D,
    WASM_HEAP_I31 = 0xFFFF6C,
    WASM_HEAP_STRUCT = 0xFFFF6B,
    WASM_HEAP_ARRAY = 0xFFFF6A,
    WASM_HEAP_EXN = 0xFFFF69,
    WASM_HEAP_BOTTOM = 0xFFFF00
};

#define WASM_REFTYPE(nullable, heap) \
    ((wasm_valtype)((nullable) ? WASM_REF_NULL : WASM_REF) | (wasm_valtype)(heap) << 8)
#define WASM_FUNCREF WASM_REFTYPE(true, WASM_HEAP_FUNC)
#define WASM_EXTERNREF WASM_REFTYPE(true, WASM_HEAP_EXTERN)
#define WASM_EXNREF WASM_REFTYPE(true, WASM_HEAP_EXN)

static inline uint8_t wasm_code(wasm_valtype t) { return (uint8_t)t; }
static inline uint32_t wasm_heap(wasm_valtype t) { return t >> 8; }
static inline bool wasm_is_ref(wasm_valtype t) {
    return wasm_code(t) == WASM_REF || wasm_code(t) == WASM_REF_NULL;
}
static inline bool wasm_is_nullable(wasm_valtype t) { return wasm_code(t) == WASM_REF_NULL; }
static inline bool wasm_heap_is_concrete(uint32_t heap) { return heap < WASM_HEAP_ABSTRACT; }
/* Slots of 64 bits that a value takes in a frame. */
static inline uint32_t wasm_slots(wasm_valtype t) { return t == WASM_V128 ? 2 : 1; }
/* Has the type a default value (zero or null)? */
static inline bool wasm_is_defaultable(wasm_valtype t) { return wasm_code(t) != WASM_REF; }

/* Bytes that a value of the type takes in an object. */
static inline uint32_t wasm_storage_size(wasm_valtype t) {
    switch (wasm_code(t)) {
    case WASM_I8: return 1;
    case WASM_I16: return 2;
    case WASM_I64: case WASM_F64: return 8;
    case WASM_V128: return 16;
    default: return 4; /* references too */
    }
}

struct wasm_field {
    wasm_valtype type; /* a value type, or WASM_I8, WASM_I16 */
    bool is_mutable;
    bool is_root;    /* may refer to an object of the heap (registered types only) */
    uint32_t offset; /* in the object's bytes (registered types only) */
};

enum wasm_type_kind { WASM_TYPE_FUNC, WASM_TYPE_STRUCT, WASM_TYPE_ARRAY };

#define WASM_NO_TYPE UINT32_MAX

struct wasm_type {
    uint8_t kind; /* enum wasm_type_kind */
    bool is_final;
    uint32_t id;
    uint32_t super;     /* id, or WASM_NO_TYPE */
    uint32_t depth;     /* number of supertypes above */
    uint32_t *supers;   /* their ids, from the top, then the type's own: depth + 1 of them */
    uint32_t param_count, result_count;
    uint32_t param_slots, result_slots;
    wasm_valtype *values; /* params, then results */
    uint32_t *tops;       /* their codes, of references that of their hierarchy's top
                           * (registered types only) */
    uint32_t field_count;
    struct wasm_field *fields; /* an array has one */
    uint32_t bytes;            /* of a structure; of an array's element */
    uint32_t group_size;       /* members of its recursive group if it is the first, else 0 */
    uint32_t group_hash;
    uint64_t group_uses;       /* who called wasm_types_add for it and has not released it */
};

static inline const wasm_valtype *wasm_params(const struct wasm_type *t) { return t->values; }
static inline const wasm_valtype *wasm_results(const struct wasm_type *t) {
    return t->values + t->param_count;
}

/* While a recursive group is read, its members refer to each other, and to types before the
 * group, by heap types: those before by canonical id, those inside by WASM_HEAP_GROUP + index. */
enum { WASM_HEAP_GROUP = 0x800000, WASM_TYPES_MAX = 1000000 };

enum { WASM_TYPE_CHUNK = 1024 };

/* All types of an engine that are in use. Entries neither move nor change while they are, so that
 * whoever uses a type needs no lock to read it. */
struct wasm_types {
    const struct allocator *allocator;
    struct hash_key key; /* of this and other hash tables of the engine */
    struct lock lock;
    uint32_t count;      /* ids from here on are free */
    uint32_t free_count; /* ids before */
    uint32_t hole;       /* where to look for those */
    struct wasm_type **chunks[(WASM_TYPES_MAX + WASM_TYPE_CHUNK - 1) / WASM_TYPE_CHUNK];
    uint32_t *buckets; /* hash table of the first id of each group; WASM_NO_TYPE is free */
    uint32_t bucket_count, group_count; /* bucket_count: a power of two, less than half full */
};

/* `key` must be a secret: whoever knows it can make modules that take quadratic time to load. */
bool wasm_types_init(struct wasm_types *types, const struct allocator *allocator,
                     const struct hash_key *key);
void wasm_types_deinit(struct wasm_types *types);

/* Adds a recursive group of `count` types (1 or more) as described above, or finds its equal;
 * *first gets the canonical id of its first member, the others follow. The group's arrays are
 * copied. What the group refers to must stay in use as long as it does. Checks nothing: see
 * decode_type.c. NACRE_NO_MEMORY, NACRE_LIMIT. */
nacre_status wasm_types_add(struct wasm_types *types, const struct wasm_type *group,
                            uint32_t count, uint32_t *first);
/* Takes back one wasm_types_add of the group that `id` is in. The ids of a group that nobody uses
 * anymore are given to others. */
void wasm_types_release(struct wasm_types *types, uint32_t id);
/* One more use of a group that is in use. */
void wasm_types_keep(struct wasm_types *types, uint32_t id);

static inline const struct wasm_type *wasm_type_get(const struct wasm_types *types, uint32_t id) {
    return types->chunks[id / WASM_TYPE_CHUNK][id % WASM_TYPE_CHUNK];
}

/* Is `id` the type `super` or declared below it? */
bool wasm_type_below(const struct wasm_types *types, uint32_t id, uint32_t super);

/* The type at the top of the hierarchy of a heap type: func, extern, exn or any. */
uint32_t wasm_heap_top(const struct wasm_types *types, uint32_t heap);
/* The code of a value type, of a reference that of the type at its hierarchy's top. */
uint8_t wasm_valtype_top(const struct wasm_types *types, wasm_valtype t);
/* May a reference of the type refer to an object of the heap? All may but those to functions. */
bool wasm_is_root(const struct wasm_types *types, wasm_valtype type);

/* Matching (core specification 3.3). */
bool wasm_heap_matches(const struct wasm_types *types, uint32_t heap, uint32_t super);
bool wasm_valtype_matches(const struct wasm_types *types, wasm_valtype t, wasm_valtype super);

/* May `type` be declared with the supertype `super`? (3.2.10: fields and signature match) */
bool wasm_type_extends(const struct wasm_types *types, const struct wasm_type *type,
                       const struct wasm_type *super);

/* In the text format; concrete heap types as their canonical id. */
void wasm_valtype_text(struct text *text, wasm_valtype t);
void wasm_functype_text(struct text *text, const struct wasm_type *type);

#endif
