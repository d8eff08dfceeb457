/* place.c - see place.h */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nacre/wasi.h>

static nacre_status fail(nacre_error *error, nacre_status status, const char *text) {
    *error = (nacre_error){.status = status, .offset = NACRE_NO_OFFSET};
    snprintf(error->text, sizeof error->text, "%s", text);
    return status;
}

void place_close(struct place *place) {
    nacre_store_destroy(place->store);
    nacre_tee_close(place->tee);
    free(place->results);
}

static const char *const kinds[] = {[NACRE_TEE_LOCAL] = "local", [NACRE_TEE_SGX] = "sgx",
                                    [NACRE_TEE_SGX_HARDWARE] = "sgx-hw",
                                    [NACRE_TEE_SGX_SIMULATED] = "sgx-sim"};

void place_warn(nacre_tee_kind kind) {
    if (kind == NACRE_TEE_SGX && !nacre_tee_is_there(kind))
        fputs("nacre: note: no SGX here: the enclave is simulated, and nothing in it is protected "
              "from this machine\n", stderr);
}

bool place_kind(const char *name, nacre_tee_kind *kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(name, kinds[i]) != 0) continue;
        *kind = (nacre_tee_kind)i;
        return true;
    }
    return false;
}

/* --- Exports --- */

bool place_export(struct place *place, const struct placed *placed, uint32_t index,
                  struct place_export *item) {
    nacre_tee_export there;
    nacre_item here;
    if (place->tee) {
        if (nacre_tee_get_export(place->tee, placed->number, index, &there, NULL) != NACRE_OK)
            return false;
        *item = (struct place_export){there.kind, there.name, there.name_size};
        return true;
    }
    const nacre_module *module = nacre_instance_module(placed->instance);
    if (nacre_module_export(module, index, &here) != NACRE_OK) return false;
    *item = (struct place_export){here.kind, here.name, here.name_size};
    return true;
}

static bool find_there(struct place *place, const struct placed *placed, const char *name,
                       nacre_functype *type) {
    nacre_tee_export item;
    for (uint32_t i = 0; nacre_tee_get_export(place->tee, placed->number, i, &item, NULL) ==
                         NACRE_OK; i++) {
        if (item.name_size != strlen(name) || memcmp(item.name, name, item.name_size) != 0)
            continue;
        *type = item.type;
        return item.kind == NACRE_EXTERN_FUNC;
    }
    return false;
}

static nacre_status find_here(const struct placed *placed, const char *name, size_t name_size,
                              nacre_extern_kind kind, nacre_extern *item, nacre_error *error) {
    if (nacre_instance_export(placed->instance, name, name_size, item) != NACRE_OK)
        return fail(error, NACRE_NOT_FOUND, "no such export");
    return item->kind == kind ? NACRE_OK : fail(error, NACRE_TYPE, "it is of another kind");
}

bool place_function(struct place *place, const struct placed *placed, const char *name,
                    nacre_functype *type) {
    nacre_extern item;
    nacre_error error;
    if (place->tee) return find_there(place, placed, name, type);
    return find_here(placed, name, strlen(name), NACRE_EXTERN_FUNC, &item, &error) == NACRE_OK &&
           nacre_func_type(place->store, item.of.func, type) == NACRE_OK;
}

/* --- Calls --- */

static nacre_status call_here(struct place *place, nacre_ref func, const nacre_value *args,
                              uint32_t arg_count, const nacre_value **results,
                              uint32_t *result_count, nacre_error *error) {
    nacre_functype type;
    if (nacre_func_type(place->store, func, &type) != NACRE_OK)
        return fail(error, NACRE_ARGUMENT, "the function has no type");
    free(place->results);
    place->results = calloc(type.result_count + 1u, sizeof *place->results);
    if (!place->results) return fail(error, NACRE_NO_MEMORY, "out of memory");
    *results = place->results;
    *result_count = type.result_count;
    return nacre_call(place->store, func, args, arg_count, place->results, type.result_count,
                      error);
}

nacre_status place_call(struct place *place, const struct placed *placed, const char *name,
                        size_t name_size, const nacre_value *args, uint32_t arg_count,
                        const nacre_value **results, uint32_t *result_count,
                        nacre_error *error) {
    nacre_extern item;
    if (place->tee)
        return nacre_tee_invoke(place->tee, placed->number, name, name_size, args, arg_count,
                                results, result_count, error);
    nacre_status status = find_here(placed, name, name_size, NACRE_EXTERN_FUNC, &item, error);
    return status != NACRE_OK ? status
                              : call_here(place, item.of.func, args, arg_count, results,
                                          result_count, error);
}

nacre_status place_global(struct place *place, const struct placed *placed, const char *name,
                          size_t name_size, nacre_value *value, nacre_error *error) {
    nacre_extern item;
    if (place->tee)
        return nacre_tee_global(place->tee, placed->number, name, name_size, value, error);
    nacre_status status = find_here(placed, name, name_size, NACRE_EXTERN_GLOBAL, &item, error);
    if (status == NACRE_OK) nacre_global_get(item.of.global, value);
    return status;
}

nacre_status place_start(struct place *place, const struct placed *placed, nacre_error *error) {
    if (place->tee) return nacre_tee_start(place->tee, placed->number, error);
    return nacre_wasi_run(place->store, placed->instance, error);
}

nacre_status place_register(struct place *place, const struct placed *placed, const char *name,
                            size_t name_size, nacre_error *error) {
    if (place->tee)
        return nacre_tee_register(place->tee, placed->number, name, name_size, error);
    nacre_status status =
        nacre_store_define_instance(place->store, name, name_size, placed->instance);
    return status == NACRE_OK ? status : fail(error, status, "");
}

nacre_referent place_referent(struct place *place, const nacre_value *value) {
    nacre_referent referent = NACRE_REFERENT_NONE;
    if (!place->tee) return nacre_ref_referent(place->store, value);
    if (nacre_tee_referent(place->tee, value, &referent, NULL) != NACRE_OK)
        referent = NACRE_REFERENT_NONE;
    return referent;
}
