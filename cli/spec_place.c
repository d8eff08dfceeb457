/* spec_place.c - see spec_place.h */
#include "spec_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nacre/image.h>

#include "spec_host.h"

static bool no_memory(nacre_error *error) {
    *error = (nacre_error){.status = NACRE_NO_MEMORY, .offset = NACRE_NO_OFFSET};
    return false;
}

/* What follows the folder; to be freed. */
static char *module_path(const struct spec_place *place, const char *name) {
    size_t size = strlen(place->folder) + strlen(name) + 1;
    char *path = malloc(size);
    if (path) snprintf(path, size, "%s%s", place->folder, name);
    return path;
}

/* --- Images for a core --- */

static const char *runs_module(const json_t *command) {
    static const char *const types[] = {"module", "module_definition", "assert_unlinkable",
                                        "assert_uninstantiable"};
    const char *type = json_string_value(json_object_get(command, "type"));
    for (size_t i = 0; type && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i]) == 0) return spec_module_name(command);
    return NULL;
}

static bool compile(const struct spec_place *place, struct spec_image *image) {
    struct module_file file = {0};
    nacre_cache_entry entry;
    char *path = module_path(place, image->name);
    if (!path) return no_memory(&image->error);
    if (file_read(&file, path, &image->error) &&
        nacre_cache_compile(place->ways->cache, file.bytes, file.size, &place->ways->options,
                            &entry, &image->error) == NACRE_OK) {
        image->path = strdup(entry.path);
        if (!image->path) no_memory(&image->error);
    }
    file_release(&file);
    free(path);
    return image->path;
}

/* All that will run, as a core can't get any later. */
static bool compile_all(struct spec_place *place, const json_t *commands, nacre_error *error) {
    size_t i;
    const json_t *command;
    uint32_t count = 0;
    place->images = calloc(json_array_size(commands) + 1, sizeof *place->images);
    if (!place->images) return no_memory(error);
    json_array_foreach(commands, i, command) {
        const char *name = runs_module(command);
        if (!name) continue;
        struct spec_image *image = &place->images[place->image_count++];
        image->name = name;
        image->number = count;
        count += compile(place, image);
    }
    return true;
}

static const struct spec_image *find_image(const struct spec_place *place, const char *name) {
    for (size_t i = 0; i < place->image_count; i++)
        if (strcmp(place->images[i].name, name) == 0) return &place->images[i];
    return NULL;
}

/* --- Opening --- */

static void limit(const struct script_ways *ways, nacre_limits *limits) {
    /* A bound for all memories of a script: what may never be used needs no address space. */
    nacre_limits_init(limits);
    limits->memory_bytes = UINT64_C(8) << 30;
    limits->reserve_bytes = ways->reserve_bytes;
}

static bool open_here(struct spec_place *place, nacre_error *error) {
    nacre_limits limits;
    limit(place->ways, &limits);
    if (nacre_store_create(place->ways->engine, &limits, &place->place.store) != NACRE_OK ||
        spec_host_define(place->place.store) != NACRE_OK)
        return no_memory(error);
    return true;
}

/* Functions of ours can't be called from there: spectest is a module. */
static bool define_there(nacre_tee *tee, nacre_error *error) {
    uint8_t bytes[SPEC_HOST_SIZE];
    size_t size;
    nacre_tee_module module;
    nacre_tee_instance instance;
    if (!spec_host_module(bytes, &size)) return no_memory(error);
    return nacre_tee_load(tee, bytes, size, NACRE_TEE_NO_IMAGE, NULL, &module, error) ==
               NACRE_OK &&
           nacre_tee_instantiate(tee, module, &instance, NULL, error) == NACRE_OK &&
           nacre_tee_register(tee, instance, "spectest", strlen("spectest"), error) == NACRE_OK;
}

static bool open_there(struct spec_place *place, const json_t *commands, nacre_error *error) {
    nacre_tee_program program;
    uint32_t count = 0;
    nacre_tee_program_init(&program);
    program.config = place->ways->config;
    limit(place->ways, &program.limits);
    if (place->ways->cache && !compile_all(place, commands, error)) return false;
    const char **images = calloc(place->image_count + 1, sizeof *images);
    if (!images) return no_memory(error);
    for (size_t i = 0; i < place->image_count; i++)
        if (place->images[i].path) images[count++] = place->images[i].path;
    nacre_status status =
        nacre_tee_open(place->ways->tee, &program, images, count, &place->place.tee, error);
    free(images);
    return status == NACRE_OK && define_there(place->place.tee, error);
}

bool spec_place_open(struct spec_place *place, const struct script_ways *ways, const char *path,
                     const json_t *commands, nacre_error *error) {
    const char *slash = strrchr(path, '/');
    *place = (struct spec_place){.ways = ways};
    place->folder = strndup(path, slash ? (size_t)(slash + 1 - path) : 0);
    if (!place->folder) return no_memory(error);
    return ways->has_tee ? open_there(place, commands, error) : open_here(place, error);
}

void spec_place_close(struct spec_place *place) {
    place_close(&place->place);
    for (size_t i = 0; i < place->module_count; i++) {
        file_release(&place->modules[i]->file);
        free(place->modules[i]->path);
        free(place->modules[i]);
    }
    for (size_t i = 0; i < place->image_count; i++) free(place->images[i].path);
    free(place->modules);
    free(place->images);
    free(place->folder);
}

/* --- Modules --- */

static bool load_here(const struct script_ways *ways, struct spec_module *module, bool runs,
                      nacre_error *error) {
    struct module_file *file = &module->file;
    nacre_cache_entry entry;
    if (!file_load(file, ways->engine, module->path, error)) return false;
    if (!runs || !ways->cache) return true;
    return nacre_cache_compile(ways->cache, file->bytes, file->size, &ways->options, &entry,
                               error) == NACRE_OK &&
           nacre_module_use_image(file->module, entry.path, NULL, error) == NACRE_OK;
}

static bool load_there(const struct spec_place *place, struct spec_module *module,
                       const char *name, bool runs, nacre_error *error) {
    const struct spec_image *image =
        runs && place->ways->cache ? find_image(place, name) : NULL;
    if (!file_read(&module->file, module->path, error)) return false;
    if (image && !image->path) {
        *error = image->error;
        return false;
    }
    return nacre_tee_load(place->place.tee, module->file.bytes, module->file.size,
                          image ? image->number : NACRE_TEE_NO_IMAGE, NULL, &module->number,
                          error) == NACRE_OK;
}

struct spec_module *spec_place_load(struct spec_place *place, const char *name, bool runs,
                                    nacre_error *error) {
    struct spec_module **modules =
        realloc(place->modules, (place->module_count + 1) * sizeof(struct spec_module *));
    if (modules) place->modules = modules;
    struct spec_module *module = modules ? calloc(1, sizeof *module) : NULL;
    if (!module) return NULL;
    modules[place->module_count++] = module;
    module->path = module_path(place, name);
    if (!module->path) return NULL;
    module->is_loaded = place->ways->has_tee ? load_there(place, module, name, runs, error)
                                             : load_here(place->ways, module, runs, error);
    return module;
}

nacre_status spec_place_instantiate(struct spec_place *place, const struct spec_module *module,
                                    struct placed *placed, bool *is_compiled,
                                    nacre_error *error) {
    if (place->place.tee)
        return nacre_tee_instantiate(place->place.tee, module->number, &placed->number,
                                     is_compiled, error);
    nacre_status status = nacre_instance_create(place->place.store, module->file.module,
                                                &placed->instance, error);
    if (status == NACRE_OK) *is_compiled = nacre_instance_is_compiled(placed->instance);
    return status;
}
