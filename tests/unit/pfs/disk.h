/*
 * disk.h - the disk below a volume of the fake port: it remembers each change of the volume's
 * file, and makes what a power cut would have left of them: all up to a sync, and of later ones
 * whatever it likes, by sectors. It can be small, and slow to take or give what it is asked for.
 */
#ifndef TESTS_PFS_DISK_H
#define TESTS_PFS_DISK_H

#include "rig.h"

enum { SECTOR_BYTES = 512 };

struct image {
    uint8_t *bytes;
    size_t size, capacity;
};

struct disk_event {
    enum { DISK_WRITE, DISK_RESIZE, DISK_SYNC } kind;
    uint64_t offset; /* RESIZE: the size */
    size_t size;
    uint8_t *bytes;
};

struct disk {
    struct fake *fake;
    struct port port; /* what a volume is given */
    struct port_files files;
    struct disk_event *events;
    size_t count, capacity;
    size_t borrowed; /* the first events: another disk's */
    struct image durable; /* what the first events leave for certain */
    size_t durable_count;
    struct image seen; /* by who opens it after a cut */
    /* At will: */
    uint64_t limit;     /* the file gets no larger: ENOSPC; 0: as large as it likes */
    bool is_short;      /* no call moves all bytes */
    bool is_unprepared; /* room can't be allocated */
};

/* Under a volume that is closed, from now on. */
struct disk *disk_new(struct fake *fake);
void disk_destroy(struct disk *disk);

/* A disk on which the first `count` events of another one happened; all of them can be seen, as by
 * the next process. One that forgets had a sync fail: what was not on the disk is taken for
 * written, and no later sync writes it. */
struct disk *disk_fork(struct disk *disk, size_t count, bool forgets);

/* The volume's file becomes what a power cut after `count` events leaves; a later call has as many
 * or more. SOME: of what was not synced, half of the time one event only is missing. */
enum disk_cut { DISK_ALL, DISK_SOME, DISK_SYNCED };
void disk_cut(struct disk *disk, size_t count, enum disk_cut how, uint64_t *random);

/* How many of the first `count` events are syncs. */
size_t disk_syncs(const struct disk *disk, size_t from, size_t count);

/* The same by bytes from elsewhere. */
void disk_put(struct fake *fake, const uint8_t *bytes, size_t size);

#endif
