/*
 * spec_place.h - where a conformance script's modules live: a store for the whole script, since
 * they may import from each other, in this process or in a core of a TEE; and the modules' files.
 */
#ifndef CLI_SPEC_PLACE_H
#define CLI_SPEC_PLACE_H

#include <jansson.h>

#include "file.h"
#include "place.h"
#include "spec_script.h"

struct spec_module {
    char *path;
    struct module_file file;
    nacre_tee_module number; /* in the core */
    bool is_loaded;
};

/* A module that a core was given compiled, before the script begins. */
struct spec_image {
    const char *name;       /* of the module's file, as the script has it */
    char *path;             /* NULL: it was not compiled ... */
    nacre_error error;      /* ... and why */
    uint32_t number;        /* among those of the core */
};

struct spec_place {
    struct place place;
    const struct script_ways *ways;
    char *folder; /* of the modules' files, with the last '/' */
    struct spec_module **modules;
    size_t module_count;
    struct spec_image *images;
    size_t image_count;
};

/* For the script at `path` with these commands. On failure false and the reason; it is to be
 * closed anyway. */
bool spec_place_open(struct spec_place *place, const struct script_ways *ways, const char *path,
                     const json_t *commands, nacre_error *error);
void spec_place_close(struct spec_place *place);

/* Loads a module of the script. `runs`: it will be instantiated, compiled if that is how. NULL: no
 * memory. Where it is not loaded, *error says why. It stays until the end: also if it trapped
 * while it was instantiated, as its functions may be in another module's table by then. */
struct spec_module *spec_place_load(struct spec_place *place, const char *name, bool runs,
                                    nacre_error *error);

/* *is_compiled: does it run compiled code? */
nacre_status spec_place_instantiate(struct spec_place *place, const struct spec_module *module,
                                    struct placed *placed, bool *is_compiled,
                                    nacre_error *error);

#endif
