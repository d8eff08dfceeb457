/* test_region.c - memory out of one range: units and blocks, against models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port/region/region.h"

enum { MOST_UNITS = 1024, ANY = 255 };

/* A region whose units can't be touched before they are brought in. */
struct rig {
    struct region region;
    struct blocks blocks;
    uint8_t *mapping;
    uint8_t states[MOST_UNITS];
    uint8_t brought[MOST_UNITS];                   /* how often */
    uint32_t fail_after;                           /* so many are brought in, then it fails */
    void (*during)(struct rig *rig, uint8_t *base); /* NULL: nothing */
};

static uint32_t random_below(uint64_t *state, uint32_t limit) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * limit >> 32);
}

static uint64_t bytes_of(uint32_t units) { return (uint64_t)units * REGION_UNIT; }

static uint32_t index_of(const struct rig *rig, const uint8_t *base) {
    return (uint32_t)((uint64_t)(base - rig->region.base) / REGION_UNIT);
}

static nacre_status bring(void *env, uint8_t *base, uint64_t size) {
    struct rig *rig = env;
    if (rig->fail_after == 0) return NACRE_IO;
    if (rig->fail_after != UINT32_MAX) rig->fail_after--;
    if (mprotect(base, size, PROT_READ | PROT_WRITE) != 0) abort();
    for (uint64_t at = 0; at < size; at += REGION_UNIT)
        __atomic_add_fetch(&rig->brought[index_of(rig, base + at)], 1, __ATOMIC_RELAXED);
    if (rig->during) rig->during(rig, base);
    return NACRE_OK;
}

static struct rig *open_rig(uint32_t present, uint32_t all) {
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->mapping = mmap(NULL, bytes_of(all + 1), PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(rig->mapping != MAP_FAILED);
    uint8_t *base = rig->mapping + (REGION_UNIT - (uintptr_t)rig->mapping % REGION_UNIT);
    if (present) assert_int_equal(mprotect(base, bytes_of(present), PROT_READ | PROT_WRITE), 0);
    memset(base, ANY, bytes_of(present));
    region_init(&rig->region, base, present, all, rig->states);
    rig->region.bring = bring;
    rig->region.env = rig;
    rig->fail_after = UINT32_MAX;
    rig->blocks.region = &rig->region;
    return rig;
}

static void close_rig(struct rig *rig) {
    for (uint32_t i = 0; i < rig->region.unit_count; i++)
        assert_in_range(rig->brought[i], 0, i >= rig->region.present_count);
    munmap(rig->mapping, bytes_of(rig->region.unit_count + 1));
    free(rig);
}

static uint8_t *reserve(struct rig *rig, uint32_t units) {
    uint8_t *base;
    assert_int_equal(region_reserve(&rig->region, bytes_of(units), &base), NACRE_OK);
    return base;
}

static bool all_are(const uint8_t *bytes, uint64_t size, uint8_t value) {
    for (uint64_t i = 0; i < size; i++)
        if (bytes[i] != value) return false;
    return true;
}

/* --- Units, against a model --- */

enum { MODEL_UNITS = 200, MODEL_PRESENT = 40, MODEL_RESERVATIONS = 64, MODEL_ROUNDS = 40,
       MODEL_STEPS = 500 };

struct unit {
    uint32_t owner;    /* 0: nobody's */
    bool is_committed;
    uint8_t holds;     /* each byte of it, if it is committed; ANY: not known */
};
struct reservation {
    uint8_t *base;
    uint32_t count; /* 0: none */
};
struct model {
    struct rig *rig;
    struct unit units[MODEL_UNITS];
    struct reservation reservations[MODEL_RESERVATIONS];
    uint32_t free_count, refused, failed;
    uint64_t random;
};

/* Is there a place of so many units from `from` on? is_new: which were never brought in. */
static bool has_place(const struct model *m, uint32_t from, uint32_t count, bool is_new) {
    uint32_t run = 0;
    for (uint32_t i = from; i < MODEL_UNITS; i++) {
        bool is_fit = !m->units[i].owner && !(is_new && m->rig->brought[i]);
        run = is_fit ? run + 1 : 0;
        if (run == count) return true;
    }
    return false;
}

static void step_reserve(struct model *m, uint32_t which, bool is_new) {
    struct reservation *r = &m->reservations[which];
    struct region *region = &m->rig->region;
    const uint32_t count = 1 + random_below(&m->random, 5 + random_below(&m->random, 80));
    const bool is_odd = random_below(&m->random, 2); /* sizes are rounded up; 0 is a unit */
    const uint64_t size = bytes_of(count) - (is_odd ? REGION_UNIT : 0) +
                          (is_odd && count > 1 ? 1 : 0);
    uint32_t from = is_new ? MODEL_PRESENT : 0;
    bool is_fine = has_place(m, from, count, is_new) &&
                   (is_new || count <= 64 || count <= m->free_count / 4);
    bool keeps_off = !is_new && count > MODEL_PRESENT / 2 &&
                     has_place(m, MODEL_PRESENT, count, false);
    uint8_t *base = NULL;
    nacre_status status = is_new ? region_reserve_new(region, size, &base)
                                 : region_reserve(region, size, &base);
    assert_int_equal(status, is_fine ? NACRE_OK : NACRE_NO_MEMORY);
    m->refused += !is_fine;
    if (!is_fine) return;
    uint32_t first = index_of(m->rig, base);
    assert_int_equal((uint64_t)(base - region->base) % REGION_UNIT, 0);
    assert_in_range(first, keeps_off || is_new ? MODEL_PRESENT : 0, MODEL_UNITS - count);
    for (uint32_t i = first; i < first + count; i++) {
        assert_int_equal(m->units[i].owner, 0);
        if (is_new) assert_int_equal(m->rig->brought[i], 0);
        m->units[i] = (struct unit){.owner = which + 1};
    }
    m->free_count -= count;
    *r = (struct reservation){base, count};
}

static void check_unit(const struct model *m, uint32_t index) {
    const struct unit *unit = &m->units[index];
    if (unit->is_committed && unit->holds != ANY)
        assert_true(all_are(m->rig->region.base + bytes_of(index), REGION_UNIT, unit->holds));
}

static void step_commit(struct model *m, uint32_t first, uint32_t count) {
    const bool is_zeroed = random_below(&m->random, 2);
    uint8_t *base = m->rig->region.base + bytes_of(first);
    uint32_t missing = 0;
    for (uint32_t i = first; i < first + count; i++)
        missing += i >= MODEL_PRESENT && !m->rig->brought[i];
    if (random_below(&m->random, 4) == 0) m->rig->fail_after = random_below(&m->random, 6);
    const bool fails = missing > m->rig->fail_after;
    nacre_status status = region_commit(&m->rig->region, base, bytes_of(count), is_zeroed);
    assert_int_equal(status, fails ? NACRE_IO : NACRE_OK);
    m->rig->fail_after = UINT32_MAX;
    m->failed += fails;
    for (uint32_t i = first; i < first + count; i++) {
        struct unit *unit = &m->units[i];
        if (!unit->is_committed && !fails)
            *unit = (struct unit){unit->owner, true, is_zeroed ? 0 : ANY};
        check_unit(m, i);
        if (!unit->is_committed || random_below(&m->random, 2)) continue;
        unit->holds = (uint8_t)random_below(&m->random, ANY);
        memset(m->rig->region.base + bytes_of(i), unit->holds, REGION_UNIT);
    }
}

static void step(struct model *m) {
    const uint32_t which = random_below(&m->random, MODEL_RESERVATIONS);
    struct reservation *r = &m->reservations[which];
    const uint32_t what = random_below(&m->random, 8);
    if (!r->count) {
        step_reserve(m, which, what == 0);
        return;
    }
    uint32_t skip = random_below(&m->random, r->count);
    uint32_t count = random_below(&m->random, r->count - skip + 1);
    const uint32_t all = index_of(m->rig, r->base), first = all + skip;
    if (what < 5) {
        step_commit(m, first, count);
    } else if (what == 5) {
        const uint8_t *base = r->base + bytes_of(skip);
        assert_int_equal(region_uncommit(&m->rig->region, base, bytes_of(count)), NACRE_OK);
        for (uint32_t i = first; i < first + count; i++) m->units[i].is_committed = false;
    } else {
        for (uint32_t i = all; i < all + r->count; i++) {
            check_unit(m, i);
            m->units[i] = (struct unit){0};
        }
        region_release(&m->rig->region, r->base, bytes_of(r->count));
        m->free_count += r->count;
        r->count = 0;
    }
    assert_int_equal(m->rig->region.free_count, m->free_count);
}

static void test_model(void **state) {
    (void)state;
    uint32_t refused = 0, failed = 0;
    /* It begins anew, as all units are soon brought in. */
    for (uint64_t seed = 1; seed <= MODEL_ROUNDS; seed++) {
        struct model m = {.rig = open_rig(MODEL_PRESENT, MODEL_UNITS), .free_count = MODEL_UNITS,
                          .random = seed};
        for (uint32_t i = 0; i < MODEL_STEPS; i++) step(&m);
        refused += m.refused;
        failed += m.failed;
        close_rig(m.rig);
    }
    assert_true(refused > 500 && failed > 50);
}

/* --- Units, one thing at a time --- */

static void test_exhaustion(void **state) {
    struct rig *rig = open_rig(16, 200);
    uint8_t *bases[200], *more;
    (void)state;
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 200; i++) bases[i] = reserve(rig, 1);
        more = (uint8_t *)1;
        assert_int_equal(region_reserve(&rig->region, 1, &more), NACRE_NO_MEMORY);
        assert_int_equal(region_reserve_new(&rig->region, 1, &more), NACRE_NO_MEMORY);
        assert_ptr_equal(more, (uint8_t *)1);
        region_release(&rig->region, bases[77], REGION_UNIT);
        assert_ptr_equal(reserve(rig, 1), bases[77]);
        for (uint32_t i = 0; i < 200; i++) {
            assert_int_equal(region_commit(&rig->region, bases[i], REGION_UNIT, true), NACRE_OK);
            assert_true(all_are(bases[i], REGION_UNIT, 0));
            memset(bases[i], ANY, REGION_UNIT);
        }
        for (uint32_t i = 0; i < 200; i++) region_release(&rig->region, bases[i], REGION_UNIT);
    }
    for (uint32_t i = 16; i < 200; i++) assert_int_equal(rig->brought[i], 1);
    close_rig(rig);
}

static void test_sizes(void **state) {
    static const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX - REGION_UNIT, UINT64_C(1) << 63,
                                     UINT64_C(1) << 48, (UINT64_C(1) << 48) + REGION_UNIT,
                                     (UINT64_C(201) * REGION_UNIT)};
    struct rig *rig = open_rig(16, 200);
    uint8_t *base;
    (void)state;
    for (uint32_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        assert_int_equal(region_reserve(&rig->region, sizes[i], &base), NACRE_NO_MEMORY);
        assert_int_equal(region_reserve_new(&rig->region, sizes[i], &base), NACRE_NO_MEMORY);
    }
    assert_int_equal(rig->region.free_count, 200);
    assert_int_equal(region_reserve_new(&rig->region, bytes_of(184), &base), NACRE_OK);
    assert_ptr_equal(base, rig->region.base + bytes_of(16));
    close_rig(rig);
}

/* Nobody gets more than a quarter of what is left, or half if there won't be more. */
static void test_share(void **state) {
    static const struct { uint32_t present, share; } rows[] = {{16, 4}, {520, 2}};
    uint8_t *base;
    (void)state;
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct rig *rig = open_rig(rows[i].present, 520);
        struct region *r = &rig->region;
        uint32_t most = 520 / rows[i].share;
        assert_int_equal(region_reserve(r, bytes_of(most + 1), &base), NACRE_NO_MEMORY);
        assert_int_equal(region_reserve(r, bytes_of(most), &base), NACRE_OK);
        uint32_t left = (520 - most) / rows[i].share;
        assert_int_equal(region_reserve(r, bytes_of(left + 1), &base), NACRE_NO_MEMORY);
        assert_int_equal(region_reserve(r, bytes_of(left), &base), NACRE_OK);
        while (r->free_count > 64) /* what is small is everybody's */
            assert_int_equal(region_reserve(r, REGION_UNIT, &base), NACRE_OK);
        assert_int_equal(region_reserve(r, bytes_of(64), &base), NACRE_OK);
        close_rig(rig);
    }
}

/* What fails midway commits nothing: what is dirty there is not taken for zeros. */
static void test_failing_bring(void **state) {
    (void)state;
    for (uint32_t after = 0; after < 10; after++) {
        struct rig *rig = open_rig(4, 14);
        uint8_t *base = reserve(rig, 14);
        rig->fail_after = after;
        assert_int_equal(region_commit(&rig->region, base, bytes_of(14), false), NACRE_IO);
        rig->fail_after = UINT32_MAX;
        assert_int_equal(region_commit(&rig->region, base, bytes_of(14), true), NACRE_OK);
        assert_true(all_are(base, bytes_of(14), 0));
        region_release(&rig->region, base, bytes_of(14));
        assert_int_equal(rig->region.free_count, 14);
        for (uint32_t i = 4; i < 14; i++) assert_int_equal(rig->brought[i], 1);
        close_rig(rig);
    }
}

/* What is large and was reserved only is as new as before. */
static void test_new(void **state) {
    struct rig *rig = open_rig(16, 64);
    uint8_t *base = reserve(rig, 48), *code;
    (void)state;
    assert_ptr_equal(base, rig->region.base + bytes_of(16));
    assert_int_equal(region_commit(&rig->region, base, bytes_of(2), true), NACRE_OK);
    assert_int_equal(region_reserve_new(&rig->region, 1, &code), NACRE_NO_MEMORY);
    region_release(&rig->region, base, bytes_of(48));
    assert_int_equal(region_reserve_new(&rig->region, bytes_of(47), &code), NACRE_NO_MEMORY);
    assert_int_equal(region_reserve_new(&rig->region, bytes_of(46), &code), NACRE_OK);
    assert_ptr_equal(code, base + bytes_of(2));
    close_rig(rig);
}

/* A unit that is brought in while another is: it would wait for ever for a lock that is held. */
static void allocate_meanwhile(struct rig *rig, uint8_t *base) {
    uint8_t *other;
    rig->during = NULL;
    assert_int_equal(region_reserve(&rig->region, REGION_UNIT, &other), NACRE_OK);
    assert_int_equal(region_commit(&rig->region, other, REGION_UNIT, true), NACRE_OK);
    assert_ptr_not_equal(other, base);
    void *block = blocks_resize(&rig->blocks, NULL, 0, 100);
    assert_non_null(block);
    assert_null(blocks_resize(&rig->blocks, block, 100, 0));
    region_release(&rig->region, other, REGION_UNIT);
}

static void test_locks(void **state) {
    struct rig *rig = open_rig(0, 100);
    (void)state;
    alarm(20);
    rig->during = allocate_meanwhile;
    void *block = blocks_resize(&rig->blocks, NULL, 0, 100);
    assert_non_null(block);
    assert_null(rig->during);
    blocks_resize(&rig->blocks, block, 100, 0);
    alarm(0);
    close_rig(rig);
}

/* --- Blocks, against a model --- */

enum { SLOTS = 200, CHUNK_UNITS = 16 };

struct held {
    uint8_t *bytes; /* NULL: nothing */
    size_t size;
    uint64_t seed;
};
struct worker {
    struct rig *rig;
    struct held held[SLOTS];
    uint64_t random;
    uint32_t steps, wrong, refused;
};

/* Every byte of a block tells whose it is, and where. */
static uint8_t byte_at(uint64_t seed, size_t i) {
    return (uint8_t)((seed + i / 8) * UINT64_C(0x9e3779b97f4a7c15) >> (i % 8 * 8));
}

static void fill(const struct held *h, size_t from) {
    for (size_t i = from; i < h->size; i++) h->bytes[i] = byte_at(h->seed, i);
}

static bool is_whole(const struct held *h, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (h->bytes[i] != byte_at(h->seed, i)) return false;
    return true;
}

static size_t random_size(uint64_t *random) {
    static const uint32_t most[] = {64, 64, 512, 512, 512, 4096, 40000, 270000};
    if (random_below(random, 60) == 0) return random_below(random, 2 << 20) + 1;
    if (random_below(random, 30) == 0) return (1 << 18) - 40 + random_below(random, 80);
    return random_below(random, most[random_below(random, ARRAY_COUNT(most))]) + 1;
}

/* Threads have no assertions: they count. */
static void resize(struct worker *w, struct held *h, size_t size) {
    uint8_t *bytes = blocks_resize(&w->rig->blocks, h->bytes, h->size, size);
    if (size == 0) {
        w->wrong += bytes != NULL;
        *h = (struct held){0};
        return;
    }
    if (!bytes) { /* what was there is still there */
        w->refused++;
        w->wrong += h->bytes && !is_whole(h, h->size);
        return;
    }
    const size_t kept = h->size < size ? h->size : size;
    if (!h->bytes) h->seed = w->random;
    h->bytes = bytes;
    h->size = size;
    w->wrong += (uintptr_t)bytes % 16 != 0 || !is_whole(h, kept);
    fill(h, kept);
}

/* One thread reserves now and then: the region has others than blocks. */
static void *work(void *argument) {
    struct worker *w = argument;
    for (uint32_t i = 0; i < w->steps; i++) {
        struct held *h = &w->held[random_below(&w->random, SLOTS)];
        uint8_t *base;
        bool is_freed = h->bytes && random_below(&w->random, 3) == 0;
        if (is_freed) w->wrong += !is_whole(h, h->size);
        resize(w, h, is_freed ? 0 : random_size(&w->random));
        const uint64_t size = bytes_of(1 + random_below(&w->random, 4));
        if (i % 16 || region_reserve(&w->rig->region, size, &base) != NACRE_OK) continue;
        w->wrong += region_commit(&w->rig->region, base, size, true) != NACRE_OK ||
                    !all_are(base, size, 0);
        memset(base, ANY, size);
        region_release(&w->rig->region, base, size);
    }
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct held *h = &w->held[i];
        w->wrong += h->bytes && !is_whole(h, h->size);
        if (h->bytes) resize(w, h, 0);
    }
    return NULL;
}

/* All that there was can be had again, but for the chunk that is kept: and it is one block. */
static void check_empty(struct rig *rig) {
    void *parts[3];
    const size_t size = (1 << 18) - 1;
    const uint32_t left = rig->region.unit_count - CHUNK_UNITS;
    assert_int_equal(rig->region.free_count, left);
    for (uint32_t i = 0; i < ARRAY_COUNT(parts); i++) {
        parts[i] = blocks_resize(&rig->blocks, NULL, 0, size);
        assert_non_null(parts[i]);
    }
    assert_int_equal(rig->region.free_count, left);
    for (uint32_t i = 0; i < ARRAY_COUNT(parts); i++)
        blocks_resize(&rig->blocks, parts[i], size, 0);
    assert_int_equal(rig->region.free_count, left);
}

static void run_workers(uint32_t count, uint32_t steps, uint32_t units) {
    struct rig *rig = open_rig(units / 2, units);
    struct worker *workers = calloc(count, sizeof *workers);
    pthread_t threads[4];
    assert_non_null(workers);
    for (uint32_t i = 0; i < count; i++) {
        workers[i] = (struct worker){.rig = rig, .random = i + 1, .steps = steps};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
        assert_true(workers[i].refused > 10); /* the region was full at times */
    }
    check_empty(rig);
    free(workers);
    close_rig(rig);
}

static void test_blocks(void **state) {
    (void)state;
    run_workers(1, 10000, 150);
}

static void test_blocks_threads(void **state) {
    (void)state;
    run_workers(4, 5000, 450);
}

static void test_blocks_sizes(void **state) {
    static const size_t too_large[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 16,
                                       SIZE_MAX - REGION_UNIT + 1, SIZE_MAX - REGION_UNIT,
                                       SIZE_MAX - REGION_UNIT - 1, SIZE_MAX / 2 + 1};
    struct rig *rig = open_rig(32, 32);
    struct held small = {.size = 100, .seed = 1}, large = {.size = 1 << 18, .seed = 2};
    (void)state;
    assert_null(blocks_resize(&rig->blocks, NULL, 0, 0));
    assert_int_equal(rig->region.free_count, 32);
    small.bytes = blocks_resize(&rig->blocks, NULL, 0, small.size);
    large.bytes = blocks_resize(&rig->blocks, NULL, 0, large.size);
    assert_true(small.bytes && large.bytes);
    fill(&small, 0);
    fill(&large, 0);
    for (uint32_t i = 0; i < ARRAY_COUNT(too_large); i++) {
        assert_null(blocks_resize(&rig->blocks, NULL, 0, too_large[i]));
        assert_null(blocks_resize(&rig->blocks, small.bytes, small.size, too_large[i]));
        assert_null(blocks_resize(&rig->blocks, large.bytes, large.size, too_large[i]));
        assert_int_equal(rig->region.free_count, 32 - CHUNK_UNITS - 4);
    }
    assert_true(is_whole(&small, small.size) && is_whole(&large, large.size));
    close_rig(rig);
}

/* One block is large enough, behind one of its list that is not. */
static void test_blocks_last(void **state) {
    struct rig *rig = open_rig(CHUNK_UNITS, CHUNK_UNITS);
    struct blocks *b = &rig->blocks;
    (void)state;
    void *fit = blocks_resize(b, NULL, 0, 1248);
    void *wall = blocks_resize(b, NULL, 0, 16);
    void *small = blocks_resize(b, NULL, 0, 1008);
    assert_true(fit && wall && small);
    while (blocks_resize(b, NULL, 0, 16)) continue;
    blocks_resize(b, fit, 1248, 0);
    blocks_resize(b, small, 1008, 0);
    assert_null(blocks_resize(b, NULL, 0, 1249));
    assert_ptr_equal(blocks_resize(b, NULL, 0, 1248), fit);
    close_rig(rig);
}

/* A chunk that can't be brought in is nobody's; and comes when it can. */
static void test_blocks_failing_bring(void **state) {
    (void)state;
    for (uint32_t after = 0; after <= CHUNK_UNITS; after++) {
        struct rig *rig = open_rig(0, CHUNK_UNITS);
        rig->fail_after = after;
        void *block = blocks_resize(&rig->blocks, NULL, 0, 1);
        assert_int_equal(block != NULL, after == CHUNK_UNITS);
        if (!block) assert_int_equal(rig->region.free_count, CHUNK_UNITS);
        rig->fail_after = UINT32_MAX;
        assert_non_null(blocks_resize(&rig->blocks, NULL, 0, 1));
        close_rig(rig);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),          cmocka_unit_test(test_exhaustion),
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_share),
        cmocka_unit_test(test_failing_bring),  cmocka_unit_test(test_new),
        cmocka_unit_test(test_locks),          cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_blocks_threads), cmocka_unit_test(test_blocks_sizes),
        cmocka_unit_test(test_blocks_last),    cmocka_unit_test(test_blocks_failing_bring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
