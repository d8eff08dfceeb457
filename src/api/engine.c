/* engine.c - implements nacre/engine.h */
#include <nacre/engine.h>

#include "api/api.h"
#include "exec/hosts.h"
#include "port/default.h"

const char *nacre_version(void) { return NACRE_VERSION; }

void nacre_config_init(nacre_config *config) { *config = (nacre_config){.spares = 16}; }

void nacre_limits_init(nacre_limits *limits) {
    *limits = (nacre_limits){.fuel = NACRE_UNLIMITED,
                             .deadline_ms = NACRE_UNLIMITED,
                             .memory_bytes = NACRE_UNLIMITED,
                             .table_elements = 10000000,
                             .stack_bytes = 8u << 20,
                             .reserve_bytes = NACRE_UNLIMITED,
                             .instances = 10000,
                             .files = 1024,
                             .threads = 1};
}

const char *nacre_feature_name(uint32_t index) {
    const uint32_t first = WASM_FEATURE_MVP + 1;
    return index < WASM_FEATURE_COUNT - first ? wasm_feature_name(first + index) : NULL;
}

nacre_status nacre_config_switch(nacre_config *config, const char *feature, bool on) {
    const char *name;
    size_t size = strlen(feature);
    for (uint32_t i = 0; (name = nacre_feature_name(i)); i++) {
        if (strlen(name) != size || memcmp(name, feature, size) != 0) continue;
        config->features_off &= ~(1u << i);
        if (!on) config->features_off |= 1u << i;
        return NACRE_OK;
    }
    return NACRE_NOT_FOUND;
}

enum { SPARES_MAX = 65536 };

nacre_status nacre_engine_create(const nacre_config *config, nacre_engine **engine) {
    nacre_config defaults;
    nacre_config_init(&defaults);
    if (!config) config = &defaults;
    struct allocator a = config->allocator.resize
        ? (struct allocator){config->allocator.resize, config->allocator.context}
        : port_default_allocator();
    nacre_engine *e = ALLOC_NEW(&a, nacre_engine);
    if (!e) return NACRE_NO_MEMORY;
    e->engine = (struct engine){.allocator = a, .port = port_default(),
                                .metering = config->metering, .profile = config->profile,
                                .features = ~(config->features_off << (WASM_FEATURE_MVP + 1)),
                                .deterministic = config->deterministic,
                                .gc_stress = config->gc_stress,
                                .spare_count = u32_min(config->spares, SPARES_MAX)};
    const struct port *port = e->engine.port;
    struct hash_key key;
    nacre_status status = port->random(port->context, (uint8_t *)&key, sizeof key);
    if (status == NACRE_OK && !spares_init(&e->engine.stores, &a, e->engine.spare_count))
        status = NACRE_NO_MEMORY;
    if (status == NACRE_OK && !wasm_types_init(&e->engine.types, &e->engine.allocator, &key))
        status = NACRE_NO_MEMORY;
    if (status != NACRE_OK) {
        spares_deinit(&e->engine.stores, &a);
        ALLOC_FREE(&a, e);
        return status;
    }
    *engine = e;
    return NACRE_OK;
}

void nacre_engine_destroy(nacre_engine *engine) {
    if (!engine) return;
    struct allocator a = engine->engine.allocator;
    nacre_store *spare;
    while ((spare = spares_take(&engine->engine.stores))) api_release_store(spare);
    spares_deinit(&engine->engine.stores, &a);
    hosts_deinit(&engine->engine);
    wasm_types_deinit(&engine->engine.types);
    ALLOC_FREE(&a, engine);
}
