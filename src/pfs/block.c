/* block.c - see block.h */
#include "pfs/block.h"

enum { BOUND_BYTES = 16 };

/* Which block of which object it is. Pointers say so already; but a mistake of the cache's would
 * show. */
static void bind(uint8_t bound[BOUND_BYTES], const struct object *object, uint8_t level,
                 uint64_t index) {
    store_u32(bound, object->number);
    store_u32(bound + 4, level);
    store_u64(bound + 8, index);
}

static void nonce_bytes(uint8_t bytes[12], nonce value) {
    store_u64(bytes, (uint64_t)value);
    store_u32(bytes + 8, (uint32_t)(value >> 64));
}

enum port_errno block_seal(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const uint8_t *plain, uint32_t at, struct pointer *pointer) {
    uint8_t bound[BOUND_BYTES], nonce[12], *place;
    struct pointer sealed = {.block = at, .nonce = volume_nonce(pfs)};
    enum port_errno error = store_place(&pfs->store, at, &place);
    if (error) return volume_fail(pfs, error);
    bind(bound, object, level, index);
    nonce_bytes(nonce, sealed.nonce);
    if (crypto_gcm_seal(&object->key, nonce, bound, sizeof bound, plain, BLOCK_BYTES, place,
                        sealed.tag))
        return volume_fail(pfs, PORT_ENOMEM);
    *pointer = sealed;
    return PORT_OK;
}

/* While a volume's key is replaced, what was written before is under the old one. */
static struct crypto_gcm *key_of(struct pfs *pfs, struct object *object,
                                 const struct pointer *pointer) {
    bool is_old = pfs->has_old_key && object->number < INODE_ROOT &&
                  !pointer_is_fresh(pfs, pointer);
    return is_old ? &pfs->old_key : &object->key;
}

enum port_errno block_open(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const struct pointer *pointer, const uint8_t *sealed, uint8_t *plain) {
    uint8_t bound[BOUND_BYTES], nonce[12];
    bind(bound, object, level, index);
    nonce_bytes(nonce, pointer->nonce);
    if (crypto_gcm_open(key_of(pfs, object, pointer), nonce, bound, sizeof bound, sealed,
                        BLOCK_BYTES, pointer->tag, plain))
        return volume_broken(pfs, level ? "a block of pointers" : "a block", object->number,
                             index);
    return PORT_OK;
}

enum port_errno block_read(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const struct pointer *pointer, uint8_t *plain) {
    enum port_errno error = store_read(&pfs->store, pointer->block, 1, pfs->buffer);
    if (error == PORT_EBADMSG)
        return volume_broken(pfs, "the end of the volume", object->number, index);
    return error ? error : block_open(pfs, object, level, index, pointer, pfs->buffer, plain);
}
