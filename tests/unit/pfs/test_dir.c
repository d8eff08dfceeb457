/* test_dir.c - large directories, and names as port/files.h says, against the fake port's. */
#include "rig.h"

enum { ANY = PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE, MANY = 100000 };

static const char *name_of(uint32_t i) {
    static char name[32];
    snprintf(name, sizeof name, "%s%u", i % 3 ? "a rather long name " : "", i);
    return name;
}

static uint64_t open_dir(struct rig *rig, const char *name) {
    return open_file(rig, name, PORT_OPEN_READ);
}

static void add(struct rig *rig, uint64_t dir, const char *name) {
    uint64_t file;
    OK(pfs_files.open(rig->pfs, dir, name, ANY | PORT_OPEN_EXCLUSIVE, &file));
    close_file(rig, file);
}

static void add_many(struct rig *rig, uint64_t dir, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        add(rig, dir, name_of(i));
        if (i % 20000 == 0) OK(pfs_files.sync(rig->pfs, dir, true));
    }
}

/* Lists all, while others come and go. seen[i]: how often the name i was there. */
static void list(struct rig *rig, uint64_t dir, uint8_t *seen, bool is_changing) {
    static struct port_entry entries[64];
    uint32_t count = 1, number, round = 0;
    for (uint64_t cookie = 0; count; cookie = entries[count ? count - 1 : 0].next) {
        OK(pfs_files.read_dir(rig->pfs, dir, cookie, entries, 64, &count));
        for (uint32_t i = 0; i < count; i++) {
            char name[PORT_NAME_MAX + 1] = "";
            memcpy(name, entries[i].name, entries[i].name_size);
            const char *digits = strrchr(name, ' ');
            number = (uint32_t)strtoul(digits ? digits + 1 : name, NULL, 10);
            if (number < MANY) seen[number]++;
        }
        if (!is_changing) continue;
        add(rig, dir, name_of(MANY + round));
        if (round % 2) OK(pfs_files.unlink(rig->pfs, dir, name_of(MANY + round)));
        round++;
    }
}

static void test_many(void **state) {
    struct rig *rig = rig_new();
    uint8_t *seen = calloc(MANY, 1);
    (void)state;
    assert_non_null(seen);
    OK(pfs_files.make_dir(rig->pfs, rig->root, "d"));
    uint64_t dir = open_dir(rig, "d");
    add_many(rig, dir, 0, MANY);
    list(rig, dir, seen, true);
    for (uint32_t i = 0; i < MANY; i++) assert_int_equal(seen[i], 1);
    rig_close(rig);
    rig_open(rig);
    dir = open_dir(rig, "d");
    for (uint32_t i = 0; i < MANY; i++) {
        struct port_stat stat;
        OK(pfs_files.stat(rig->pfs, dir, name_of(i), &stat));
        if (i % 2) OK(pfs_files.unlink(rig->pfs, dir, name_of(i)));
    }
    rig_check(rig);
    list(rig, dir, seen, false);
    for (uint32_t i = 0; i < MANY; i++) assert_int_equal(seen[i], 2 - i % 2);
    FAILS(PORT_ENOTEMPTY, pfs_files.remove_dir(rig->pfs, rig->root, "d"));
    for (uint32_t i = 0; i < MANY; i += 2) OK(pfs_files.unlink(rig->pfs, dir, name_of(i)));
    for (uint32_t i = MANY; i < 3 * MANY; i++) (void)pfs_files.unlink(rig->pfs, dir, name_of(i));
    OK(pfs_files.remove_dir(rig->pfs, rig->root, "d"));
    rig_check(rig);
    rig_close(rig);
    free(seen);
    rig_open(rig);
    rig_destroy(rig);
}

/* More inodes differ from the table than the cache has frames for its blocks. */
static void test_many_changes(void **state) {
    const struct port_times times = {PORT_TIME_SET, PORT_TIME_SET, 1, 2};
    struct rig *rig = rig_new();
    struct port_stat stat;
    (void)state;
    add_many(rig, rig->root, 0, 20000);
    OK(pfs_files.sync(rig->pfs, rig->root, true));
    for (uint32_t i = 0; i < 20000; i++)
        OK(pfs_files.set_times(rig->pfs, rig->root, name_of(i), &times));
    OK(pfs_files.sync(rig->pfs, rig->root, true));
    rig_close(rig);
    rig_open(rig);
    for (uint32_t i = 0; i < 20000; i += 100) {
        OK(pfs_files.stat(rig->pfs, rig->root, name_of(i), &stat));
        assert_int_equal(stat.modify_ns, 2);
    }
    rig_destroy(rig);
}

/* A directory in a directory in a directory. */
static void test_deep(void **state) {
    struct rig *rig = rig_new();
    uint64_t dir = rig->root, below;
    (void)state;
    for (uint32_t i = 0; i < 1500; i++) {
        OK(pfs_files.make_dir(rig->pfs, dir, "d"));
        OK(pfs_files.open(rig->pfs, dir, "d", PORT_OPEN_READ, &below));
        if (i) close_file(rig, dir);
        dir = below;
    }
    FAILS(PORT_EINVAL, pfs_files.rename(rig->pfs, rig->root, "d", dir, "e"));
    add(rig, dir, "f");
    rig_check(rig);
    rig_destroy(rig);
}

static void test_long_names(void **state) {
    struct rig *rig = rig_new();
    char name[300];
    uint64_t file;
    (void)state;
    memset(name, 'x', sizeof name);
    name[256] = 0;
    FAILS(PORT_ENAMETOOLONG, pfs_files.open(rig->pfs, rig->root, name, ANY, &file));
    FAILS(PORT_ENAMETOOLONG, pfs_files.make_dir(rig->pfs, rig->root, name));
    name[255] = 0;
    for (char c = 'a'; c <= 'z'; c++) {
        name[100] = c;
        add(rig, rig->root, name);
    }
    FAILS(PORT_EEXIST, pfs_files.make_dir(rig->pfs, rig->root, name));
    rig_check(rig);
    rig_destroy(rig);
}

/* --- The same calls of both --- */

enum { OPEN = 6, NAMES = 5 };

struct pair {
    uint64_t ours, theirs;
    bool is_open, is_dir;
    uint32_t how;
};

struct both {
    struct rig *rig;
    struct fake *other; /* the other one, with plain files */
    const struct port_files *fake;
    struct pair open[OPEN];
    uint64_t random;
    uint32_t errors[PORT_ERRNO_COUNT]; /* how often each was seen */
};

static const char *const names[NAMES] = {"a", "b", "c", "d", "e"};

static uint32_t below(struct both *b, uint32_t limit) { return random_below(&b->random, limit); }

#define BOTH(ours, theirs)                                           \
    do {                                                             \
        enum port_errno ours_ = (ours), theirs_ = (theirs);          \
        if (ours_ != theirs_) print_error("%s\n", #ours);            \
        assert_int_equal(ours_, theirs_);                            \
        b->errors[ours_]++;                                          \
        if (ours_) return;                                           \
    } while (0)

#define OURS b->rig->pfs
#define THEIRS b->other

static void compare_stat(const struct port_stat *a, const struct port_stat *c) {
    assert_int_equal(a->type, c->type);
    if (a->type != PORT_TYPE_DIRECTORY) assert_int_equal(a->size, c->size);
}

static void do_open(struct both *b, const struct pair *dir, const char *name) {
    uint32_t how = below(b, PORT_OPEN_APPEND * 2), i = 1 + below(b, OPEN - 1);
    struct pair *p = &b->open[i];
    struct port_stat stat;
    if (!(how & (PORT_OPEN_READ | PORT_OPEN_WRITE))) how |= PORT_OPEN_READ;
    if (how & PORT_OPEN_DIRECTORY) how &= ~(uint32_t)PORT_OPEN_CREATE;
    if (!(how & PORT_OPEN_WRITE)) how &= ~(uint32_t)PORT_OPEN_TRUNCATE;
    if (p == dir) return;
    if (p->is_open) {
        OK(pfs_files.close(OURS, p->ours));
        OK(b->fake->close(THEIRS, p->theirs));
        p->is_open = false;
    }
    BOTH(pfs_files.open(OURS, dir->ours, name, how, &p->ours),
         b->fake->open(THEIRS, dir->theirs, name, how, &p->theirs));
    OK(pfs_files.file_stat(OURS, p->ours, &stat));
    p->is_open = true;
    p->how = how;
    p->is_dir = stat.type == PORT_TYPE_DIRECTORY;
}

static void do_stat(struct both *b, const struct pair *dir, const char *name) {
    struct port_stat ours, theirs;
    BOTH(pfs_files.stat(OURS, dir->ours, name, &ours),
         b->fake->stat(THEIRS, dir->theirs, name, &theirs));
    compare_stat(&ours, &theirs);
}

static void do_read_link(struct both *b, const struct pair *dir, const char *name) {
    char ours[100], theirs[100];
    size_t our_size, their_size, capacity = below(b, 100);
    BOTH(pfs_files.read_link(OURS, dir->ours, name, ours, capacity, &our_size),
         b->fake->read_link(THEIRS, dir->theirs, name, theirs, capacity, &their_size));
    assert_int_equal(our_size, their_size);
    assert_memory_equal(ours, theirs, our_size);
}

static void do_name(struct both *b, const struct pair *dir) {
    const struct pair *to = &b->open[below(b, OPEN)];
    const char *name = names[below(b, NAMES)], *to_name = names[below(b, NAMES)];
    if (!to->is_open || !to->is_dir) to = dir;
    switch (below(b, 9)) {
    case 0:
        BOTH(pfs_files.make_dir(OURS, dir->ours, name),
             b->fake->make_dir(THEIRS, dir->theirs, name));
        break;
    case 1:
        BOTH(pfs_files.remove_dir(OURS, dir->ours, name),
             b->fake->remove_dir(THEIRS, dir->theirs, name));
        break;
    case 2:
        BOTH(pfs_files.unlink(OURS, dir->ours, name),
             b->fake->unlink(THEIRS, dir->theirs, name));
        break;
    case 3:
    case 4:
        BOTH(pfs_files.rename(OURS, dir->ours, name, to->ours, to_name),
             b->fake->rename(THEIRS, dir->theirs, name, to->theirs, to_name));
        break;
    case 5:
        BOTH(pfs_files.symlink(OURS, to_name, dir->ours, name),
             b->fake->symlink(THEIRS, to_name, dir->theirs, name));
        break;
    case 6: do_read_link(b, dir, name); break;
    case 7: do_stat(b, dir, below(b, 4) ? name : "."); break;
    default: do_open(b, dir, name); break;
    }
}

static void do_list(struct both *b, const struct pair *dir) {
    static struct port_entry ours[NAMES], theirs[NAMES];
    uint32_t our_count, their_count, same = 0;
    BOTH(pfs_files.read_dir(OURS, dir->ours, 0, ours, NAMES, &our_count),
         b->fake->read_dir(THEIRS, dir->theirs, 0, theirs, NAMES, &their_count));
    assert_int_equal(our_count, their_count);
    for (uint32_t i = 0; i < our_count; i++)
        for (uint32_t j = 0; j < their_count; j++)
            same += ours[i].name[0] == theirs[j].name[0] && ours[i].type == theirs[j].type;
    assert_int_equal(same, our_count);
}

static void do_bytes(struct both *b, const struct pair *p) {
    static uint8_t ours[9000], theirs[9000];
    const struct port_span our_span = {ours, below(b, sizeof ours)};
    const struct port_span their_span = {theirs, our_span.size};
    size_t our_size, their_size;
    uint64_t at = below(b, 40000);
    memset(ours, (int)below(b, 256), sizeof ours);
    memcpy(theirs, ours, sizeof ours);
    switch (below(b, 4)) {
    case 0:
        BOTH(pfs_files.read_at(OURS, p->ours, &our_span, 1, at, &our_size),
             b->fake->read_at(THEIRS, p->theirs, &their_span, 1, at, &their_size));
        break;
    case 1:
        BOTH(pfs_files.read(OURS, p->ours, &our_span, 1, &our_size),
             b->fake->read(THEIRS, p->theirs, &their_span, 1, &their_size));
        break;
    case 2:
        if (p->how & PORT_OPEN_APPEND) return; /* systems differ */
        BOTH(pfs_files.write_at(OURS, p->ours, &our_span, 1, at, &our_size),
             b->fake->write_at(THEIRS, p->theirs, &their_span, 1, at, &their_size));
        break;
    default:
        BOTH(pfs_files.write(OURS, p->ours, &our_span, 1, &our_size),
             b->fake->write(THEIRS, p->theirs, &their_span, 1, &their_size));
        break;
    }
    assert_int_equal(our_size, their_size);
    assert_memory_equal(ours, theirs, our_size);
}

static void do_file(struct both *b, struct pair *p) {
    uint64_t size = below(b, 60000), our_at, their_at;
    struct port_stat ours, theirs;
    enum port_whence whence = (enum port_whence)below(b, 3);
    int64_t offset = (int64_t)below(b, 20000) - 10000;
    bool append = below(b, 2);
    switch (below(b, 5)) {
    case 0:
        if (p->is_dir || !(p->how & PORT_OPEN_WRITE)) return;
        BOTH(pfs_files.resize(OURS, p->ours, size), b->fake->resize(THEIRS, p->theirs, size));
        break;
    case 1:
        if (p->is_dir || !(p->how & PORT_OPEN_WRITE)) return;
        BOTH(pfs_files.allocate(OURS, p->ours, size / 2, size / 2),
             b->fake->allocate(THEIRS, p->theirs, size / 2, size / 2));
        break;
    case 2:
        if (p->is_dir) return;
        BOTH(pfs_files.seek(OURS, p->ours, offset, whence, &our_at),
             b->fake->seek(THEIRS, p->theirs, offset, whence, &their_at));
        assert_int_equal(our_at, their_at);
        break;
    case 3:
        BOTH(pfs_files.file_stat(OURS, p->ours, &ours),
             b->fake->file_stat(THEIRS, p->theirs, &theirs));
        compare_stat(&ours, &theirs);
        break;
    default:
        p->how = (p->how & ~(uint32_t)PORT_OPEN_APPEND) | (append ? PORT_OPEN_APPEND : 0);
        BOTH(pfs_files.set_append(OURS, p->ours, append),
             b->fake->set_append(THEIRS, p->theirs, append));
        break;
    }
}

static void step(struct both *b) {
    struct pair *p = &b->open[below(b, OPEN)];
    if (!p->is_open) p = &b->open[0];
    if (p->is_dir && below(b, 8)) {
        if (below(b, 5)) do_name(b, p);
        else if (p->how & PORT_OPEN_READ) do_list(b, p);
    } else if (below(b, 3)) {
        do_bytes(b, p);
    } else {
        do_file(b, p);
    }
    if (below(b, 50) == 0) OK(pfs_files.sync(OURS, b->open[0].ours, false));
}

static void test_contract(void **state) {
    static const enum port_errno expected[] = {
        PORT_OK, PORT_ENOENT, PORT_EEXIST, PORT_ENOTDIR, PORT_EISDIR, PORT_ENOTEMPTY, PORT_EINVAL,
        PORT_ELOOP, PORT_EBADF};
    struct both both = {.random = 11}, *b = &both;
    (void)state;
    b->rig = rig_new();
    b->other = fake_create();
    b->fake = fake_port(b->other)->files;
    fake_dir(b->other, "plain");
    b->open[0] = (struct pair){.ours = b->rig->root, .is_open = true, .is_dir = true,
                               .how = PORT_OPEN_READ};
    OK(b->fake->open_root(THEIRS, "plain", &b->open[0].theirs));
    for (uint32_t i = 0; i < 100000; i++) step(b);
    rig_check(b->rig);
    for (uint32_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_not_equal(b->errors[expected[i]], 0);
    for (uint32_t i = 0; i < OPEN; i++)
        if (b->open[i].is_open) OK(b->fake->close(THEIRS, b->open[i].theirs));
    fake_destroy(b->other);
    rig_destroy(b->rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),       cmocka_unit_test(test_many_changes),
        cmocka_unit_test(test_deep),       cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
