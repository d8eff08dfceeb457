/*
 * nacre/object.h - objects of a store's garbage-collected heap, and exceptions.
 *
 * For: looking into structures, arrays and exceptions that the guest hands out, keeping them
 *      alive, and throwing exceptions into the guest.
 *
 * A reference of kind externref, anyref or exnref may refer to an object. It is valid while the
 * callback runs that got it as an argument, or until the next call into its store when it was
 * a result; nacre_ref_keep makes it last. A reference that is not valid anymore is never
 * dangerous: it is refused, or refers to an object that is in use.
 *
 * Threads: as a store. Memory: objects are released by the collector, and with their store.
 */
#ifndef NACRE_OBJECT_H
#define NACRE_OBJECT_H

#include <nacre/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a reference refers to. */
typedef enum nacre_referent {
    NACRE_REFERENT_NONE,   /* null, or nothing of this store */
    NACRE_REFERENT_FUNC,
    NACRE_REFERENT_NUMBER, /* of the embedder's: nacre_extern_number */
    NACRE_REFERENT_I31,    /* nacre_i31_number */
    NACRE_REFERENT_STRUCT,
    NACRE_REFERENT_ARRAY,
    NACRE_REFERENT_EXCEPTION
} nacre_referent;
NACRE_API nacre_referent nacre_ref_referent(const nacre_store *store, const nacre_value *value);

/* The anyref that holds the lower 31 bits of a number, and the number, signed. */
static inline nacre_ref nacre_i31_ref(int32_t number) { return (nacre_ref)number << 1 | 1u; }
static inline int32_t nacre_i31_number(nacre_ref ref) {
    return (int32_t)((ref >> 1) ^ 0x40000000u) - 0x40000000;
}

/* Keeps an externref, anyref or exnref alive until it was released as often as it was kept.
 * NACRE_NO_MEMORY, NACRE_ARGUMENT (no object is there). What is no object needs no keeping:
 * both do nothing then. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_ref_keep(nacre_store *store, nacre_ref ref);
NACRE_API void nacre_ref_release(nacre_store *store, nacre_ref ref);

/* How many fields a structure has, elements an array, values an exception; 0 for anything else. */
NACRE_API uint32_t nacre_object_size(const nacre_store *store, nacre_ref ref);
/* One of them. Packed fields are NACRE_I32, not negative. NACRE_BOUNDS (also for no object). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_object_get(const nacre_store *store, nacre_ref ref,
                                                         uint32_t index, nacre_value *value);
/* NACRE_BOUNDS, NACRE_TYPE, NACRE_ARGUMENT (it is not mutable, as an exception's values are). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_object_set(nacre_store *store, nacre_ref ref,
                                                         uint32_t index,
                                                         const nacre_value *value);

/* Makes a tag: exceptions with it carry values of the type's parameters.
 * NACRE_NO_MEMORY, NACRE_ARGUMENT (a kind that is none, or results). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tag_create(nacre_store *store,
                                                         const nacre_functype *type,
                                                         nacre_tag **tag);
/* Valid as long as the store. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tag_type(nacre_store *store, const nacre_tag *tag,
                                                       nacre_functype *type);

/* Makes an exception with the values of the tag's parameters.
 * NACRE_NO_MEMORY, NACRE_TYPE (the count or a kind), NACRE_ARGUMENT (a value is a reference that
 * is none of the store's). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_exception_create(nacre_store *store,
                                                               const nacre_tag *tag,
                                                               const nacre_value *values,
                                                               uint32_t count,
                                                               nacre_ref *exception);
/* Its tag; NULL when `exception` is none. */
NACRE_API nacre_tag *nacre_exception_tag(const nacre_store *store, nacre_ref exception);

/* Throws from a callback, which returns the result: NACRE_EXCEPTION, or NACRE_TRAP when
 * `exception` is none. */
NACRE_API nacre_status nacre_caller_throw(nacre_caller *caller, nacre_ref exception);

/* The exception that nobody caught: after a call into the store returned NACRE_EXCEPTION, until
 * the next one. A callback that returns NACRE_EXCEPTION throws it on. */
NACRE_API nacre_ref nacre_store_exception(const nacre_store *store);

#ifdef __cplusplus
}
#endif
#endif
