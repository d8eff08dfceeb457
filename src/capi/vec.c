/* vec.c - vectors, one set of functions a type of element. */
#include "capi/capi.h"

/* Elements are values (COPY gives false for lack of memory) or, below, pointers. */
#define CAPI_VEC(name, element, COPY, DELETE)                                                   \
    void wasm_##name##_vec_new_empty(wasm_##name##_vec_t *out) {                                \
        *out = (wasm_##name##_vec_t){0, NULL};                                                  \
    }                                                                                           \
    void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t *out, size_t size) {           \
        out->data = size ? calloc(size, sizeof *out->data) : NULL;                              \
        out->size = out->data ? size : 0;                                                       \
    }                                                                                           \
    void wasm_##name##_vec_delete(wasm_##name##_vec_t *vec) {                                   \
        if (!vec) return;                                                                       \
        for (size_t i = 0; i < vec->size; i++) DELETE(&vec->data[i]);                           \
        free(vec->data);                                                                        \
        wasm_##name##_vec_new_empty(vec);                                                       \
    }                                                                                           \
    void wasm_##name##_vec_new(wasm_##name##_vec_t *out, size_t size, element const data[]) {   \
        wasm_##name##_vec_new_uninitialized(out, size);                                         \
        if (out->size) memcpy(out->data, data, size * sizeof *data);                            \
        for (size_t i = out->size; i < size; i++) { /* no memory: they were ours */             \
            element left = data[i];                                                             \
            DELETE(&left);                                                                      \
        }                                                                                       \
    }                                                                                           \
    void wasm_##name##_vec_copy(wasm_##name##_vec_t *out, const wasm_##name##_vec_t *vec) {     \
        wasm_##name##_vec_new_uninitialized(out, vec->size);                                    \
        for (size_t i = 0; i < out->size; i++) {                                                \
            if (COPY(&out->data[i], &vec->data[i])) continue;                                   \
            wasm_##name##_vec_delete(out);                                                      \
            return;                                                                             \
        }                                                                                       \
    }

#define COPY_BYTE(to, from) (*(to) = *(from), true)
#define DELETE_BYTE(element) (void)(element)
CAPI_VEC(byte, wasm_byte_t, COPY_BYTE, DELETE_BYTE)

#define COPY_VAL(to, from) (wasm_val_copy(to, from), true)
CAPI_VEC(val, wasm_val_t, COPY_VAL, wasm_val_delete)

#define CAPI_POINTER_VEC(name)                                                              \
    static bool copy_##name(wasm_##name##_t **to, wasm_##name##_t *const *from) {           \
        *to = *from ? wasm_##name##_copy(*from) : NULL;                                     \
        return *to || !*from;                                                               \
    }                                                                                       \
    static void delete_##name(wasm_##name##_t **element) { wasm_##name##_delete(*element); } \
    CAPI_VEC(name, wasm_##name##_t *, copy_##name, delete_##name)

CAPI_POINTER_VEC(valtype)
CAPI_POINTER_VEC(functype)
CAPI_POINTER_VEC(globaltype)
CAPI_POINTER_VEC(tabletype)
CAPI_POINTER_VEC(memorytype)
CAPI_POINTER_VEC(tagtype)
CAPI_POINTER_VEC(externtype)
CAPI_POINTER_VEC(importtype)
CAPI_POINTER_VEC(exporttype)
CAPI_POINTER_VEC(frame)
CAPI_POINTER_VEC(extern)
