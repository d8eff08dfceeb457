/* guest_volume.c - volumes of protected files for the modules of a core. */
#include "core/guest.h"
#include "port/default.h"

enum { IDENTITY_BYTES = 32 };

/* Who the modules are; *identity is NULL where that is only the host's word. NACRE_NO_MEMORY. */
static nacre_status identify(const struct guest *g, uint8_t bytes[IDENTITY_BYTES],
                             const uint8_t **identity) {
    const nacre_module **modules = ALLOC_ARRAY(&g->allocator, const nacre_module *,
                                               g->module_count);
    if (!modules) return NACRE_NO_MEMORY;
    *identity = bytes;
    for (uint32_t i = 0; i < g->module_count; i++) {
        modules[i] = g->modules[i].module;
        if (!g->modules[i].is_itself) *identity = NULL;
    }
    nacre_status status = nacre_pfs_identify(modules, g->module_count, bytes);
    ALLOC_FREE_ARRAY(&g->allocator, modules, g->module_count);
    return status;
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
    uint8_t bytes_of[IDENTITY_BYTES];
    const uint8_t *identity;
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
    if (identify(o->guest, bytes_of, &identity))
        return guest_fail(o, NACRE_NO_MEMORY, "a digest");
    const nacre_pfs_key key = {.kind = (nacre_pfs_key_kind)head.key_kind,
                               .bytes = text,
                               .size = head.key_size,
                               .identity = identity,
                               .signer_key = signer(o->guest),
                               .seal_for = (nacre_pfs_identity)head.seal_for,
                               .seal_to_signer = head.seal_to_signer};
    return open_volume(o, &head, &key, host, guest);
}
