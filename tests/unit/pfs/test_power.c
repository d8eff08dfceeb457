/*
 * test_power.c - power cuts. A workload is run once, on a disk that remembers. Then, after each
 * write of it, what a power cut or the end of the process leaves is opened: it has to be the last
 * state that a sync was acknowledged for, or the one whose commit was under way, and nothing else.
 * It is written to, cut again, and opened again.
 *
 * NACRE_POWER_CUTS: how many power cuts after each write, each with other luck; NACRE_POWER_STEP:
 * only after one of so many writes.
 */
#include "disk.h"
#include "state.h"

enum { MARKS_MAX = 512 };

/* What was acknowledged, and when. */
struct mark {
    size_t events;
    uint64_t digest;
};

struct power {
    struct rig *rig;
    struct disk *disk;
    struct mark marks[MARKS_MAX];
    size_t mark_count;
    uint64_t random;
    uint32_t cuts;
    uint64_t states, wrong;
    bool is_quiet; /* it has to go wrong */
    bool drops_second;
    bool is_automatic; /* there are commits besides those that were asked for */
    size_t first;      /* event after which power is cut */
    uint8_t bytes[1 << 18];
};

/* --- Workloads --- */

static uint64_t digest_of(struct rig *rig) {
    uint64_t digest;
    OK(state_digest(rig->pfs, &digest));
    return digest;
}

static void mark(struct power *p) {
    assert_true(p->mark_count < MARKS_MAX);
    p->marks[p->mark_count++] = (struct mark){p->disk->count, digest_of(p->rig)};
}

static void sync_all(struct power *p) {
    OK(pfs_files.sync(p->rig->pfs, p->rig->root, false));
    mark(p);
}

static void fill(struct power *p, size_t size) {
    for (size_t i = 0; i < size; i++) p->bytes[i] = (uint8_t)random_below(&p->random, 256);
}

static void write_random(struct power *p, uint64_t file, uint64_t offset, size_t size) {
    fill(p, size);
    assert_int_equal(write_bytes(p->rig, file, offset, p->bytes, size), size);
}

enum { ANY = PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE };

static void put_random(struct power *p, uint64_t dir, const char *name, size_t size) {
    const struct port_span span = {p->bytes, size};
    uint64_t file;
    size_t moved;
    fill(p, size);
    OK(pfs_files.open(p->rig->pfs, dir, name, ANY | PORT_OPEN_TRUNCATE, &file));
    OK(pfs_files.write_at(p->rig->pfs, file, &span, 1, 0, &moved));
    OK(pfs_files.close(p->rig->pfs, file));
}

/* A new version of a file comes under another name and is put over the old one; directories come
 * and go; some are open when they lose their names. */
static void many_files(struct power *p) {
    struct pfs *pfs = p->rig->pfs;
    uint64_t root = p->rig->root, dir, open[4];
    OK(pfs_files.make_dir(pfs, root, "d"));
    OK(pfs_files.open(pfs, root, "d", PORT_OPEN_READ, &dir));
    for (uint32_t i = 0; i < 4; i++) open[i] = open_file(p->rig, "held", ANY);
    for (uint32_t i = 0; i < 36; i++) {
        char name[32], link[32];
        snprintf(name, sizeof name, "file %u", random_below(&p->random, 12));
        snprintf(link, sizeof link, "link %u", random_below(&p->random, 4));
        put_random(p, root, "new", random_below(&p->random, 9000));
        OK(pfs_files.rename(pfs, root, "new", i % 2 ? root : dir, name));
        if (i % 5 == 1) (void)pfs_files.symlink(pfs, "file 1", dir, link);
        if (i % 5 == 3) (void)pfs_files.unlink(pfs, dir, link);
        if (i % 7 == 2) OK(pfs_files.make_dir(pfs, root, "passing"));
        if (i % 7 == 4) OK(pfs_files.rename(pfs, root, "passing", dir, "passing"));
        if (i % 7 == 6) OK(pfs_files.remove_dir(pfs, dir, "passing"));
        if (i == 20) OK(pfs_files.unlink(pfs, root, "held"));
        if (i % 3 == 2) (void)pfs_files.unlink(pfs, i % 2 ? root : dir, name);
        if (i % 2) sync_all(p);
    }
    for (uint32_t i = 0; i < 4; i++) close_file(p->rig, open[i]);
    OK(pfs_files.close(pfs, dir));
}

/* Commits that write more than is looked at when the volume is opened, and small ones. */
static void large_file(struct power *p) {
    uint64_t file = open_file(p->rig, "large", ANY);
    for (uint32_t i = 0; i < 5; i++)
        write_random(p, file, (uint64_t)i * sizeof p->bytes, sizeof p->bytes);
    sync_all(p);
    for (uint32_t i = 0; i < 12; i++) {
        for (uint32_t j = 0; j < 8; j++)
            write_random(p, file, random_below(&p->random, 1 << 20),
                         1 + random_below(&p->random, 9000));
        if (i == 4) write_random(p, file, 0, sizeof p->bytes);
        if (i == 4) write_random(p, file, sizeof p->bytes, sizeof p->bytes);
        if (i % 5 == 3)
            OK(pfs_files.resize(p->rig->pfs, file, random_below(&p->random, 1 << 20)));
        if (i == 8) write_random(p, file, 20 << 20, 1);
        if (i == 9) OK(pfs_files.resize(p->rig->pfs, file, 300000));
        sync_all(p);
    }
    close_file(p->rig, file);
}

/* What SQLite's pager does with a journal that is deleted: the pages as they were, their number
 * once they are there, the pages of the database, and the journal goes. */
static void sqlite_delete(struct power *p) {
    uint64_t db = open_file(p->rig, "db", ANY);
    for (uint32_t i = 0; i < 8; i++) {
        uint64_t journal = open_file(p->rig, "db-journal", ANY | PORT_OPEN_EXCLUSIVE);
        uint32_t pages = 1 + random_below(&p->random, 6), at[6];
        write_random(p, journal, 0, 512);
        for (uint32_t j = 0; j < pages; j++) {
            uint64_t offset = 512 + (uint64_t)j * 4104;
            at[j] = random_below(&p->random, 40);
            write_random(p, journal, offset, 4);
            write_random(p, journal, offset + 4, 4096);
            write_random(p, journal, offset + 4100, 4);
        }
        sync_all(p);
        write_random(p, journal, 0, 12);
        sync_all(p);
        for (uint32_t j = 0; j < pages; j++) write_random(p, db, at[j] * 4096, 4096);
        write_random(p, db, 24, 16);
        sync_all(p);
        close_file(p->rig, journal);
        OK(pfs_files.unlink(p->rig->pfs, p->rig->root, "db-journal"));
        sync_all(p);
    }
    close_file(p->rig, db);
}

/* And with a write-ahead log: frames behind each other, now and then a checkpoint. */
static void sqlite_wal(struct power *p) {
    uint64_t db = open_file(p->rig, "db", ANY), wal = open_file(p->rig, "db-wal", ANY), end = 0;
    write_random(p, wal, 0, 32);
    for (uint32_t i = 0; i < 30; i++) {
        for (uint32_t j = 1 + random_below(&p->random, 4); j; j--, end += 4120) {
            write_random(p, wal, 32 + end, 24);
            write_random(p, wal, 56 + end, 4096);
        }
        sync_all(p);
        if (i % 8 != 7) continue;
        for (uint32_t j = 0; j < 10; j++)
            write_random(p, db, (uint64_t)random_below(&p->random, 60) * 4096, 4096);
        sync_all(p);
        write_random(p, wal, 0, 32);
        end = 0;
    }
    OK(pfs_files.resize(p->rig->pfs, wal, 0));
    sync_all(p);
    close_file(p->rig, wal);
    close_file(p->rig, db);
}

/* Names that come and go where hardly anything is free, so that each call may commit. */
static void full_disk(struct power *p) {
    struct pfs *pfs = p->rig->pfs;
    p->is_automatic = true;
    p->disk->limit = 300 * 4096;
    uint64_t file = open_file(p->rig, "filler", ANY);
    const struct port_span span = {p->bytes, 4096};
    size_t moved;
    for (uint64_t at = 0; !pfs_files.write_at(pfs, file, &span, 1, at, &moved);) at += 4096;
    OK(pfs_files.resize(pfs, file, 400000));
    p->first = p->disk->count;
    for (uint32_t i = 0; i < 10; i++) {
        char name[200];
        snprintf(name, sizeof name, "%0150u", random_below(&p->random, 30));
        (void)pfs_files.symlink(pfs, "target", p->rig->root, name);
        snprintf(name, sizeof name, "%0150u", random_below(&p->random, 30));
        (void)pfs_files.unlink(pfs, p->rig->root, name);
        write_random(p, file, random_below(&p->random, 90) * 4096, 1);
    }
    sync_all(p);
    close_file(p->rig, file);
}

/* --- What is found --- */

static void wrong(struct power *p, size_t events, const char *text) {
    p->wrong++;
    if (!p->is_quiet) print_error("after event %zu: %s\n", events, text);
}

/* The last acknowledged state, and the next one, which is the same when there is none. */
static const struct mark *mark_at(const struct power *p, size_t events) {
    size_t i = 0;
    while (i + 1 < p->mark_count && p->marks[i + 1].events <= events) i++;
    return &p->marks[i];
}

static bool is_allowed(const struct power *p, size_t events, uint64_t digest) {
    const struct mark *last = mark_at(p, events);
    if (p->is_automatic) return true;
    bool has_next = last + 1 < p->marks + p->mark_count;
    return digest == last->digest || (has_next && digest == last[1].digest);
}

/* What a reader finds, who finds nothing wrong. */
static bool read_state(struct power *p, size_t events, uint64_t *digest) {
    nacre_error error;
    p->states++;
    p->rig->port = *fake_port(p->rig->fake);
    if (rig_try_open(p->rig, true, &error)) {
        wrong(p, events, error.text);
        return false;
    }
    enum port_errno failed = state_digest(p->rig->pfs, digest);
    if (failed) wrong(p, events, "it can't be read");
    bool is_whole = state_is_whole(p->rig->pfs, p->is_quiet);
    if (!is_whole) wrong(p, events, "it is not whole");
    rig_close(p->rig);
    return !failed && is_whole;
}

/* Writes a file, so that it is on the disk. */
static bool write_more(struct power *p, size_t events, const struct port *port,
                       const char *name) {
    nacre_error error;
    p->rig->port = *port;
    if (rig_try_open(p->rig, false, &error)) {
        wrong(p, events, error.text);
        return false;
    }
    put(p->rig, name, "written after the crash");
    OK(pfs_files.sync(p->rig->pfs, p->rig->root, false));
    return true;
}

/* --- The second crash --- */

struct second {
    struct disk *disk;
    size_t first, acknowledged; /* of its events: from when on it was written to, and was told */
    uint64_t before, after;
    bool is_process; /* it had not been a power cut that ended the first session */
};

static void cut_second(struct power *p, const struct second *s, size_t events, size_t count) {
    uint64_t digest;
    disk_cut(s->disk, count, DISK_SOME, &p->random);
    if (!read_state(p, events, &digest)) return;
    bool is_known = digest == s->after || (digest == s->before && count < s->acknowledged);
    /* What was not acknowledged may be lost as long as nothing else is. */
    if (s->is_process && !disk_syncs(s->disk, s->first, count))
        is_known = is_known || is_allowed(p, events, digest);
    if (!is_known) wrong(p, events, "another state after the second crash");
    if (!is_known || !write_more(p, events, fake_port(p->rig->fake), "third")) return;
    rig_close(p->rig);
    read_state(p, events, &digest);
}

static bool is_root(const struct disk_event *event) {
    return event->kind == DISK_WRITE && (event->offset == 4096 || event->offset == 8192);
}

/* A disk that does nothing when a sync comes right before a root and its sync: see test_test. */
static void drop_syncs(struct disk *disk, size_t from) {
    for (size_t i = from; i + 2 < disk->count; i++) {
        bool is_last = disk->events[i].kind == DISK_SYNC && is_root(&disk->events[i + 1]);
        if (is_last && disk->events[i + 2].kind == DISK_SYNC)
            disk->events[i] = (struct disk_event){.kind = DISK_WRITE};
    }
}

/* Opens what is there for writing, and cuts that. */
static void go_on(struct power *p, size_t events, uint64_t found, bool is_process) {
    struct second s = {.before = found, .is_process = is_process};
    bool forgets = is_process && random_below(&p->random, 3) == 0;
    s.disk = is_process ? disk_fork(p->disk, events, forgets) : disk_new(p->rig->fake);
    s.first = s.disk->count;
    if (write_more(p, events, &s.disk->port, "second")) {
        s.acknowledged = s.disk->count;
        s.after = digest_of(p->rig);
        rig_close(p->rig);
        if (p->drops_second) drop_syncs(s.disk, s.first);
        uint32_t part = (uint32_t)(s.disk->count - s.first) / p->cuts + 1;
        for (uint32_t i = 0; i < p->cuts; i++)
            cut_second(p, &s, events,
                       u64_min(s.first + i * part + random_below(&p->random, part),
                               s.disk->count));
    }
    disk_destroy(s.disk);
}

/* A sync is one also when the next process changes nothing. */
static void sync_only(struct power *p, size_t events, uint64_t found) {
    struct disk *disk = disk_fork(p->disk, events, false);
    uint64_t digest;
    p->rig->port = disk->port;
    rig_open(p->rig);
    OK(pfs_files.sync(p->rig->pfs, p->rig->root, false));
    size_t synced = disk->count;
    rig_close(p->rig);
    disk_cut(disk, synced, DISK_SYNCED, NULL);
    if (read_state(p, events, &digest) && digest != found)
        wrong(p, events, "another state after a sync");
    disk_destroy(disk);
}

/* --- The first crash --- */

static void cut(struct power *p, size_t events, enum disk_cut how) {
    uint64_t digest;
    disk_cut(p->disk, events, how, &p->random);
    if (!read_state(p, events, &digest)) return;
    if (!is_allowed(p, events, digest)) wrong(p, events, "another state");
    else if (!p->is_quiet || p->drops_second) go_on(p, events, digest, how == DISK_ALL);
    if (how == DISK_ALL && events % 2 && !p->is_quiet) sync_only(p, events, digest);
}

static uint32_t number_from(const char *variable) {
    const char *text = getenv(variable);
    return text ? (uint32_t)strtoul(text, NULL, 10) : 1;
}

static void start(struct power *p, void (*work)(struct power *p), uint64_t seed) {
    memset(p, 0, sizeof *p);
    p->random = seed;
    p->cuts = number_from("NACRE_POWER_CUTS");
    p->rig = rig_new();
    rig_close(p->rig);
    p->disk = disk_new(p->rig->fake);
    p->rig->port = p->disk->port;
    rig_open(p->rig);
    mark(p);
    work(p);
    rig_close(p->rig);
}

static void finish(struct power *p) {
    disk_destroy(p->disk);
    rig_destroy(p->rig);
}

static void cut_everywhere(struct power *p) {
    uint32_t step = p->is_quiet ? 1 : number_from("NACRE_POWER_STEP");
    if (p->is_quiet) p->first = 1;
    for (size_t events = p->first; events <= p->disk->count; events += step) {
        if (p->is_quiet && p->wrong) break;
        if (p->is_quiet && !is_root(&p->disk->events[events - 1])) continue; /* hardly ever */
        cut(p, events, DISK_ALL);
        if (events % 4 == 0) cut(p, events, DISK_SYNCED); /* few are different */
        for (uint32_t i = 0; i < p->cuts && !p->drops_second; i++) cut(p, events, DISK_SOME);
    }
}

static void run(void (*work)(struct power *p), uint64_t seed) {
    static struct power p;
    start(&p, work, seed);
    cut_everywhere(&p);
    print_message("%zu events, %zu acknowledged states, %llu states found, %llu wrong\n",
                  p.disk->count, p.mark_count, (unsigned long long)p.states,
                  (unsigned long long)p.wrong);
    assert_int_equal(p.wrong, 0);
    finish(&p);
}

static void test_many_files(void **state) {
    (void)state;
    run(many_files, 1);
}

static void test_large_file(void **state) {
    (void)state;
    run(large_file, 2);
}

static void test_sqlite_delete(void **state) {
    (void)state;
    run(sqlite_delete, 3);
}

static void test_sqlite_wal(void **state) {
    (void)state;
    run(sqlite_wal, 4);
}

static void test_full_disk(void **state) {
    (void)state;
    run(full_disk, 5);
}

/* What is looked for is found: without the sync that comes before the root of a large commit, and
 * without the one before the first root of a session, states are lost. */
static void test_test(void **state) {
    static struct power p;
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        start(&p, i ? many_files : large_file, 5);
        p.is_quiet = true;
        p.cuts = i ? 30 : 8;
        p.drops_second = i == 1;
        if (i == 0) drop_syncs(p.disk, 0);
        cut_everywhere(&p);
        assert_int_not_equal(p.wrong, 0);
        finish(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_files),
        cmocka_unit_test(test_large_file),
        cmocka_unit_test(test_sqlite_delete),
        cmocka_unit_test(test_sqlite_wal),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
