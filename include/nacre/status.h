/*
 * nacre/status.h - what every Nacre function returns, and the details of a failure.
 *
 * For: telling success from failure, and one failure from another, by number.
 * Not for: matching text; texts are for people and may change.
 *
 * Threads: everything here may be used from any thread.
 * Memory: a nacre_error belongs to the caller; Nacre only writes into it.
 *
 * Conventions of all headers in this folder:
 *  - A function that can fail returns a nacre_status, which must be checked.
 *  - Outputs go through pointers and are left untouched on failure.
 *  - `nacre_error *error` may always be NULL; on success it is left untouched.
 *  - A pointer may be NULL only where the function's text says so.
 *  - Sizes are bytes, counts are elements, times carry their unit in their name.
 *  - Text is UTF-8. A `const char *` ends with a NUL unless a size comes with it.
 */
#ifndef NACRE_STATUS_H
#define NACRE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NACRE_API __attribute__((visibility("default")))
#define NACRE_MUST_CHECK __attribute__((warn_unused_result))
#else
#define NACRE_API
#define NACRE_MUST_CHECK
#endif

/* Why a call failed; status.def has the list. Numbers are stable. */
typedef enum nacre_status {
#define NACRE_STATUS(name, number, text) NACRE_##name = number,
#include <nacre/status.def>
#undef NACRE_STATUS
} nacre_status;

/* Why a guest trapped; trap.def has the list. Numbers are stable. */
typedef enum nacre_trap {
#define NACRE_TRAP(name, number, text) NACRE_TRAP_##name = number,
#include <nacre/trap.def>
#undef NACRE_TRAP
} nacre_trap;

/* An offset that is not known. */
#define NACRE_NO_OFFSET UINT64_MAX

#define NACRE_ERROR_TEXT 240   /* bytes of text, with the NUL */
#define NACRE_FRAME_NAME 64    /* bytes of a function's name, with the NUL */
#define NACRE_FRAME_COUNT 32   /* innermost frames that a backtrace keeps */

struct nacre_instance; /* nacre/instance.h */

/* One frame of a guest backtrace. */
typedef struct nacre_frame {
    struct nacre_instance *instance; /* valid as long as its store; NULL: of another thread's */
    uint32_t function;           /* function index in its module, imports first */
    uint64_t offset;             /* byte offset in the module, or NACRE_NO_OFFSET */
    char name[NACRE_FRAME_NAME]; /* from the name section or the exports, or "" */
} nacre_frame;

/* What went wrong. Written whole when a call fails. */
typedef struct nacre_error {
    nacre_status status;
    nacre_trap trap;             /* NACRE_TRAP_NONE unless status is NACRE_TRAP */
    int32_t exit_code;           /* the guest's, when status is NACRE_EXIT; else 0 */
    uint64_t offset;             /* byte offset in the module, or NACRE_NO_OFFSET */
    char text[NACRE_ERROR_TEXT]; /* one line for people */
    uint32_t frame_count;        /* frames filled in, innermost first */
    uint32_t frames_total;       /* how deep the guest's stack was */
    nacre_frame frames[NACRE_FRAME_COUNT];
} nacre_error;

/* The status's fixed text, e.g. "malformed module"; "unknown status" for any other number.
 * Never NULL; the string lives for ever. */
NACRE_API const char *nacre_status_text(nacre_status status);

/* The trap's fixed text, e.g. "integer divide by zero"; "unknown trap" for any other number.
 * Never NULL; the string lives for ever. */
NACRE_API const char *nacre_trap_text(nacre_trap trap);

#ifdef __cplusplus
}
#endif
#endif
