/*
 * module.c - fuzz target: any bytes are decoded and validated; a module that is valid and imports
 * nothing is instantiated, and its exported functions are called with zeros, under small limits.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <nacre/instance.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES_MAX = 1000, FUEL = 100000 };

static void call(nacre_store *store, nacre_ref func) {
    static nacre_value args[VALUES_MAX], results[VALUES_MAX];
    nacre_functype type;
    nacre_error error;
    if (nacre_func_type(store, func, &type) != NACRE_OK) return;
    memset(args, 0, sizeof args);
    for (uint32_t i = 0; i < type.param_count; i++) args[i].kind = type.params[i];
    nacre_store_set_fuel(store, FUEL);
    nacre_status status =
        nacre_call(store, func, args, type.param_count, results, type.result_count, &error);
    /* NACRE_ARGUMENT: null, where a parameter's type does not have it */
    if (status != NACRE_OK && status != NACRE_TRAP && status != NACRE_LIMIT &&
        status != NACRE_EXCEPTION && status != NACRE_ARGUMENT)
        __builtin_trap();
}

static void run(nacre_store *store, const nacre_module *module) {
    nacre_instance *instance;
    nacre_error error;
    nacre_item item;
    nacre_extern found;
    if (nacre_instance_create(store, module, &instance, &error) != NACRE_OK) return;
    for (uint32_t i = 0; nacre_module_export(module, i, &item) == NACRE_OK && i < 20; i++) {
        if (nacre_instance_export(instance, item.name, item.name_size, &found) != NACRE_OK)
            __builtin_trap();
        if (found.kind == NACRE_EXTERN_FUNC) call(store, found.of.func);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nacre_config config;
    nacre_limits limits;
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module = NULL;
    nacre_error error;
    nacre_config_init(&config);
    config.metering = true;
    nacre_limits_init(&limits);
    limits.fuel = FUEL;
    limits.deadline_ms = 1000; /* waits that nobody ends */
    limits.memory_bytes = 1u << 24;
    limits.table_elements = 10000;
    limits.stack_bytes = 1u << 17;
    if (nacre_engine_create(&config, &engine) != NACRE_OK) return 0;
    if (nacre_store_create(engine, &limits, &store) == NACRE_OK) {
        if (nacre_module_create(engine, data, size, &module, &error) == NACRE_OK)
            run(store, module);
        nacre_store_destroy(store);
    }
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    return 0;
}
