/* images.c - see images.h */
#include "fuzz/compiled/images.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"
#include "compiler/compiler.h"
#include "image/cpu.h"
#include "port/posix/posix.h"

static const char *target_of(uint32_t n) {
    static const char *const targets[] = {"x86-64", "x86-64-v3", "x86-64-v4"};
    const struct port *port = port_posix();
    uint64_t has = port->cpu_features ? port->cpu_features(port->context) : 0;
    if (CONFIG_ELF_MACHINE == IMAGE_AARCH64) return "aarch64";
    while (n > 0 && (image_cpu_x86_level(n + 2) & ~has)) n--;
    return targets[n];
}

static bool write_file(const char *path, const uint8_t *bytes, uint64_t size) {
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(bytes, 1, size, file) == size;
    if (file) ok = fclose(file) == 0 && ok;
    return ok;
}

nacre_status images_compile(const struct images *images, const nacre_loop *loop, const char *path,
                            nacre_error *error) {
    const struct allocator *allocator = port_posix_allocator();
    const struct way *way = &images->way;
    struct compile_options options = {.target = target_of(way->target),
                                      .explicit_bounds = way->explicit_bounds,
                                      .metering = way->metering,
                                      .deterministic = way->deterministic,
                                      .level = way->level, .jobs = 1, .verify = true,
                                      .dump = images->dump};
    uint8_t *image;
    uint64_t size;
    memcpy(options.module_sha256, images->module_sha256, sizeof options.module_sha256);
    if (loop) {
        options.continues = true;
        options.func = loop->function;
        options.loop = loop->offset;
    }
    nacre_status status = compile_module(&options, allocator, images->bytes, images->size, &image,
                                         &size, error);
    if (status != NACRE_OK) return status;
    if (!write_file(path, image, size)) exit(1);
    ALLOC_FREE_ARRAY(allocator, image, size);
    return NACRE_OK;
}
