/* guest_volume.c - volumes of protected files for the modules of a core. */
#include "core/guest.h"
#include "crypto/crypto.h"
#include "port/default.h"

enum { DIGEST_BYTES = 32 };

/* Who the modules are: the digest of the only one, or that of all their digests, so that nobody
 * becomes another one by what is loaded with it. */
static nacre_status identify(const struct guest *g, uint8_t identity[DIGEST_BYTES]) {
    struct crypto_sha256_stream stream;
    uint8_t digest[DIGEST_BYTES];
    if (g->module_count == 1) {
        nacre_module_sha256(g->modules[0].module, identity);
        return NACRE_OK;
    }
    TRY(crypto_sha256_begin(&stream));
    for (uint32_t i = 0; i < g->module_count; i++) {
        nacre_module_sha256(g->modules[i].module, digest);
        crypto_sha256_add(&stream, digest, sizeof digest);
    }
    crypto_sha256_end(&stream, identity);
    return NACRE_OK;
}

/* Who signed all of them; NULL: nobody did. */
static const uint8_t *signer(const struct guest *g) {
    for (uint32_t i = 0; i < g->module_count; i++)
        if (!g->modules[i].has_key ||
            memcmp(g->modules[i].key, g->modules[0].key, ORDER_KEY_BYTES) != 0)
            return NULL;
    return g->modules[0].key;
}

static nacre_status open_volume(const struct guest_order *o, const struct order_volume *head,
                                const nacre_pfs_key *key, const char *host, const char *guest) {
    struct guest *g = o->guest;
    nacre_error error;
    nacre_status status = nacre_wasi_add_protected_dir(g->wasi, host, guest, key,
                                                       head->read_only, &error);
    if (status == NACRE_OK) return status;
    if (status != NACRE_NOT_FOUND || !head->may_create) {
        *o->error = error;
        return status;
    }
    TRY(nacre_pfs_create(g->engine, host, key, o->error));
    return nacre_wasi_add_protected_dir(g->wasi, host, guest, key, head->read_only, o->error);
}

nacre_status guest_add_volume(const struct guest_order *o, const uint8_t *bytes, size_t size) {
    const bool seals = port_default()->seal != NULL;
    struct order_volume head;
    uint8_t identity[DIGEST_BYTES];
    if (size < sizeof head) return guest_fail(o, NACRE_ARGUMENT, "a volume without its head");
    memcpy(&head, bytes, sizeof head);
    const char *text = (const char *)bytes + sizeof head, *end = (const char *)bytes + size;
    if (head.key_size > (size_t)(end - text) || head.read_only > 1 || head.may_create > 1 ||
        head.seal_to_signer > 1)
        return guest_fail(o, NACRE_ARGUMENT, "a volume that can't be");
    const char *host = text + head.key_size, *guest = host + strlen(host) + 1;
    if (guest > end || guest + strlen(guest) != end)
        return guest_fail(o, NACRE_ARGUMENT, "a volume without its two names");
    if (seals != (head.key_kind == NACRE_PFS_SEALED))
        return guest_fail(o, NACRE_UNSUPPORTED,
                          seals ? "this core takes no keys from its host: volumes are sealed"
                                : "this core can't seal: volumes have a key");
    if (identify(o->guest, identity)) return guest_fail(o, NACRE_NO_MEMORY, "a digest");
    const nacre_pfs_key key = {.kind = (nacre_pfs_key_kind)head.key_kind,
                               .bytes = text,
                               .size = head.key_size,
                               .module_sha256 = identity,
                               .signer_key = signer(o->guest),
                               .seal_for = (nacre_pfs_identity)head.seal_for,
                               .seal_to_signer = head.seal_to_signer};
    return open_volume(o, &head, &key, host, guest);
}
