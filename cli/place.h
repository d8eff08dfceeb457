/*
 * place.h - where modules are instantiated and called: in this process, or in a core of a TEE.
 * What does not depend on it is written once.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <nacre/tee.h>

struct place {
    nacre_store *store; /* in this process; NULL: in the core */
    nacre_tee *tee;
    nacre_value *results; /* of the last call in this process */
};

/* An instance there. */
struct placed {
    nacre_instance *instance;
    nacre_tee_instance number;
};

/* An export; pointers are valid until something else is asked or called there. */
struct place_export {
    nacre_extern_kind kind;
    const char *name; /* does not end with a NUL */
    size_t name_size;
};

/* Closes the core, or destroys the store. */
void place_close(struct place *place);

/* False: there is none of that name. */
#define PLACE_KINDS "local, sgx, sgx-hw or sgx-sim"
bool place_kind(const char *name, nacre_tee_kind *kind);

/* Says on stderr what a user of that kind here has to know. */
void place_warn(nacre_tee_kind kind);

/* The one at `index`; false past the end. */
bool place_export(struct place *place, const struct placed *placed, uint32_t index,
                  struct place_export *item);
/* The type of a function that is exported by this name. False: there is none. */
bool place_function(struct place *place, const struct placed *placed, const char *name,
                    nacre_functype *type);

/* Results are valid until the next call there. */
nacre_status place_call(struct place *place, const struct placed *placed, const char *name,
                        size_t name_size, const nacre_value *args, uint32_t arg_count,
                        const nacre_value **results, uint32_t *result_count, nacre_error *error);
nacre_status place_global(struct place *place, const struct placed *placed, const char *name,
                          size_t name_size, nacre_value *value, nacre_error *error);
/* As a program. */
nacre_status place_start(struct place *place, const struct placed *placed, nacre_error *error);
nacre_status place_register(struct place *place, const struct placed *placed, const char *name,
                            size_t name_size, nacre_error *error);
nacre_referent place_referent(struct place *place, const nacre_value *value);

#endif
