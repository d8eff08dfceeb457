/* disk.c - see disk.h */
#include "disk.h"

/* --- Images --- */

/* Those that were given back, as new memory takes longer than all that is done with it. */
static struct image spares[8];

static void image_give(struct image *image) {
    for (uint32_t i = 0; i < 8; i++) {
        if (spares[i].bytes) continue;
        spares[i] = *image;
        return;
    }
    free(image->bytes);
}

static void image_take(struct image *image) {
    for (uint32_t i = 0; i < 8; i++) {
        if (!spares[i].bytes) continue;
        *image = (struct image){spares[i].bytes, 0, spares[i].capacity};
        spares[i] = (struct image){0};
        return;
    }
}

static void image_reserve(struct image *image, size_t size) {
    if (size <= image->capacity) return;
    image->capacity = size + size / 2;
    image->bytes = realloc(image->bytes, image->capacity);
    assert_non_null(image->bytes);
}

static void image_resize(struct image *image, size_t size) {
    image_reserve(image, size);
    if (size > image->size) memset(image->bytes + image->size, 0, size - image->size);
    image->size = size;
}

static void image_write(struct image *image, uint64_t offset, const uint8_t *bytes, size_t size) {
    if (!size) return;
    if (offset + size > image->size) image_resize(image, (size_t)offset + size);
    memcpy(image->bytes + offset, bytes, size);
}

static void image_copy(struct image *image, const struct image *from) {
    image_reserve(image, from->size);
    memcpy(image->bytes, from->bytes, from->size);
    image->size = from->size;
}

static void image_apply(struct image *image, const struct disk_event *event) {
    if (event->kind == DISK_WRITE) image_write(image, event->offset, event->bytes, event->size);
    if (event->kind == DISK_RESIZE) image_resize(image, (size_t)event->offset);
}

/* Some sectors of a write; now and then one of them ends in the middle. */
static void image_apply_sectors(struct image *image, const struct disk_event *event,
                                uint64_t *random) {
    for (size_t at = 0; at < event->size; at += SECTOR_BYTES) {
        size_t size = event->size - at < SECTOR_BYTES ? event->size - at : SECTOR_BYTES;
        if (random_below(random, 2)) continue;
        if (!random_below(random, 32)) size = random_below(random, (uint32_t)size);
        image_write(image, event->offset + at, event->bytes + at, size);
    }
}

static void image_apply_some(struct image *image, const struct disk_event *event,
                             uint64_t *random) {
    uint32_t luck = random_below(random, 4);
    if (luck == 3 && event->kind == DISK_WRITE) image_apply_sectors(image, event, random);
    else if (luck) image_apply(image, event);
}

/* --- What happens --- */

static struct disk_event *add_event(struct disk *disk) {
    if (disk->count == disk->capacity) {
        disk->capacity = disk->capacity ? 2 * disk->capacity : 64;
        disk->events = realloc(disk->events, disk->capacity * sizeof *disk->events);
        assert_non_null(disk->events);
    }
    disk->events[disk->count] = (struct disk_event){.kind = DISK_SYNC};
    return &disk->events[disk->count++];
}

static void add_resize(struct disk *disk, uint64_t size) {
    struct disk_event *event = add_event(disk);
    event->kind = DISK_RESIZE;
    event->offset = size;
}

static void add_write(struct disk *disk, uint64_t offset, const uint8_t *bytes, size_t size) {
    struct disk_event *event = add_event(disk);
    *event = (struct disk_event){DISK_WRITE, offset, size, malloc(size ? size : 1)};
    assert_non_null(event->bytes);
    memcpy(event->bytes, bytes, size);
}

#define INNER(name, ...) fake_port(disk->fake)->files->name(disk->fake, __VA_ARGS__)

static enum port_errno open_root(void *context, const char *dir_path, uint64_t *dir) {
    const struct disk *disk = context;
    return INNER(open_root, dir_path, dir);
}

static enum port_errno open_name(void *context, uint64_t dir, const char *name, uint32_t how,
                                 uint64_t *file) {
    const struct disk *disk = context;
    return INNER(open, dir, name, how, file);
}

static enum port_errno file_stat(void *context, uint64_t file, struct port_stat *stat) {
    const struct disk *disk = context;
    return INNER(file_stat, file, stat);
}

static enum port_errno close_any(void *context, uint64_t file) {
    const struct disk *disk = context;
    return INNER(close, file);
}

/* One span of a volume's, which may be cut short. */
static struct port_span part_of(const struct disk *disk, const struct port_span *spans,
                                uint32_t count) {
    struct port_span span = spans[0];
    assert_int_equal(count, 1);
    if (disk->is_short && span.size > 100) span.size -= span.size / 3;
    return span;
}

static enum port_errno read_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size) {
    const struct disk *disk = context;
    const struct port_span span = part_of(disk, spans, count);
    return INNER(read_at, file, &span, 1, offset, size);
}

static enum port_errno write_at(void *context, uint64_t file, const struct port_span *spans,
                                uint32_t count, uint64_t offset, size_t *size) {
    struct disk *disk = context;
    const struct port_span span = part_of(disk, spans, count);
    if (disk->limit && offset + span.size > disk->limit) return PORT_ENOSPC;
    enum port_errno error = INNER(write_at, file, &span, 1, offset, size);
    if (!error) add_write(disk, offset, span.bytes, *size);
    return error;
}

static enum port_errno resize(void *context, uint64_t file, uint64_t size) {
    struct disk *disk = context;
    if (disk->limit && size > disk->limit) return PORT_ENOSPC;
    enum port_errno error = INNER(resize, file, size);
    if (!error) add_resize(disk, size);
    return error;
}

static enum port_errno allocate(void *context, uint64_t file, uint64_t offset, uint64_t size) {
    struct disk *disk = context;
    struct port_stat stat;
    if (disk->is_unprepared) return PORT_ENOTSUP;
    if (disk->limit && offset + size > disk->limit) return PORT_ENOSPC;
    enum port_errno error = INNER(file_stat, file, &stat);
    if (!error) error = INNER(allocate, file, offset, size);
    if (!error && offset + size > stat.size) add_resize(disk, offset + size);
    return error;
}

static enum port_errno sync_file(void *context, uint64_t file, bool data_only) {
    struct disk *disk = context;
    enum port_errno error = INNER(sync, file, data_only);
    if (!error) add_event(disk);
    return error;
}

/* --- The whole --- */

static struct disk *make(struct fake *fake) {
    struct disk *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    disk->fake = fake;
    image_take(&disk->durable);
    image_take(&disk->seen);
    disk->files = (struct port_files){
        .open_root = open_root, .open = open_name, .file_stat = file_stat, .close = close_any,
        .read_at = read_at, .write_at = write_at, .resize = resize, .allocate = allocate,
        .sync = sync_file,
    };
    disk->port = *fake_port(fake);
    disk->port.files = &disk->files;
    disk->port.files_context = disk;
    return disk;
}

struct disk *disk_new(struct fake *fake) {
    struct disk *disk = make(fake);
    size_t size;
    const uint8_t *bytes = fake_contents(fake, "volume/nacre.pfs", &size);
    assert_non_null(bytes);
    image_write(&disk->durable, 0, bytes, size);
    return disk;
}

void disk_destroy(struct disk *disk) {
    for (size_t i = disk->borrowed; i < disk->count; i++) free(disk->events[i].bytes);
    free(disk->events);
    image_give(&disk->durable);
    image_give(&disk->seen);
    free(disk);
}

void disk_put(struct fake *fake, const uint8_t *bytes, size_t size) {
    const struct port_files *files = fake_port(fake)->files;
    const struct port_span span = {(uint8_t *)(uintptr_t)bytes, size};
    uint64_t dir, file;
    size_t moved;
    OK(files->open_root(fake, "volume", &dir));
    OK(files->open(fake, dir, "nacre.pfs", PORT_OPEN_WRITE | PORT_OPEN_TRUNCATE, &file));
    OK(files->write_at(fake, file, &span, 1, 0, &moved));
    OK(files->close(fake, file));
    OK(files->close(fake, dir));
}

/* All up to the last sync of the first `count` events is safe. */
static void settle(struct disk *disk, size_t count) {
    while (count && disk->events[count - 1].kind != DISK_SYNC) count--;
    assert_true(count >= disk->durable_count || disk->durable_count == 0);
    for (; disk->durable_count < count; disk->durable_count++)
        image_apply(&disk->durable, &disk->events[disk->durable_count]);
}

struct disk *disk_fork(struct disk *disk, size_t count, bool forgets) {
    struct disk *fork = make(disk->fake);
    settle(disk, count);
    image_copy(&fork->durable, &disk->durable);
    for (size_t i = disk->durable_count; i < count && !forgets; i++)
        *add_event(fork) = disk->events[i];
    fork->borrowed = fork->count;
    disk_cut(disk, count, DISK_ALL, NULL);
    return fork;
}

void disk_cut(struct disk *disk, size_t count, enum disk_cut how, uint64_t *random) {
    settle(disk, count);
    image_copy(&disk->seen, &disk->durable);
    uint32_t left = (uint32_t)(count - disk->durable_count);
    bool is_one = how == DISK_SOME && left && random_below(random, 2);
    size_t one = is_one ? disk->durable_count + random_below(random, left) : count;
    for (size_t i = disk->durable_count; i < count; i++) {
        if (how == DISK_ALL || (is_one && i != one)) image_apply(&disk->seen, &disk->events[i]);
        else if (how == DISK_SOME) image_apply_some(&disk->seen, &disk->events[i], random);
    }
    disk_put(disk->fake, disk->seen.bytes, disk->seen.size);
}

size_t disk_syncs(const struct disk *disk, size_t from, size_t count) {
    size_t syncs = 0;
    for (size_t i = from; i < count; i++) syncs += disk->events[i].kind == DISK_SYNC;
    return syncs;
}
