/*
 * cores.c - how long it takes to start a core, by its phases.
 *
 *   bench_cores [TIMES]
 *
 * Prints, for each kind of TEE, a line `KIND PHASE LEAST MIDDLE`, in milliseconds, for each phase
 * and for all of it: until the core has carried out its first order.
 */
#include <stdio.h>
#include <stdlib.h>

#include <nacre/tee.h>

enum { PHASES = 5, TIMES_MAX = 1000 };

static const char *const phases[PHASES] = {"create", "measure", "init", "first", "all"};

static const struct { nacre_tee_kind kind; const char *name; } kinds[] = {
    {NACRE_TEE_LOCAL, "local"}, {NACRE_TEE_SGX_SIMULATED, "sgx-sim"}};

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static nacre_tee_times start(nacre_tee_kind kind) {
    nacre_tee_program granted;
    nacre_tee *tee;
    nacre_error error;
    nacre_tee_program_init(&granted);
    if (nacre_tee_open(kind, &granted, NULL, 0, &tee, &error) != NACRE_OK) {
        fprintf(stderr, "cores: %s\n", error.text);
        exit(1);
    }
    const nacre_tee_times times = nacre_tee_get_times(tee);
    nacre_tee_close(tee);
    return times;
}

static void measure(nacre_tee_kind kind, const char *name, int times) {
    static double ms[PHASES][TIMES_MAX];
    for (int i = 0; i < times; i++) {
        const nacre_tee_times t = start(kind);
        const uint64_t parts = t.create_ns + t.measure_ns + t.init_ns;
        const uint64_t ns[PHASES] = {t.create_ns, t.measure_ns, t.init_ns, t.open_ns - parts,
                                     t.open_ns};
        for (int k = 0; k < PHASES; k++) ms[k][i] = (double)ns[k] / 1e6;
    }
    for (int k = 0; k < PHASES; k++) {
        qsort(ms[k], (size_t)times, sizeof ms[k][0], by_size);
        printf("%s\t%s\t%.3f\t%.3f\n", name, phases[k], ms[k][0], ms[k][times / 2]);
    }
}

int main(int argc, char **argv) {
    const int times = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20;
    if (times < 1 || times > TIMES_MAX) return 2;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        measure(kinds[i].kind, kinds[i].name, times);
    return 0;
}
