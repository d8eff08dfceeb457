/* run_profile.c - see run_profile.h */
#include "run_profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { SHOWN = 20 };

static double percent(uint64_t part, uint64_t whole) {
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_row(FILE *out, const nacre_module *module, const nacre_profile_row *row,
                      uint64_t all) {
    char name[256];
    nacre_module_function_name(module, row->function, name, sizeof name);
    fprintf(out, "%16" PRIu64 " %6.1f %14" PRIu64 "  ", row->instructions,
            percent(row->instructions, all), row->calls);
    print_text(out, name[0] ? name : "unnamed", name[0] ? strlen(name) : strlen("unnamed"));
    fprintf(out, " (function %" PRIu32 ")\n", row->function);
}

void profile_print(FILE *out, const char *path, const nacre_module *module,
                   const nacre_instance *instance) {
    size_t count = nacre_instance_profile(instance, NULL, 0);
    nacre_profile_row *rows = calloc(count + 1, sizeof *rows);
    if (!rows) {
        report_no_memory();
        return;
    }
    nacre_instance_profile(instance, rows, count);
    uint64_t all = 0, rest = 0;
    for (size_t i = 0; i < count; i++) all += rows[i].instructions;
    fprintf(out, "%16s %6s %14s  %s\n", "instructions", "%", "calls", path);
    for (size_t i = 0; i < count; i++) {
        if (i < SHOWN) print_row(out, module, &rows[i], all);
        else rest += rows[i].instructions;
    }
    if (count > SHOWN)
        fprintf(out, "%16" PRIu64 " %6.1f %14s  %zu others\n", rest, percent(rest, all), "",
                count - SHOWN);
    fprintf(out, "%16" PRIu64 "  %5.1f %14s  all\n", all, 100.0, "");
    free(rows);
}
