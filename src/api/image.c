/* image.c - implements nacre/image.h */
#include <nacre/image.h>

#include "api/api.h"
#include "base/config.h"
#include "base/status.h"
#include "crypto/crypto.h"
#include "exec/loops.h"

/* A file that is mapped, and the image that it is. */
struct mapping {
    const uint8_t *bytes;
    uint64_t size, contents;
    struct image image;
};

/* `loop`: of which it is to be the continuation; NULL: it is of the whole module. */
static nacre_status open_mapped(const nacre_module *module, const nacre_image_file *file,
                                const nacre_loop *loop, struct mapping *mapping,
                                nacre_error *error) {
    const struct engine *e = module->code.engine;
    const struct port *port = e->port;
    uint8_t digest[32];
    if (!file->module_sha256) nacre_module_sha256(module, digest);
    struct image_wanted wanted = {
        .machine = CONFIG_ELF_MACHINE,
        .flags_known = IMAGE_METERING | IMAGE_DETERMINISTIC | IMAGE_CONTINUATION,
        .cpu_features = port->cpu_features ? port->cpu_features(port->context) : 0,
        .wasm_features = e->features,
        .module_sha256 = file->module_sha256 ? file->module_sha256 : digest,
        .module = &module->code.wasm,
        .public_key = file->public_key,
        .verify = crypto_ed25519_verify,
    };
    if (e->metering) wanted.flags |= IMAGE_METERING;
    if (e->deterministic) wanted.flags |= IMAGE_DETERMINISTIC;
    if (loop) {
        wanted.flags |= IMAGE_CONTINUATION;
        wanted.func = loop->function;
        wanted.loop = loop->offset;
    }
    /* Nobody sees guard pages; or an instance may have none, which the module's image fits. */
    if (!port->faults || (loop && module->image.note->flags & IMAGE_EXPLICIT_BOUNDS)) {
        wanted.flags_known |= IMAGE_EXPLICIT_BOUNDS;
        wanted.flags |= IMAGE_EXPLICIT_BOUNDS;
    }
    struct image *image = &mapping->image;
    TRY(image_open(image, mapping->bytes, mapping->size, &wanted, error));
    const struct image_part *text = &image->note->text;
    if (port->code->allow(port->context, mapping->contents, text->offset,
                          image->bytes + text->offset, text->count) == NACRE_OK)
        return NACRE_OK;
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET,
                     "the system does not let the image's code be executed");
}

static nacre_status map(const nacre_module *module, const nacre_image_file *file,
                        const nacre_loop *loop, struct mapping *mapping, nacre_error *error) {
    const struct port *port = module->code.engine->port;
    if (!port->code)
        return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET,
                         "this platform runs no code but its own");
    nacre_status status = port->code->map(port->context, file->path, &mapping->bytes,
                                          &mapping->size, &mapping->contents);
    if (status != NACRE_OK)
        return error_set(error, status, NACRE_NO_OFFSET, "the image can't be read");
    status = open_mapped(module, file, loop, mapping, error);
    if (status == NACRE_OK) return NACRE_OK;
    port->contents->release(port->context, mapping->contents);
    port->code->unmap(port->context, mapping->bytes, mapping->size);
    return status;
}

static nacre_status attach(nacre_module *module, const nacre_image_file *file,
                           nacre_error *error) {
    struct mapping mapping;
    if (module->code.image)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "the module has an image");
    TRY(map(module, file, NULL, &mapping, error));
    module->mapped = mapping.bytes;
    module->mapped_size = mapping.size;
    module->image = mapping.image;
    start_use_image(&module->code, &module->image, mapping.contents);
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

/* --- Continuations --- */

bool nacre_module_stuck(nacre_module *module, nacre_loop *loop) {
    const struct code_loop *wanted = loops_wanted(&module->code);
    if (wanted) *loop = (nacre_loop){wanted->func, wanted->offset};
    return wanted != NULL;
}

nacre_status nacre_module_continue(nacre_module *module, const nacre_loop *loop, const char *path,
                                   const uint8_t *public_key, nacre_error *error) {
    const struct engine *e = module->code.engine;
    struct code_loop *wanted = loops_wanted(&module->code);
    struct mapping mapping;
    if (!wanted || wanted->func != loop->function || wanted->offset != loop->offset)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no loop that is stuck");
    struct code_continuation *continuation = ALLOC_NEW(&e->allocator, struct code_continuation);
    if (!continuation) return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "out of memory");
    nacre_status status =
        map(module, &(nacre_image_file){path, public_key, NULL}, loop, &mapping, error);
    if (status != NACRE_OK) {
        ALLOC_FREE(&e->allocator, continuation);
        return status;
    }
    e->port->contents->release(e->port->context, mapping.contents);
    continuation->image = mapping.image;
    loops_continue(&module->code, wanted, continuation);
    return NACRE_OK;
}

void api_release_image(nacre_module *module) {
    const struct engine *e = module->code.engine;
    const struct port *port = e->port;
    struct code_continuation *next = module->code.loops.continuations;
    while (next) {
        struct code_continuation *c = next;
        next = c->next;
        port->code->unmap(port->context, c->image.bytes, c->image.size);
        ALLOC_FREE(&e->allocator, c);
    }
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
