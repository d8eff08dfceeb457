/*
 * test_corrupt.c - a host that changes a volume's file: bytes, blocks, their places and ages, its
 * length. Who opens it gets an error with a text, or what was last written (from a second copy, or
 * because nothing needs what was changed): never anything else.
 */
#include "disk.h"
#include "pfs/inodes.h"
#include "pfs/tree.h"
#include "state.h"

enum kind {
    FREE,
    HEADER_A,
    HEADER_B,
    ROOT_0,
    ROOT_1,
    INODES,
    INODES_NODE,
    MAP,
    MAP_NODE,
    BRANCH,
    LEAF,
    DIRECTORY_NODE,
    DATA,
    DATA_NODE,
    LINK,
    KINDS
};

/* Only a volume of 16 GiB has blocks of pointers to its map. */
static bool is_expected(enum kind kind) { return kind != MAP_NODE; }

struct volume {
    uint8_t *bytes;
    size_t size;
};

struct corrupt {
    struct rig *rig;
    struct volume older, now, other; /* the last one: another volume with the same in it */
    struct volume bad;
    uint64_t digest;
    uint8_t *kinds; /* of the blocks of `now` */
    uint32_t blocks;
    uint32_t refused, right, wrong;
    uint64_t counter, random;
};

enum { ANY = PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE };

/* --- Volumes --- */

static struct volume copy_of(struct rig *rig) {
    struct volume v;
    const uint8_t *bytes = fake_contents(rig->fake, "volume/nacre.pfs", &v.size);
    v.bytes = malloc(v.size);
    assert_non_null(v.bytes);
    memcpy(v.bytes, bytes, v.size);
    return v;
}

static void put_large(struct rig *rig, const char *name, uint8_t seed, size_t size) {
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(seed + i / 1000);
    uint64_t file = open_file(rig, name, ANY);
    assert_int_equal(write_bytes(rig, file, 0, bytes, size), size);
    close_file(rig, file);
    free(bytes);
}

static void fill(struct rig *rig) {
    uint64_t dir;
    OK(pfs_files.make_dir(rig->pfs, rig->root, "d"));
    OK(pfs_files.open(rig->pfs, rig->root, "d", PORT_OPEN_READ, &dir));
    for (uint32_t i = 0; i < 70; i++) {
        char name[200];
        snprintf(name, sizeof name, "%0150u", i);
        OK(pfs_files.symlink(rig->pfs, name, dir, name));
    }
    OK(pfs_files.close(rig->pfs, dir));
    put_large(rig, "large", 1, 300000);
    put(rig, "a", "small");
    put(rig, "b", "small, too");
}

/* Both roots have the same names and contents, so that it is all the same which one is chosen;
 * that the older one was chosen is for the port's counter to see. */
static void change(struct rig *rig) {
    const struct port_times now = {PORT_TIME_NOW, PORT_TIME_NOW, 0, 0};
    put(rig, "a", "other");
    put_large(rig, "large", 9, 250000);
    OK(pfs_files.unlink(rig->pfs, rig->root, "b"));
    put(rig, "c", "new");
    OK(pfs_files.sync(rig->pfs, rig->root, false));
    OK(pfs_files.set_times(rig->pfs, rig->root, "c", &now));
}

/* --- Which block is what --- */

struct finder {
    struct tree_visitor visitor;
    struct corrupt *c;
    enum kind block, node;
};

static enum port_errno note(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                            uint8_t level, uint64_t index, const struct pointer *at) {
    const struct finder *finder = (const struct finder *)v;
    struct frame *f;
    enum kind kind = level ? finder->node : finder->block;
    assert_true(at->block < finder->c->blocks);
    OK(tree_fetch(pfs, o, level, index, at, &f));
    if (kind == LEAF && f->bytes[0] == 2) kind = BRANCH;
    finder->c->kinds[at->block] = (uint8_t)kind;
    return PORT_OK;
}

static void find_blocks(struct corrupt *c, struct object *o, enum kind block, enum kind node) {
    struct finder finder = {{.visit = note}, c, block, node};
    OK(tree_walk(c->rig->pfs, o, &finder.visitor));
}

static void find_kinds(struct corrupt *c) {
    struct pfs *pfs = c->rig->pfs;
    c->blocks = (uint32_t)(c->now.size / BLOCK_BYTES);
    c->kinds = calloc(c->blocks, 1);
    assert_non_null(c->kinds);
    c->kinds[BLOCK_HEADER_A] = HEADER_A;
    c->kinds[BLOCK_HEADER_B] = HEADER_B;
    c->kinds[BLOCK_ROOT] = ROOT_0;
    c->kinds[BLOCK_ROOT + 1] = ROOT_1;
    find_blocks(c, &pfs->inodes, INODES, INODES_NODE);
    find_blocks(c, &pfs->space_map, MAP, MAP_NODE);
    for (uint32_t i = INODE_ROOT; i < pfs->root.inode_count; i++) {
        struct inode *inode;
        OK(inode_open_any(pfs, i, &inode));
        if (!inode) continue;
        if (inode->fields.type == PORT_TYPE_DIRECTORY)
            find_blocks(c, &inode->object, LEAF, DIRECTORY_NODE);
        else if (inode->fields.type == PORT_TYPE_LINK)
            find_blocks(c, &inode->object, LINK, LINK);
        else find_blocks(c, &inode->object, DATA, DATA_NODE);
        OK(inode_close(pfs, inode));
    }
}

/* Some block of a kind, or UINT32_MAX. */
static uint32_t some_block(struct corrupt *c, enum kind kind) {
    uint32_t start = random_below(&c->random, c->blocks);
    for (uint32_t i = 0; i < c->blocks; i++) {
        uint32_t block = (start + i) % c->blocks;
        if (c->kinds[block] == kind) return block;
    }
    return UINT32_MAX;
}

/* --- What is found --- */

static bool is_told(const nacre_error *error, nacre_status status) {
    return status == NACRE_INTEGRITY && error->status == status && error->text[0];
}

/* Reads all of it, and has it checked. */
static void look(struct corrupt *c, const char *what) {
    nacre_error error = {0};
    struct pfs_report report = {0};
    uint64_t digest;
    nacre_status status = rig_try_open(c->rig, true, &error);
    if (status) {
        bool is_fine = is_told(&error, status);
        c->refused += is_fine;
        c->wrong += !is_fine;
        if (!is_fine) print_error("%s: status %d, %s\n", what, (int)status, error.text);
        return;
    }
    enum port_errno failed = state_digest(c->rig->pfs, &digest);
    const char *broken = pfs_files.broken(c->rig->pfs);
    bool is_fine = failed ? failed == PORT_EBADMSG && broken && broken[0] : digest == c->digest;
    c->refused += is_fine && failed;
    c->right += is_fine && !failed;
    c->wrong += !is_fine;
    if (!is_fine) print_error("%s: error %d, or other data\n", what, (int)failed);
    OK(pfs_check(c->rig->pfs, &report, &error));
    if (failed) assert_int_not_equal(report.problems, 0);
    (void)pfs_close(c->rig->pfs, &error);
    c->rig->pfs = NULL;
}

/* Whoever writes to it gets errors, and nothing worse. */
static void write_to(struct corrupt *c) {
    struct pfs *pfs;
    nacre_error error;
    uint64_t root = c->rig->root, file;
    if (rig_try_open(c->rig, false, &error)) return;
    pfs = c->rig->pfs;
    if (!pfs_files.open(pfs, root, "x", ANY, &file)) {
        const struct port_span span = {c->now.bytes, 10000};
        size_t moved;
        (void)pfs_files.write_at(pfs, file, &span, 1, 0, &moved);
        (void)pfs_files.close(pfs, file);
    }
    (void)pfs_files.rename(pfs, root, "x", root, "a");
    (void)pfs_files.unlink(pfs, root, "large");
    (void)pfs_files.sync(pfs, root, false);
    (void)pfs_close(pfs, &error);
    c->rig->pfs = NULL;
}

static void try_bad(struct corrupt *c, const char *what, size_t size) {
    disk_put(c->rig->fake, c->bad.bytes, size);
    look(c, what);
    write_to(c);
    fake_set_counters(c->rig->fake, c->counter);
    memcpy(c->bad.bytes, c->now.bytes, c->now.size);
}

static uint8_t *bad_block(struct corrupt *c, uint32_t block) {
    return c->bad.bytes + (size_t)block * BLOCK_BYTES;
}

/* --- The tests --- */

static void start(struct corrupt *c) {
    struct rig *other = rig_new();
    memset(c, 0, sizeof *c);
    c->random = 7;
    fill(other);
    change(other);
    rig_close(other);
    c->other = copy_of(other);
    rig_destroy(other);
    c->rig = rig_new();
    fake_use_counters(c->rig->fake); /* which show old roots */
    c->rig->port = *fake_port(c->rig->fake);
    fill(c->rig);
    rig_close(c->rig);
    c->older = copy_of(c->rig);
    rig_open(c->rig);
    change(c->rig);
    rig_close(c->rig);
    c->now = copy_of(c->rig);
    c->bad = copy_of(c->rig);
    rig_open(c->rig);
    OK(state_digest(c->rig->pfs, &c->digest));
    find_kinds(c);
    c->counter = c->rig->pfs->counter;
    rig_close(c->rig);
}

static void end(struct corrupt *c) {
    print_message("%u refused, %u right, %u wrong\n", c->refused, c->right, c->wrong);
    assert_int_equal(c->wrong, 0);
    free(c->older.bytes);
    free(c->now.bytes);
    free(c->other.bytes);
    free(c->bad.bytes);
    free(c->kinds);
    rig_destroy(c->rig);
}

static void flip(struct corrupt *c, enum kind kind) {
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t at = i < 32 ? i * 16 : random_below(&c->random, BLOCK_BYTES);
        bad_block(c, some_block(c, kind))[at] ^= (uint8_t)(1 << i % 8);
        uint32_t refused = c->refused;
        try_bad(c, "a bit", c->now.size);
        /* The last commit wrote no such blocks, so that the older root needs them, too. */
        if (kind >= BRANCH) assert_int_equal(c->refused, refused + 1);
    }
    memset(bad_block(c, some_block(c, kind)), 0, BLOCK_BYTES);
    try_bad(c, "zeros", c->now.size);
}

/* Other blocks in its place: of each kind, its own, older ones, and another volume's. */
static void replace(struct corrupt *c, enum kind kind) {
    for (enum kind with = 0; with < KINDS; with++) {
        uint32_t a = some_block(c, kind), b = some_block(c, with);
        if (b == UINT32_MAX) continue;
        memcpy(bad_block(c, a), c->now.bytes + (size_t)b * BLOCK_BYTES, BLOCK_BYTES);
        memcpy(bad_block(c, b), c->now.bytes + (size_t)a * BLOCK_BYTES, BLOCK_BYTES);
        try_bad(c, "swapped", c->now.size);
    }
    for (uint32_t i = 0; i < 6; i++) {
        const struct volume *from = i % 2 ? &c->older : &c->other;
        uint32_t block = some_block(c, kind);
        if (((size_t)block + 1) * BLOCK_BYTES > from->size) continue;
        memcpy(bad_block(c, block), from->bytes + (size_t)block * BLOCK_BYTES, BLOCK_BYTES);
        try_bad(c, "an old or a foreign one", c->now.size);
    }
}

static void test_blocks(void **state) {
    static struct corrupt c;
    (void)state;
    start(&c);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        uint32_t block = some_block(&c, kind);
        if (is_expected(kind)) assert_int_not_equal(block, UINT32_MAX);
        if (block == UINT32_MAX) continue;
        flip(&c, kind);
        replace(&c, kind);
    }
    end(&c);
}

/* Of both copies. */
static void test_headers(void **state) {
    static struct corrupt c;
    (void)state;
    start(&c);
    for (uint32_t at = 0; at < BLOCK_BYTES; at += 13) {
        bad_block(&c, BLOCK_HEADER_A)[at] ^= 1;
        bad_block(&c, BLOCK_HEADER_B)[at] ^= 1;
        uint32_t refused = c.refused;
        try_bad(&c, "both headers", c.now.size);
        assert_int_equal(c.refused, refused + 1);
    }
    end(&c);
}

static void test_lengths(void **state) {
    static struct corrupt c;
    (void)state;
    start(&c);
    for (uint32_t blocks = 0; blocks < c.blocks; blocks++) {
        try_bad(&c, "cut between blocks", (size_t)blocks * BLOCK_BYTES);
        if (blocks % 8 == 0) try_bad(&c, "cut", (size_t)blocks * BLOCK_BYTES + 1000);
    }
    end(&c);
}

/* All of an older volume but some blocks, and the other way round. */
static void test_mixtures(void **state) {
    static struct corrupt c;
    (void)state;
    start(&c);
    size_t size = c.older.size < c.now.size ? c.older.size : c.now.size;
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t most = 1 + random_below(&c.random, 30);
        for (uint32_t block = BLOCK_ROOT + 2; block < size / BLOCK_BYTES; block++)
            if (random_below(&c.random, most) == 0)
                memcpy(bad_block(&c, block), c.older.bytes + (size_t)block * BLOCK_BYTES,
                       BLOCK_BYTES);
        try_bad(&c, "old and new blocks", c.now.size);
    }
    end(&c);
}

/* Nothing in a volume that is old as a whole says so: the port's counter does. */
static void test_rolled_back(void **state) {
    static struct corrupt c;
    nacre_error error;
    (void)state;
    start(&c);
    disk_put(c.rig->fake, c.older.bytes, c.older.size);
    assert_int_equal(rig_try_open(c.rig, true, &error), NACRE_INTEGRITY);
    assert_string_equal(error.text, "it was rolled back to an older state");
    end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),   cmocka_unit_test(test_headers),
        cmocka_unit_test(test_lengths),  cmocka_unit_test(test_mixtures),
        cmocka_unit_test(test_rolled_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
