/* image.c - implements nacre/image.h */
#include <nacre/image.h>

#include "api/api.h"
#include "base/config.h"
#include "base/status.h"
#include "crypto/crypto.h"

static nacre_status open_mapped(nacre_module *module, const nacre_image_file *file,
                                nacre_error *error) {
    const struct engine *e = module->code.engine;
    const struct port *port = e->port;
    uint8_t digest[32];
    if (!file->module_sha256) nacre_module_sha256(module, digest);
    struct image_wanted wanted = {
        .machine = CONFIG_ELF_MACHINE,
        .flags_known = IMAGE_METERING | IMAGE_DETERMINISTIC,
        .cpu_features = port->cpu_features ? port->cpu_features(port->context) : 0,
        .wasm_features = e->features,
        .module_sha256 = file->module_sha256 ? file->module_sha256 : digest,
        .module = &module->code.wasm,
        .public_key = file->public_key,
        .verify = crypto_ed25519_verify,
    };
    if (e->metering) wanted.flags |= IMAGE_METERING;
    if (e->deterministic) wanted.flags |= IMAGE_DETERMINISTIC;
    if (!port->faults) { /* nobody sees guard pages */
        wanted.flags_known |= IMAGE_EXPLICIT_BOUNDS;
        wanted.flags |= IMAGE_EXPLICIT_BOUNDS;
    }
    struct image *image = &module->image;
    TRY(image_open(image, module->mapped, module->mapped_size, &wanted, error));
    const struct image_part *text = &image->note->text;
    if (port->code->allow(port->context, image->bytes + text->offset, text->count) == NACRE_OK)
        return NACRE_OK;
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET,
                     "the system does not let the image's code be executed");
}

static nacre_status attach(nacre_module *module, const nacre_image_file *file,
                           nacre_error *error) {
    const struct port *port = module->code.engine->port;
    if (module->code.image)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "the module has an image");
    if (!port->code)
        return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET,
                         "this platform runs no code but its own");
    uint64_t contents;
    nacre_status status = port->code->map(port->context, file->path, &module->mapped,
                                          &module->mapped_size, &contents);
    if (status != NACRE_OK)
        return error_set(error, status, NACRE_NO_OFFSET, "the image can't be read");
    status = open_mapped(module, file, error);
    if (status != NACRE_OK) {
        port->contents->release(port->context, contents);
        api_release_image(module);
        return status;
    }
    start_use_image(&module->code, &module->image, contents);
    code_use_image(&module->code, &module->image);
    return NACRE_OK;
}

nacre_status nacre_module_use_image(nacre_module *module, const char *path,
                                    const uint8_t *public_key, nacre_error *error) {
    return attach(module, &(nacre_image_file){path, public_key, NULL}, error);
}

nacre_status nacre_module_create_compiled(nacre_engine *engine, const void *bytes, size_t size,
                                          const nacre_image_file *file, nacre_module **module,
                                          nacre_error *error) {
    nacre_module *made;
    TRY(api_module_create(engine, true, bytes, size, &made, error));
    nacre_status status = attach(made, file, error);
    if (status != NACRE_OK) {
        nacre_module_destroy(made);
        return status;
    }
    made->code.wasm.features |= (uint32_t)made->image.note->wasm_features;
    *module = made;
    return NACRE_OK;
}

void api_release_image(nacre_module *module) {
    const struct port *port = module->code.engine->port;
    if (module->mapped) port->code->unmap(port->context, module->mapped, module->mapped_size);
    module->mapped = NULL;
    module->code.image = NULL;
}

bool nacre_instance_is_compiled(const nacre_instance *instance) {
    return api_instance(instance)->image != NULL;
}

nacre_status nacre_module_image_info(const nacre_module *module, nacre_image_info *info) {
    const struct image *image = code_image(&module->code);
    if (!image) return NACRE_NOT_FOUND;
    const struct image_note *note = image->note;
    uint64_t signed_size;
    struct image_proof proof;
    _Static_assert(sizeof info->compiler == IMAGE_ID_BYTES, "texts fit");
    *info = (nacre_image_info){
        .size_bytes = image->size,
        .code_bytes = note->text.count,
        .explicit_bounds = note->flags & IMAGE_EXPLICIT_BOUNDS,
        .metering = note->flags & IMAGE_METERING,
        .exceptions = note->flags & IMAGE_EXCEPTIONS,
        .deterministic = note->flags & IMAGE_DETERMINISTIC,
        .has_signature = image_proof_find(image->bytes, image->size, &signed_size, &proof),
    };
    memcpy(info->compiler, note->compiler, sizeof info->compiler);
    memcpy(info->target, note->target, sizeof info->target);
    memcpy(info->options, note->options, sizeof info->options);
    return NACRE_OK;
}
