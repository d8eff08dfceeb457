/* report.c - see report.h */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cli.h"

enum { LINE_SIZE = 1024 };

/* C0 and C1 control characters move the cursor and more; C1 is C2 80 to C2 9F in UTF-8. */
static size_t control_size(const unsigned char *at, size_t left) {
    if (at[0] < 0x20 || at[0] == 0x7F) return 1;
    return left > 1 && at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0 ? 2 : 0;
}

void print_text(FILE *out, const char *text, size_t size) {
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    while (at < end) {
        size_t control = control_size(at, (size_t)(end - at));
        if (control == 0) putc(*at++, out);
        for (; control > 0; control--) fprintf(out, "\\x%02x", *at++);
    }
}

static void print_line(FILE *out, const char *text) {
    print_text(out, text, strlen(text));
    putc('\n', out);
}

void report(const char *subject, const char *format, ...) {
    char line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fputs("nacre: ", stderr);
    if (subject) {
        print_text(stderr, subject, strlen(subject));
        fputs(": ", stderr);
    }
    print_line(stderr, line);
}

static void print_after(const char *what, const char *format, va_list args) {
    char line[LINE_SIZE];
    vsnprintf(line, sizeof line, format, args);
    fputs(what, stderr);
    print_line(stderr, line);
}

void report_note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_after("nacre: note: ", format, args);
    va_end(args);
}

void report_hint(const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_after("hint: ", format, args);
    va_end(args);
}

int report_no_memory(void) {
    report(NULL, "%s", nacre_status_text(NACRE_NO_MEMORY));
    return CLI_FAILED;
}

void report_line(const nacre_error *error, char *text, size_t size) {
    char place[32] = "";
    if (error->offset != NACRE_NO_OFFSET)
        snprintf(place, sizeof place, " at 0x%" PRIx64, error->offset);
    const char *what = error->text;
    if (error->status == NACRE_TRAP && !what[0]) what = nacre_trap_text(error->trap);
    if (error->status == NACRE_IO && what[0]) /* "No such file or directory" says it all */
        snprintf(text, size, "%s", what);
    else
        snprintf(text, size, "%s%s%s%s", nacre_status_text(error->status), place,
                 what[0] ? ": " : "", what);
}

static void print_frame(const nacre_frame *frame, uint32_t times) {
    fputs("  at ", stderr);
    if (frame->name[0]) print_text(stderr, frame->name, strlen(frame->name));
    else fputs("unnamed", stderr);
    fprintf(stderr, " (function %" PRIu32, frame->function);
    if (frame->offset != NACRE_NO_OFFSET) fprintf(stderr, ", offset 0x%" PRIx64, frame->offset);
    putc(')', stderr);
    if (times > 1) fprintf(stderr, " %" PRIu32 " times", times);
    putc('\n', stderr);
}

/* One frame a line; a function that calls itself again and again fills one line only. */
static void print_frames(const nacre_error *error) {
    for (uint32_t i = 0, next; i < error->frame_count; i = next) {
        const nacre_frame *frame = &error->frames[i];
        for (next = i + 1; next < error->frame_count; next++)
            if (error->frames[next].function != frame->function ||
                error->frames[next].offset != frame->offset)
                break;
        print_frame(frame, next - i);
    }
    if (error->frames_total > error->frame_count)
        fprintf(stderr, "  and %" PRIu32 " more\n", error->frames_total - error->frame_count);
}

static const struct {
    nacre_status status;
    const char *hint;
} status_hints[] = {
    {NACRE_NOT_WASM, "a module starts with the bytes 00 61 73 6d 01 00 00 00"},
    {NACRE_MALFORMED, "the file is cut short or damaged; build it or fetch it again"},
    {NACRE_INVALID, "the compiler that made this module has a bug, or the file was changed"},
    {NACRE_UNSUPPORTED, "switch the feature on, or build the module without it"},
    {NACRE_UNKNOWN_IMPORT, "the guest gets wasi_snapshot_preview1 and what --preload NAME=FILE "
                           "adds, nothing else"},
    {NACRE_IMPORT_TYPE, "nacre inspect shows the types that a module imports and exports"},
};

static const struct {
    nacre_trap trap;
    const char *hint;
} trap_hints[] = {
    {NACRE_TRAP_STACK_EXHAUSTED, "if the recursion is meant, give it more with --stack"},
    {NACRE_TRAP_OUT_OF_FUEL, "give it more with --fuel"},
    {NACRE_TRAP_DEADLINE, "give it more with --timeout"},
    {NACRE_TRAP_OUT_OF_MEMORY, "give it more with --max-memory"},
};

static const char *find_hint(const nacre_error *error) {
    for (size_t i = 0; i < sizeof status_hints / sizeof status_hints[0]; i++)
        if (status_hints[i].status == error->status) return status_hints[i].hint;
    for (size_t i = 0; i < sizeof trap_hints / sizeof trap_hints[0]; i++)
        if (error->status == NACRE_TRAP && trap_hints[i].trap == error->trap)
            return trap_hints[i].hint;
    return NULL;
}

void report_error_with(const char *subject, const nacre_error *error, const char *hint) {
    char line[LINE_SIZE];
    report_line(error, line, sizeof line);
    report(subject, "%s", line);
    print_frames(error);
    if (!hint) hint = find_hint(error);
    if (hint) report_hint("%s", hint);
}

void report_error(const char *subject, const nacre_error *error) {
    report_error_with(subject, error, NULL);
}
