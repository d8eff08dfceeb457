/* cached.c - finding images in the cache, and compiling into it. */
#include <errno.h>
#include <stdio.h>

#include "client/client.h"
#include "crypto/crypto.h"

/* How long a compilation that left no image is not started again behind somebody's back. */
enum { RETRY_SECONDS = 3600 };

nacre_status nacre_cache_find(nacre_cache *cache, const uint8_t module_sha256[32],
                              const nacre_compile_options *options, nacre_cache_entry *entry,
                              nacre_error *error) {
    nacre_compile_options resolved;
    struct cache_key key;
    TRY(options_resolve(options, &resolved, error));
    TRY(cache_key(module_sha256, &resolved, &key, error));
    if (cache_look(cache, &key, entry)) return NACRE_OK;
    return client_fail(error, NACRE_NOT_FOUND, "no image in the cache");
}

/* Images are a few times as large as their modules; what is compiled for later is not waited for,
 * so that it gets its room before. */
static void make_room(nacre_cache *cache, size_t module_size) {
    cache_make_room(cache, (uint64_t)module_size * 4, NULL);
}

struct request {
    nacre_cache *cache;
    struct compile_job job;
    nacre_compile_options options;
    struct cache_key key;
    char path[NACRE_CACHE_PATH];
};

static nacre_status prepare(struct request *r, nacre_cache *cache, const void *bytes, size_t size,
                            const nacre_compile_options *options, nacre_error *error) {
    uint8_t digest[32];
    r->cache = cache;
    TRY(options_resolve(options, &r->options, error));
    r->options.secret_key = NULL;
    crypto_sha256(bytes, size, digest);
    TRY(cache_key(digest, &r->options, &r->key, error));
    snprintf(r->path, sizeof r->path, "%s/%s", cache->path, r->key.image);
    r->job = (struct compile_job){.bytes = bytes, .size = size, .image_path = r->path,
                                  .options = &r->options, .mode = 0600, .lock = -1};
    return NACRE_OK;
}

/* With the lock held: nobody else compiles it now. */
static nacre_status fill(struct request *r, int lock, nacre_cache_entry *entry,
                         nacre_error *error) {
    if (cache_look(r->cache, &r->key, entry)) return NACRE_OK;
    make_room(r->cache, r->job.size);
    claim_note_attempt(lock);
    r->job.bound = true;
    TRY(compile_and_wait(&r->job, error));
    if (cache_look(r->cache, &r->key, entry)) {
        cache_make_room(r->cache, entry->size_bytes, r->key.image);
        return NACRE_OK;
    }
    return client_fail(error, NACRE_IO, "the image vanished from the cache");
}

nacre_status nacre_cache_compile(nacre_cache *cache, const void *bytes, size_t size,
                                 const nacre_compile_options *options, nacre_cache_entry *entry,
                                 nacre_error *error) {
    struct request r;
    int lock;
    TRY(prepare(&r, cache, bytes, size, options, error));
    if (cache_look(cache, &r.key, entry)) return NACRE_OK;
    if (claim_take(cache, r.key.lock, true, &lock) != CLAIM_HELD)
        return client_fail_io(error, cache->path, errno);
    nacre_status status = fill(&r, lock, entry, error);
    claim_release(cache, r.key.lock, lock, status == NACRE_OK);
    return status;
}

/* The lock goes to the compiler, and so lasts as long as that runs. */
static nacre_status start(struct request *r, int lock, nacre_compilation **compilation,
                          nacre_error *error) {
    nacre_cache_entry entry;
    if (cache_look(r->cache, &r->key, &entry))
        return client_fail(error, NACRE_LIMIT, "somebody has compiled it just now");
    if (claim_was_tried(lock, RETRY_SECONDS))
        return client_fail(error, NACRE_LIMIT, "it was tried not long ago");
    make_room(r->cache, r->job.size);
    claim_note_attempt(lock);
    r->job.lock = lock;
    r->job.alone = true;
    return compile_start(&r->job, compilation, error);
}

nacre_status nacre_cache_start(nacre_cache *cache, const void *bytes, size_t size,
                               const nacre_compile_options *options,
                               nacre_compilation **compilation, nacre_error *error) {
    struct request r;
    int lock;
    TRY(prepare(&r, cache, bytes, size, options, error));
    switch (claim_take(cache, r.key.lock, false, &lock)) {
    case CLAIM_BUSY: return client_fail(error, NACRE_LIMIT, "somebody is compiling it");
    case CLAIM_FAILED: return client_fail_io(error, cache->path, errno);
    case CLAIM_HELD: break;
    }
    nacre_status status = start(&r, lock, compilation, error);
    claim_release(cache, r.key.lock, lock, false);
    return status;
}
