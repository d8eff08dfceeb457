/*
 * cache.h - blocks in memory, a fixed number of them, found by object, level and index.
 *
 * A frame that is clean lasts until the next one is added. One that is dirty stays where it is
 * until it is written; so that there are always some that are not, at most half of all are dirty
 * when a step of a change begins (volume_breathe), and a step is short.
 */
#ifndef PFS_CACHE_H
#define PFS_CACHE_H

#include "pfs/volume.h"

enum { CACHE_LEAST = 256 }; /* frames */

enum port_errno cache_create(struct pfs *pfs, uint32_t capacity);
void cache_destroy(struct pfs *pfs);

struct frame *cache_find(struct cache *cache, uint32_t number, uint8_t level, uint64_t index);

/* A clean frame for a block that is in none, in place of the oldest; its bytes are the caller's to
 * fill, and dropped if that fails. */
enum port_errno cache_add(struct cache *cache, uint32_t number, uint8_t level, uint64_t index,
                          struct frame **frame);
void cache_drop(struct cache *cache, struct frame *frame);
/* All that are clean. */
void cache_forget(struct cache *cache);

void cache_set_dirty(struct cache *cache, struct frame *frame, struct object *object);
void cache_set_clean(struct cache *cache, struct frame *frame);

/* The numbers of the dirty frames of a level whose object `wanted` takes, by where they are to be
 * written, in cache.order. */
uint32_t cache_collect(struct cache *cache, uint8_t level, bool (*wanted)(const struct object *));

#endif
