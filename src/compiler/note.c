/* note.c - what an image says of how it was made. */
#include <stdio.h>

#include <llvm-c/Core.h>

#include "compiler/note.h"

static uint32_t flags_of(const struct compile *c) {
    return (c->options.explicit_bounds ? IMAGE_EXPLICIT_BOUNDS : 0u) |
           (c->options.metering ? IMAGE_METERING : 0u) |
           (c->has_exceptions ? IMAGE_EXCEPTIONS : 0u) |
           (c->options.deterministic ? IMAGE_DETERMINISTIC : 0u) |
           (c->options.continues ? IMAGE_CONTINUATION : 0u);
}

void compile_note(const struct compile *c, struct image_note *note) {
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    *note = (struct image_note){.version = IMAGE_VERSION, .abi = IMAGE_ABI,
                                .machine = c->machine, .flags = flags_of(c),
                                .cpu_features = c->cpu_features,
                                .wasm_features = c->module->features,
                                .func = c->options.func, .loop = c->options.loop};
    snprintf(note->compiler, sizeof note->compiler, "nacre " NACRE_VERSION " LLVM %u.%u.%u", major,
             minor, patch);
    snprintf(note->target, sizeof note->target, "%s", c->target);
    snprintf(note->options, sizeof note->options, "O%u %s%s%s%s", c->options.level,
             c->options.explicit_bounds ? "explicit" : "guard",
             c->options.metering ? " fuel" : "", c->options.deterministic ? " deterministic" : "",
             c->options.debug ? " debug" : "");
    memcpy(note->module_sha256, c->options.module_sha256, sizeof note->module_sha256);
}
