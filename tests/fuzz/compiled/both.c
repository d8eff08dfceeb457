/* both.c - a module interpreted and compiled, with several amounts of fuel; see way.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/compiled/late.h"

/* Each object that is made in a stress test collects. */
enum {
    FUEL = 200000,
    STRESS_FUEL = 20000,
    TRIES = 4,
    LATE_RUNS = 6, /* with all the fuel: the image comes at some other moment each time */
    REPORT_MAX = 1 << 14,
    LINE_SHOWN = 1 << 11
};

struct both {
    struct images images;
    char image[4096]; /* a path */
    struct late late;
    nacre_engine *engine;
    nacre_module *interpreted, *compiled;
    char *report;
    bool is_misplaced;
    uint32_t late_choices; /* that were made */
    struct late_counts late_counts;
};

static uint64_t fuel_of(const struct both *b) {
    return b->images.way.gc_stress ? STRESS_FUEL : FUEL;
}

static void report(struct both *b, const char *what, const char *more) {
    free(b->report);
    b->report = malloc(REPORT_MAX);
    if (b->report) snprintf(b->report, REPORT_MAX, "%s%s\n", what, more);
}

/* Compiles it. The second of the modules uses the image, unless others are to, later. */
static bool compile(struct both *b) {
    nacre_error error = {.text = ""};
    nacre_module_sha256(b->compiled, b->images.module_sha256);
    nacre_status status = images_compile(&b->images, NULL, b->image, &error);
    if (status != NACRE_OK) {
        report(b, "the compiler failed: ", error.text[0] ? error.text : nacre_status_text(status));
        return false;
    }
    if (b->images.way.late) return true;
    status = nacre_module_use_image(b->compiled, b->image, NULL, &error);
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

/* The second run: was it like the first? */
static bool is_same_as(struct both *b, const struct transcript *x, const struct transcript *y,
                       uint64_t fuel) {
    const struct way *way = &b->images.way;
    bool any_place = !way->explicit_bounds && way->level > 0;
    bool is_same = transcript_same(x, y, any_place);
    b->is_misplaced |= is_same && !transcript_same(x, y, false);
    if (!is_same) report_lines(b, fuel, x, y);
    return is_same;
}

/* --- Running --- */

static bool is_same_compiled(struct both *b, const struct transcript_way *way,
                             const struct transcript *x) {
    struct transcript y;
    transcript_run(b->engine, b->compiled, NACRE_OK, "m", way, &y);
    bool is_same = is_same_as(b, x, &y, way->fuel);
    if (is_same && y.is_interpreted) report(b, "it was not run compiled", "");
    free(y.text);
    return is_same && !y.is_interpreted;
}

static void count_late(struct both *b, const struct transcript *t) {
    const struct late *late = &b->late;
    b->late_counts.runs++;
    b->late_counts.inside += late->has_come_inside;
    b->late_counts.compiled += late->has_come && !t->is_interpreted;
    b->late_counts.continued += late->has_continued;
}

static bool is_same_late_once(struct both *b, const struct transcript_way *way, uint32_t choice,
                              const struct late_moments *moments, const struct transcript *x) {
    struct late *late = &b->late;
    struct transcript_way late_way = *way;
    struct transcript y;
    nacre_module *module;
    late_way.moment = late_moment;
    late_way.env = late;
    if (nacre_module_create(b->engine, b->images.bytes, b->images.size, &module, NULL) != NACRE_OK)
        exit(1);
    late_begin(late, module, choice, moments);
    transcript_run(b->engine, module, NACRE_OK, "m", &late_way, &y);
    count_late(b, &y);
    bool is_same = is_same_as(b, x, &y, way->fuel);
    free(y.text);
    nacre_module_destroy(module);
    return is_same;
}

/* The image comes during the run; again as long as loops are stuck that have no continuation. */
static bool is_same_late(struct both *b, const struct transcript_way *way,
                         const struct late_moments *moments, const struct transcript *x) {
    uint32_t choice = way_mix(b->images.way.late, b->late_choices++);
    bool is_same;
    do is_same = is_same_late_once(b, way, choice, moments, x);
    while (is_same && !b->late.error.text[0] && late_learn(&b->late));
    if (!b->late.error.text[0]) return is_same;
    report(b, "of a late image: ", b->late.error.text);
    return false;
}

static bool is_same_with(struct both *b, const struct transcript_way *way,
                         uint64_t *fuel_most) {
    struct transcript x;
    struct transcript_way counted = *way;
    struct late_moments moments = {0};
    counted.moment = late_count;
    counted.env = &moments;
    transcript_run(b->engine, b->interpreted, NACRE_OK, "m", &counted, &x);
    bool is_same = b->images.way.late ? is_same_late(b, way, &moments, &x)
                                      : is_same_compiled(b, way, &x);
    free(x.text);
    *fuel_most = x.fuel_most;
    return is_same;
}

static bool is_same_each_time(struct both *b, const struct transcript_way *way,
                              uint64_t *fuel_most) {
    bool is_same = true;
    for (int i = 0; is_same && i < (b->images.way.late ? LATE_RUNS : 1); i++)
        is_same = is_same_with(b, way, fuel_most);
    return is_same;
}

/* With as much fuel as it wants; then so that it runs out on the way. */
static bool compare_metered(struct both *b) {
    uint64_t most, some;
    struct transcript_way way = {.is_full = true, .fuel = fuel_of(b)};
    if (!is_same_each_time(b, &way, &most)) return false;
    uint64_t fuels[] = {most / 2, most > 0 ? most - 1 : 0, most / 7, most % 50};
    for (size_t i = 0; i < ARRAY_COUNT(fuels); i++) {
        way.fuel = fuels[i];
        if (!is_same_with(b, &way, &some)) return false;
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
    config.deterministic = b->images.way.deterministic;
    if (nacre_engine_create(&config, &engine) != NACRE_OK) exit(1);
    nacre_status status =
        nacre_module_create(engine, b->images.bytes, b->images.size, &module, NULL);
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
    uint64_t none;
    return !find_endless(b, skipped) || is_same_each_time(b, &way, &none);
}

static enum run_result compare(struct both *b) {
    bool is_same = compile(b) && (b->images.way.metering ? compare_metered(b)
                                                         : compare_unmetered(b));
    unlink(b->image);
    late_clean(&b->late);
    return !is_same ? RUN_DIFFERS : b->is_misplaced ? RUN_MISPLACED : RUN_SAME;
}

enum run_result run_both(const uint8_t *bytes, size_t size, struct way way, const char *folder,
                         const char *dump, struct run_report *run_report) {
    struct both b = {.images = {.bytes = bytes, .size = size, .way = way, .folder = folder,
                                .dump = dump},
                     .late = {.images = &b.images, .image = b.image}};
    nacre_config config;
    enum run_result result = RUN_NOT_LOADED;
    snprintf(b.image, sizeof b.image, "%s/image", folder);
    nacre_config_init(&config);
    config.metering = way.metering;
    config.deterministic = way.deterministic;
    config.gc_stress = way.gc_stress;
    if (nacre_engine_create(&config, &b.engine) != NACRE_OK) exit(1);
    if (nacre_module_create(b.engine, bytes, size, &b.interpreted, NULL) == NACRE_OK &&
        nacre_module_create(b.engine, bytes, size, &b.compiled, NULL) == NACRE_OK)
        result = compare(&b);
    nacre_module_destroy(b.interpreted);
    nacre_module_destroy(b.compiled);
    nacre_engine_destroy(b.engine);
    *run_report = (struct run_report){b.report, b.late_counts};
    return result;
}
