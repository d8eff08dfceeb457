/* test_rekey.c - other keys for a volume: whenever that is cut short, it opens, with all that was
 * in it. */
#include "rig.h"

#include "pfs/layout.h"

static const char path[] = "volume/nacre.pfs";
static const uint8_t bytes_of[4][32] = {
    {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* the rig's */
     7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
    {1},
    {2},
    {3},
};
static const struct pfs_key key_of[] = {
    {.kind = PFS_KEY_FILE, .bytes = bytes_of[0], .size = 32},
    {.kind = PFS_KEY_FILE, .bytes = bytes_of[1], .size = 32},
    {.kind = PFS_KEY_FILE, .bytes = bytes_of[2], .size = 32},
    {.kind = PFS_KEY_FILE, .bytes = bytes_of[3], .size = 32},
};

/* From now on the rig opens its volume by that key. */
static void use_key(struct rig *rig, uint32_t number) {
    memcpy(rig->key, bytes_of[number], sizeof rig->key);
}

static bool opens(struct rig *rig, uint32_t number) {
    nacre_error error = {0};
    use_key(rig, number);
    nacre_status status = rig_try_open(rig, true, &error);
    if (!status) {
        rig_close(rig);
        return true;
    }
    assert_int_equal(status, NACRE_INTEGRITY);
    assert_string_equal(error.text, "the key does not open it");
    return false;
}

static void rekey(struct rig *rig, uint32_t dropped, uint32_t first, uint32_t count) {
    nacre_error error = {0};
    nacre_status status = pfs_rekey(rig->pfs, dropped, &key_of[first], count, &error);
    if (status) print_error("%s\n", error.text);
    assert_int_equal(status, NACRE_OK);
}

static void replace(struct rig *rig, uint32_t first, uint32_t count) {
    struct pfs_header header;
    nacre_error error = {0};
    nacre_status status = pfs_replace_key(rig->pfs, &key_of[first], count, &error);
    if (status) print_error("%s\n", error.text);
    assert_int_equal(status, NACRE_OK);
    pfs_get_header(rig->pfs, &header);
    assert_false(header.is_unfinished);
}

/* --- What becomes of slots --- */

static void test_slots(void **state) {
    struct rig *rig = rig_new();
    struct pfs_header header;
    nacre_error error = {0};
    (void)state;
    put(rig, "a", "hello");
    rekey(rig, 0, 1, 2);
    pfs_get_header(rig->pfs, &header);
    assert_int_equal(header.opened, 0);
    assert_int_equal(header.slots[2], PFS_KEY_FILE);
    assert_int_equal(header.slots[3], PFS_KEY_NONE);
    rig_close(rig);
    for (uint32_t i = 0; i < 3; i++) assert_true(opens(rig, i));
    assert_false(opens(rig, 3));
    use_key(rig, 2);
    rig_open(rig);
    rekey(rig, 1, 3, 1); /* in the place of the first */
    pfs_get_header(rig->pfs, &header);
    assert_int_equal(header.opened, 2);
    assert_int_equal(header.slots[0], PFS_KEY_FILE);
    rekey(rig, 4, 0, 0); /* the one that opened it */
    pfs_get_header(rig->pfs, &header);
    assert_int_equal(header.opened, PFS_SLOTS);
    put(rig, "b", "more");
    rig_close(rig);
    assert_false(opens(rig, 0));
    assert_true(opens(rig, 1));
    assert_false(opens(rig, 2));
    assert_true(opens(rig, 3));
    rig_open(rig);
    has(rig, "a", "hello");
    has(rig, "b", "more");
    assert_int_equal(pfs_rekey(rig->pfs, 3, NULL, 0, &error), NACRE_ARGUMENT);
    assert_non_null(strstr(error.text, "keep a key"));
    rekey(rig, 0, 0, 4);
    rekey(rig, 0, 0, 2);
    assert_int_equal(pfs_rekey(rig->pfs, 0, key_of, 1, &error), NACRE_LIMIT);
    assert_non_null(strstr(error.text, "all 8 places"));
    rekey(rig, 0x80, 0, 1);
    rig_check(rig);
    rig_destroy(rig);
}

static void test_refused(void **state) {
    static const struct pfs_key none = {.kind = PFS_KEY_FILE, .bytes = bytes_of[1], .size = 5};
    struct rig *rig = rig_new();
    nacre_error error = {0};
    (void)state;
    assert_int_equal(pfs_rekey(rig->pfs, 1, &none, 1, &error), NACRE_ARGUMENT);
    assert_int_equal(pfs_replace_key(rig->pfs, &none, 1, &error), NACRE_ARGUMENT);
    assert_int_equal(pfs_replace_key(rig->pfs, NULL, 0, &error), NACRE_ARGUMENT);
    rig_close(rig);
    assert_int_equal(rig_try_open(rig, true, &error), NACRE_OK);
    assert_int_equal(pfs_rekey(rig->pfs, 0, key_of, 1, &error), NACRE_ARGUMENT);
    assert_non_null(strstr(error.text, "for reading only"));
    assert_int_equal(pfs_replace_key(rig->pfs, key_of, 1, &error), NACRE_ARGUMENT);
    rig_destroy(rig);
}

/* --- Another key for the volume --- */

/* A file of the host. */
struct snapshot {
    uint8_t *bytes;
    size_t size;
};

static struct snapshot take(struct rig *rig) {
    size_t size;
    const uint8_t *bytes = fake_contents(rig->fake, path, &size);
    struct snapshot s = {malloc(size), size};
    assert_non_null(s.bytes);
    memcpy(s.bytes, bytes, size);
    return s;
}

static void restore(struct rig *rig, const struct snapshot *s) {
    fake_remove(rig->fake, path);
    fake_file(rig->fake, path, s->bytes, s->size);
}

static uint32_t changed_blocks(const struct snapshot *a, const struct snapshot *b) {
    uint32_t count = 0;
    for (size_t at = 0; at < a->size && at < b->size; at += BLOCK_BYTES)
        count += memcmp(a->bytes + at, b->bytes + at, BLOCK_BYTES) != 0;
    return count;
}

static void test_replace(void **state) {
    enum { SIZE = 1 << 20 };
    static uint8_t bytes[SIZE], again[SIZE];
    struct rig *rig = rig_new();
    nacre_error error = {0};
    (void)state;
    memset(bytes, 5, SIZE);
    uint64_t file = open_file(rig, "large", PORT_OPEN_WRITE | PORT_OPEN_CREATE);
    assert_int_equal(write_bytes(rig, file, 0, bytes, SIZE), SIZE);
    close_file(rig, file);
    rekey(rig, 0, 1, 1);
    rig_close(rig);
    struct snapshot before = take(rig);
    rig_open(rig);
    file = open_file(rig, "large", PORT_OPEN_READ | PORT_OPEN_WRITE);
    replace(rig, 1, 2);
    struct snapshot after = take(rig);
    assert_in_range(changed_blocks(&before, &after), 6, 20); /* and no content, which has 256 */
    assert_int_equal(read_bytes(rig, file, 0, again, SIZE), SIZE);
    assert_memory_equal(bytes, again, SIZE);
    assert_int_equal(write_bytes(rig, file, SIZE / 2, "after", 5), 5);
    close_file(rig, file);
    rig_check(rig);
    rig_close(rig);
    assert_false(opens(rig, 0));
    assert_true(opens(rig, 2));
    assert_true(opens(rig, 1));
    /* The old header opens by the old key, and finds nothing that is under what it has. */
    memcpy(after.bytes, before.bytes, BLOCK_BYTES);
    memcpy(after.bytes + BLOCK_HEADER_B * BLOCK_BYTES,
           before.bytes + BLOCK_HEADER_B * BLOCK_BYTES, BLOCK_BYTES);
    restore(rig, &after);
    use_key(rig, 0);
    assert_int_equal(rig_try_open(rig, true, &error), NACRE_INTEGRITY);
    assert_string_equal(error.text, "it was damaged or cut short: no state of it is whole");
    free(after.bytes);
    free(before.bytes);
    rig_destroy(rig);
}

/* With counters, what was there before is refused by whatever key it had. */
static void test_rolled_back(void **state) {
    struct rig *rig = rig_new();
    nacre_error error = {0};
    (void)state;
    fake_use_counters(rig->fake);
    rig->port = *fake_port(rig->fake);
    rig_close(rig);
    rig_open(rig);
    put(rig, "a", "hello");
    rig_close(rig);
    struct snapshot before = take(rig);
    rig_open(rig);
    replace(rig, 1, 1);
    put(rig, "b", "more");
    rig_close(rig);
    struct snapshot after = take(rig);
    restore(rig, &before);
    assert_int_equal(rig_try_open(rig, false, &error), NACRE_INTEGRITY);
    assert_non_null(strstr(error.text, "rolled back"));
    restore(rig, &after);
    use_key(rig, 1);
    rig_open(rig);
    has(rig, "a", "hello");
    has(rig, "b", "more");
    free(before.bytes);
    free(after.bytes);
    rig_destroy(rig);
}

/* More inodes than fit in the cache, and a map with blocks for zones that the volume has not any
 * more: all of it gets the new key. */
static void test_replace_large(void **state) {
    enum { FILES = 9000, PIECE = 1 << 20, PIECES = 140 };
    static uint8_t bytes[PIECE];
    struct rig *rig = rig_new();
    char name[16];
    size_t size;
    (void)state;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; round == 0 && i < FILES; i++) {
            (void)snprintf(name, sizeof name, "%u", i);
            put(rig, name, "");
        }
        uint64_t file = open_file(rig, "large", PORT_OPEN_WRITE | PORT_OPEN_CREATE);
        for (uint64_t i = 0; i < PIECES; i++)
            assert_int_equal(write_bytes(rig, file, i * PIECE, bytes, PIECE), PIECE);
        close_file(rig, file);
        rig_close(rig);
        rig_open(rig);
        rig_check(rig);
        if (round) break;
        for (uint32_t i = 0; i < 2; i++) { /* again, so that its entry moves to the beginning */
            put(rig, "large", "");
            OK(pfs_files.unlink(rig->pfs, rig->root, "large"));
            rig_close(rig);
            rig_open(rig);
            replace(rig, 0, 1);
        }
        (void)fake_contents(rig->fake, path, &size);
        assert_in_range(size / BLOCK_BYTES, 1, ZONE_BLOCKS - 1);
        rig_close(rig);
        rig_open(rig);
        rig_check(rig);
    }
    has(rig, "8999", "");
    rig_destroy(rig);
}

/* --- Cut short --- */

enum { CUTS_MAX = 200, TORN = 4 };

struct cuts {
    struct rig *rig;
    struct snapshot states[CUTS_MAX];
    uint32_t since[CUTS_MAX]; /* the state that was on the disk for certain */
    uint32_t count, synced;
    bool was_sync; /* the last call */
};

/* Before each call: what is on the disk, if that has changed. */
static void record(void *env, const char *name) {
    struct cuts *cuts = env;
    size_t size;
    const uint8_t *bytes = fake_contents(cuts->rig->fake, path, &size);
    const struct snapshot *last = cuts->count ? &cuts->states[cuts->count - 1] : NULL;
    if (!last || last->size != size || memcmp(last->bytes, bytes, size) != 0) {
        assert_true(cuts->count < CUTS_MAX);
        cuts->since[cuts->count] = cuts->synced;
        cuts->states[cuts->count++] = take(cuts->rig);
    }
    if (cuts->was_sync) cuts->synced = cuts->count - 1;
    cuts->was_sync = strcmp(name, "datasync") == 0;
}

/* From one state to another, some of the sectors were written. */
static struct snapshot tear(const struct snapshot *from, const struct snapshot *to,
                            uint64_t *random) {
    struct snapshot torn = {malloc(to->size), to->size};
    assert_true(torn.bytes && to->size >= from->size);
    memcpy(torn.bytes, to->bytes, to->size);
    for (size_t at = 0; at + 512 <= from->size; at += 512)
        if (random_below(random, 2)) memcpy(torn.bytes + at, from->bytes + at, 512);
    return torn;
}

/* It opens by one of the keys at least; all is there, and it can be used. */
static void check_cut(struct rig *rig, const struct snapshot *s, uint32_t first, uint32_t count,
                      bool is_replaced) {
    uint32_t opened = 0;
    for (uint32_t i = 0; i < count; i++) {
        restore(rig, s);
        if (!opens(rig, first + i)) continue;
        opened++;
        rig_open(rig);
        has(rig, "a", "hello");
        rig_check(rig);
        put(rig, "b", "more");
        rig_close(rig);
        rig_open(rig);
        has(rig, "b", "more");
        if (is_replaced) replace(rig, 0, 2);
        else rekey(rig, 0, 3, 1);
        has(rig, "a", "hello");
        put(rig, "c", "and more");
        rig_check(rig);
        rig_close(rig);
        assert_true(opens(rig, is_replaced ? 1 : 3));
        rig_open(rig);
        has(rig, "c", "and more");
        rig_close(rig);
    }
    assert_true(opened);
}

static void check_cuts(struct cuts *cuts, uint32_t first, uint32_t count, bool is_replaced) {
    uint64_t random = 1;
    fake_on_call(cuts->rig->fake, NULL, NULL);
    record(cuts, "");
    rig_close(cuts->rig);
    for (uint32_t i = 0; i < cuts->count; i++) {
        check_cut(cuts->rig, &cuts->states[i], first, count, is_replaced);
        for (uint32_t j = 0; j < TORN; j++) {
            struct snapshot torn =
                tear(&cuts->states[cuts->since[i]], &cuts->states[i], &random);
            check_cut(cuts->rig, &torn, first, count, is_replaced);
            free(torn.bytes);
        }
    }
}

static void free_cuts(struct cuts *cuts) {
    for (uint32_t i = 0; i < cuts->count; i++) free(cuts->states[i].bytes);
    rig_destroy(cuts->rig);
}

/* Forgets the states, and goes on from one of them. */
static void go_on_from(struct cuts *cuts, uint32_t at, uint32_t key) {
    fake_on_call(cuts->rig->fake, NULL, NULL);
    if (cuts->rig->pfs) rig_close(cuts->rig);
    restore(cuts->rig, &cuts->states[at]);
    for (uint32_t i = 0; i < cuts->count; i++) free(cuts->states[i].bytes);
    cuts->count = cuts->synced = 0;
    use_key(cuts->rig, key);
    rig_open(cuts->rig);
    fake_on_call(cuts->rig->fake, record, cuts);
}

/* One key for another. */
static void test_cut_rekey(void **state) {
    struct cuts cuts = {.rig = rig_new()};
    (void)state;
    put(cuts.rig, "a", "hello");
    rig_close(cuts.rig);
    rig_open(cuts.rig);
    fake_on_call(cuts.rig->fake, record, &cuts);
    rekey(cuts.rig, 1, 1, 1);
    check_cuts(&cuts, 0, 2, false);
    assert_int_equal(cuts.count, 3);
    restore(cuts.rig, &cuts.states[0]);
    assert_true(opens(cuts.rig, 0));
    assert_false(opens(cuts.rig, 1));
    restore(cuts.rig, &cuts.states[2]);
    assert_false(opens(cuts.rig, 0));
    assert_true(opens(cuts.rig, 1));
    go_on_from(&cuts, 1, 1); /* the copies differ: the newer one is not written first */
    rekey(cuts.rig, 0, 2, 1);
    check_cuts(&cuts, 1, 1, false);
    free_cuts(&cuts);
}

/* Another key for the volume, opened by the key that stays: also from what a cut left. */
static void test_cut_replace(void **state) {
    (void)state;
    for (uint32_t from = 0; from < 3; from++) {
        struct cuts cuts = {.rig = rig_new()};
        put(cuts.rig, "a", "hello");
        rig_close(cuts.rig);
        rig_open(cuts.rig);
        fake_on_call(cuts.rig->fake, record, &cuts);
        replace(cuts.rig, 0, 2);
        if (from) { /* once more, from somewhere in the middle */
            go_on_from(&cuts, cuts.count * from / 3, 0);
            replace(cuts.rig, 0, 2);
        }
        assert_true(cuts.count > 6);
        check_cuts(&cuts, 0, 1, true);
        free_cuts(&cuts);
    }
}

/* --- Calls that fail --- */

/* Whichever call fails, and however: it is told, or it did not matter; and nothing is lost. */
static void check_fault(uint64_t call, enum port_errno errno_, bool *was_hit) {
    struct rig *rig = rig_new();
    nacre_error error = {0};
    put(rig, "a", "hello");
    fake_fail(rig->fake, call, errno_);
    nacre_status status = pfs_replace_key(rig->pfs, key_of, 2, &error);
    *was_hit = fake_fault_hit(rig->fake);
    fake_fail(rig->fake, UINT64_MAX, PORT_OK);
    if (status) {
        assert_true(*was_hit);
        assert_true(error.status == status && error.text[0]);
    } else {
        has(rig, "a", "hello");
    }
    (void)pfs_close(rig->pfs, &error);
    rig->pfs = NULL;
    rig_open(rig);
    if (status) {
        uint64_t file; /* it may never have reached the disk */
        if (!pfs_files.open(rig->pfs, rig->root, "a", PORT_OPEN_READ, &file))
            close_file(rig, file);
        else put(rig, "a", "hello");
    }
    rig_check(rig);
    replace(rig, 0, 2);
    has(rig, "a", "hello");
    rig_check(rig);
    rig_destroy(rig);
}

static void test_faults(void **state) {
    static const enum port_errno errors[] = {PORT_EIO, PORT_ENOSPC};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        bool was_hit = true;
        for (uint64_t call = 0; was_hit; call++) check_fault(call, errors[i], &was_hit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_replace),       cmocka_unit_test(test_rolled_back),
        cmocka_unit_test(test_replace_large), cmocka_unit_test(test_cut_rekey),
        cmocka_unit_test(test_cut_replace),   cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
