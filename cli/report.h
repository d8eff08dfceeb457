/*
 * report.h - messages on standard error.
 *
 *   nacre: app.wasm: malformed module at 0x1f: unexpected end
 *   hint: the file is cut short; fetch or build it again
 *
 * Text that comes from a module is never printed raw: a name could hold terminal commands.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <nacre/status.h>

/* Prints `size` bytes of text; control characters become \x1b and the like. */
void print_text(FILE *out, const char *text, size_t size);

/* "nacre: SUBJECT: ...". The subject may be NULL. */
__attribute__((format(printf, 2, 3))) void report(const char *subject, const char *format, ...);
/* "nacre: note: ..." */
__attribute__((format(printf, 1, 2))) void report_note(const char *format, ...);
/* "hint: ..." */
__attribute__((format(printf, 1, 2))) void report_hint(const char *format, ...);

/* One line that says what went wrong with `subject`, then the guest's backtrace, then a hint
 * when there is something to do about it. */
void report_error(const char *subject, const nacre_error *error);
/* The same with a hint of the caller's, if it is not NULL. */
void report_error_with(const char *subject, const nacre_error *error, const char *hint);

/* The same line without "nacre: SUBJECT: ", cut to `size` bytes. */
void report_line(const nacre_error *error, char *text, size_t size);

/* Out of memory in the command itself: says so and returns CLI_FAILED. */
int report_no_memory(void);

#endif
