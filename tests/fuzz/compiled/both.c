/* both.c - a module interpreted and compiled, with several amounts of fuel; see way.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nacre/image.h>

#include "base/config.h"
#include "compiler/compiler.h"
#include "fuzz/compiled/way.h"
#include "fuzz/outcome/transcript.h"
#include "image/cpu.h"
#include "port/posix/posix.h"

/* Each object that is made in a stress test collects. */
enum { FUEL = 200000, STRESS_FUEL = 20000, TRIES = 4, REPORT_MAX = 1 << 14, LINE_SHOWN = 1 << 11 };

struct both {
    const uint8_t *bytes;
    size_t size;
    struct way way;
    nacre_engine *engine;
    nacre_module *interpreted, *compiled;
    char *report;
    bool is_misplaced;
};

static uint64_t fuel_of(const struct both *b) { return b->way.gc_stress ? STRESS_FUEL : FUEL; }

static void report(struct both *b, const char *what, const char *more) {
    b->report = malloc(REPORT_MAX);
    if (b->report) snprintf(b->report, REPORT_MAX, "%s%s\n", what, more);
}

/* --- Compiling --- */

static const char *target_of(uint32_t n) {
    static const char *const targets[] = {"x86-64", "x86-64-v3", "x86-64-v4"};
    const struct port *port = port_posix();
    uint64_t has = port->cpu_features ? port->cpu_features(port->context) : 0;
    if (CONFIG_ELF_MACHINE == IMAGE_AARCH64) return "aarch64";
    while (n > 0 && (image_cpu_x86_level(n + 2) & ~has)) n--;
    return targets[n];
}

static bool write_file(const char *path, const uint8_t *bytes, uint64_t size) {
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(bytes, 1, size, file) == size;
    if (file) ok = fclose(file) == 0 && ok;
    return ok;
}

/* Compiles it, and has the second of the modules use the image. */
static bool compile(struct both *b, const char *folder, const char *dump) {
    const struct allocator *allocator = port_posix_allocator();
    struct compile_options options = {.target = target_of(b->way.target),
                                      .explicit_bounds = b->way.explicit_bounds,
                                      .metering = b->way.metering,
                                      .deterministic = b->way.deterministic,
                                      .level = b->way.level, .jobs = 1, .verify = true,
                                      .dump = dump};
    nacre_error error = {.text = ""};
    char path[4096];
    uint8_t *image;
    uint64_t size;
    nacre_module_sha256(b->compiled, options.module_sha256);
    snprintf(path, sizeof path, "%s/image", folder);
    nacre_status status =
        compile_module(&options, allocator, b->bytes, b->size, &image, &size, &error);
    if (status != NACRE_OK) {
        report(b, "the compiler failed: ", error.text[0] ? error.text : nacre_status_text(status));
        return false;
    }
    if (!write_file(path, image, size)) exit(1);
    ALLOC_FREE_ARRAY(allocator, image, size);
    status = nacre_module_use_image(b->compiled, path, NULL, &error);
    unlink(path);
    if (status != NACRE_OK) report(b, "the image is refused: ", error.text);
    return status == NACRE_OK;
}

/* --- Comparing --- */

static int line_size(const char *line) {
    size_t size = strcspn(line, "\n");
    return size < LINE_SHOWN ? (int)size : LINE_SHOWN;
}

/* All lines that differ, as far as there is room. */
static void report_lines(struct both *b, uint64_t fuel, const struct transcript *x,
                         const struct transcript *y) {
    const char *a = x->text, *c = y->text;
    b->report = calloc(1, REPORT_MAX);
    if (!b->report) return;
    int size = snprintf(b->report, REPORT_MAX, "with fuel %lld\n", (long long)fuel);
    while (*a && *c && size < REPORT_MAX - 3 * LINE_SHOWN) {
        int a_size = line_size(a), c_size = line_size(c);
        if (a_size != c_size || memcmp(a, c, (size_t)a_size) != 0)
            size += snprintf(b->report + size, REPORT_MAX - (size_t)size, "- %.*s\n+ %.*s\n",
                             a_size, a, c_size, c);
        a += strcspn(a, "\n");
        c += strcspn(c, "\n");
        a += *a != 0;
        c += *c != 0;
    }
}

static bool is_same_with(struct both *b, const struct transcript_way *way,
                         struct transcript *first) {
    struct transcript x, y;
    transcript_run(b->engine, b->interpreted, NACRE_OK, "m", way, &x);
    transcript_run(b->engine, b->compiled, NACRE_OK, "m", way, &y);
    bool any_place = !b->way.explicit_bounds && b->way.level > 0;
    bool is_same = transcript_same(&x, &y, any_place);
    b->is_misplaced |= is_same && !transcript_same(&x, &y, false);
    if (!is_same) report_lines(b, way->fuel, &x, &y);
    else if (y.is_interpreted) report(b, "it was not run compiled", "");
    is_same = is_same && !y.is_interpreted;
    free(x.text);
    free(y.text);
    if (first) *first = x;
    return is_same;
}

/* With as much fuel as it wants; then so that it runs out on the way. */
static bool compare_metered(struct both *b) {
    struct transcript first;
    struct transcript_way way = {.is_full = true, .fuel = fuel_of(b)};
    if (!is_same_with(b, &way, &first)) return false;
    uint64_t most = first.fuel_most;
    uint64_t fuels[] = {most / 2, most > 0 ? most - 1 : 0, most / 7, most % 50};
    for (size_t i = 0; i < ARRAY_COUNT(fuels); i++) {
        way.fuel = fuels[i];
        if (!is_same_with(b, &way, NULL)) return false;
    }
    return true;
}

/* The functions that end soon: those that run out of fuel where it is counted are not called. */
static bool find_endless(struct both *b, bool *skipped) {
    struct transcript t;
    nacre_config config;
    nacre_engine *engine;
    nacre_module *module;
    bool is_found = false;
    struct transcript_way way = {.is_full = true, .fuel = fuel_of(b), .skipped = skipped};
    nacre_config_init(&config);
    config.metering = true;
    config.deterministic = b->way.deterministic;
    if (nacre_engine_create(&config, &engine) != NACRE_OK) exit(1);
    nacre_status status = nacre_module_create(engine, b->bytes, b->size, &module, NULL);
    for (int i = 0; status == NACRE_OK && !is_found && i < TRIES; i++) {
        transcript_run(engine, module, status, "m", &way, &t);
        free(t.text);
        is_found = !t.is_out_of_fuel;
        for (uint32_t e = 0; e < TRANSCRIPT_EXPORTS_MAX; e++)
            skipped[e] = skipped[e] || t.was_out_of_fuel[e];
    }
    if (status == NACRE_OK) nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    return is_found;
}

static bool compare_unmetered(struct both *b) {
    bool skipped[TRANSCRIPT_EXPORTS_MAX] = {0};
    struct transcript_way way = {.is_full = true, .fuel = NACRE_UNLIMITED, .skipped = skipped};
    return !find_endless(b, skipped) || is_same_with(b, &way, NULL);
}

enum run_result run_both(const uint8_t *bytes, size_t size, struct way way, const char *folder,
                         const char *dump, char **text) {
    struct both b = {.bytes = bytes, .size = size, .way = way};
    nacre_config config;
    enum run_result result = RUN_NOT_LOADED;
    nacre_config_init(&config);
    config.metering = way.metering;
    config.deterministic = way.deterministic;
    config.gc_stress = way.gc_stress;
    if (nacre_engine_create(&config, &b.engine) != NACRE_OK) exit(1);
    if (nacre_module_create(b.engine, bytes, size, &b.interpreted, NULL) == NACRE_OK &&
        nacre_module_create(b.engine, bytes, size, &b.compiled, NULL) == NACRE_OK) {
        bool ok = compile(&b, folder, dump) &&
                  (way.metering ? compare_metered(&b) : compare_unmetered(&b));
        result = !ok ? RUN_DIFFERS : b.is_misplaced ? RUN_MISPLACED : RUN_SAME;
    }
    nacre_module_destroy(b.interpreted);
    nacre_module_destroy(b.compiled);
    nacre_engine_destroy(b.engine);
    *text = b.report;
    return result;
}
