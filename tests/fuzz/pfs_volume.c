/*
 * pfs_volume.c - fuzz target: volumes that somebody made who has the key and no scruples. What is
 * in a small volume is changed, sealed as it ought to be, and used: whatever it says, there is an
 * error or something to read, and no more.
 *
 * The input: changes of 6 bytes, which block of which object (2), an offset (2), a byte, and what
 * it is mixed with; then, behind a change with object 0xFF, what is done to the volume, a byte
 * each.
 */
#include <stdlib.h>
#include <string.h>

#include "pfs/commit.h"
#include "pfs/inodes.h"
#include "pfs/pfs.h"
#include "pfs/tree.h"
#include "port/fake/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())
enum { CHANGE_BYTES = 6, END = 0xFF, ACTIONS_MAX = 64 };

static const uint8_t key_bytes[32] = {9};
static const struct pfs_key key = {.kind = PFS_KEY_FILE, .bytes = key_bytes, .size = 32};
static const struct pfs_options options = {.cache_blocks = 1};

/* --- A volume with something of everything --- */

static void put(struct pfs *pfs, uint64_t dir, const char *name, uint64_t offset, size_t size) {
    static uint8_t bytes[40000];
    const struct port_span span = {bytes, size};
    uint64_t file;
    size_t moved;
    MUST(!pfs_files.open(pfs, dir, name, PORT_OPEN_WRITE | PORT_OPEN_CREATE, &file));
    MUST(!pfs_files.write_at(pfs, file, &span, 1, offset, &moved));
    MUST(!pfs_files.close(pfs, file));
}

static void fill(struct pfs *pfs) {
    uint64_t root, dir;
    char name[16] = "file-";
    MUST(!pfs_files.open_root(pfs, "", &root));
    MUST(!pfs_files.make_dir(pfs, root, "d"));
    MUST(!pfs_files.open(pfs, root, "d", PORT_OPEN_READ | PORT_OPEN_DIRECTORY, &dir));
    for (int i = 0; i < 200; i++) { /* more than a leaf */
        name[5] = (char)('a' + i % 16);
        name[6] = (char)('a' + i / 16);
        put(pfs, i < 180 ? dir : root, name, 0, (size_t)(i % 5) * 2000);
    }
    put(pfs, root, "large", 0, 40000);
    put(pfs, root, "large", UINT64_C(1) << 32, 100);
    MUST(!pfs_files.symlink(pfs, "large", root, "link"));
    put(pfs, root, "orphan", 0, 5000);
    MUST(!pfs_files.open(pfs, root, "orphan", PORT_OPEN_READ, &dir));
    MUST(!pfs_files.unlink(pfs, root, "orphan"));
    MUST(!pfs_files.commit(pfs));
}

static struct {
    uint8_t *bytes;
    size_t size;
} made;

static struct fake *with_volume(const void *bytes, size_t size) {
    struct fake *fake = fake_create();
    fake_dir(fake, "v");
    if (bytes) fake_file(fake, "v/nacre.pfs", bytes, size);
    return fake;
}

static void make(void) {
    struct fake *fake = with_volume(NULL, 0);
    struct pfs *pfs;
    nacre_error error;
    const uint8_t *bytes;
    MUST(!pfs_create(fake_allocator(fake), fake_port(fake), "v", &key, &error));
    MUST(!pfs_open(fake_allocator(fake), fake_port(fake), "v", &key, &options, &pfs, &error));
    fill(pfs);
    bytes = fake_contents(fake, "v/nacre.pfs", &made.size);
    made.bytes = malloc(made.size);
    MUST(made.bytes);
    memcpy(made.bytes, bytes, made.size);
    (void)pfs_close(pfs, &error);
    fake_destroy(fake);
}

/* --- Changes --- */

/* Of the root, which is read as it was written. */
static void change_root(struct pfs *pfs, size_t offset, uint8_t byte, uint8_t mask) {
    uint8_t bytes[ROOT_BYTES - ROOT_CLEAR];
    struct root changed = pfs->root;
    root_write(bytes, &pfs->root);
    offset %= sizeof bytes;
    bytes[offset] = (uint8_t)((bytes[offset] & ~mask) | (byte & mask));
    if (!root_read(bytes, &changed)) return;
    changed.first = pfs->root.first;
    changed.behind = pfs->root.behind;
    changed.sequence = pfs->root.sequence;
    pfs->root = changed;
}

static void change(struct pfs *pfs, const uint8_t *c) {
    struct inode *inode = NULL;
    struct object *object = c[0] == OBJECT_INODES ? &pfs->inodes : &pfs->space_map;
    struct frame *f;
    size_t offset = (size_t)(c[2] | c[3] << 8) % BLOCK_BYTES;
    if (c[0] == 0xFE) {
        change_root(pfs, offset, c[4], c[5]);
        return;
    }
    if (c[0] >= INODE_ROOT) {
        if (c[0] >= pfs->root.inode_count || inode_open_any(pfs, c[0], &inode) || !inode) return;
        if (inode_touch(pfs, inode)) return;
        object = &inode->object;
    }
    if (!tree_edit(pfs, object, c[1], TREE_KEEP, &f))
        f->bytes[offset] = (uint8_t)((f->bytes[offset] & ~c[5]) | (c[4] & c[5]));
    pfs->is_changed = true;
    if (inode) (void)inode_close(pfs, inode);
}

/* --- Uses --- */

static void use_name(struct pfs *pfs, uint64_t dir, const char *name, uint8_t what) {
    static uint8_t bytes[20000];
    const struct port_span span = {bytes, sizeof bytes};
    struct port_stat stat;
    char target[100];
    uint64_t file;
    size_t size;
    switch (what % 8) {
    case 0: (void)pfs_files.stat(pfs, dir, name, &stat); break;
    case 1: (void)pfs_files.unlink(pfs, dir, name); break;
    case 2: (void)pfs_files.remove_dir(pfs, dir, name); break;
    case 3: (void)pfs_files.rename(pfs, dir, name, dir, "other"); break;
    case 4: (void)pfs_files.read_link(pfs, dir, name, target, sizeof target, &size); break;
    case 5: (void)pfs_files.make_dir(pfs, dir, name); break;
    default:
        if (pfs_files.open(pfs, dir, name, PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE,
                           &file))
            break;
        (void)pfs_files.read(pfs, file, &span, 1, &size);
        (void)pfs_files.write_at(pfs, file, &span, 1, (uint64_t)what * 1000, &size);
        (void)pfs_files.resize(pfs, file, (uint64_t)what * 300);
        (void)pfs_files.close(pfs, file);
    }
}

static void use(struct pfs *pfs, const uint8_t *actions, size_t count) {
    static const char *const names[] = {"large",   "link",  "d",  "file-ka",
                                        "file-aa", "other", "new"};
    struct port_entry entries[8];
    struct pfs_report report = {0};
    nacre_error error;
    uint64_t root, dir = 0, cookie = 0;
    uint32_t listed = 0;
    if (pfs_files.open_root(pfs, "", &root)) return;
    bool has_dir = !pfs_files.open(pfs, root, "d", PORT_OPEN_READ | PORT_OPEN_DIRECTORY, &dir);
    for (size_t i = 0; i < count && i < ACTIONS_MAX; i++) {
        uint64_t in = has_dir && actions[i] & 0x80 ? dir : root;
        use_name(pfs, in, names[actions[i] / 8 % 7], actions[i]);
        if (!pfs_files.read_dir(pfs, in, cookie, entries, 8, &listed) && listed)
            cookie = entries[listed - 1].next;
    }
    (void)pfs_check(pfs, &report, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pfs *pfs;
    nacre_error error;
    if (!made.bytes) make();
    struct fake *fake = with_volume(made.bytes, made.size);
    MUST(!pfs_open(fake_allocator(fake), fake_port(fake), "v", &key, &options, &pfs, &error));
    MUST(!volume_breathe(pfs));
    for (; size >= CHANGE_BYTES && data[0] != END; data += CHANGE_BYTES, size -= CHANGE_BYTES)
        change(pfs, data);
    (void)commit_all(pfs);
    (void)pfs_close(pfs, &error);
    if (!pfs_open(fake_allocator(fake), fake_port(fake), "v", &key, &options, &pfs, &error)) {
        use(pfs, data, size);
        (void)pfs_close(pfs, &error);
    }
    MUST(fake_live_allocations(fake) == 0 && fake_open_files(fake) == 0);
    fake_destroy(fake);
    return 0;
}
