/* options.c - nacre_compile_options: defaults, and which target this machine is. */
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/config.h"
#include "image/cpu.h"
#include "port/posix/posix.h"

enum { MEMORY_MAX_SHIFT = 32, CPU_SECONDS = 600 };

void nacre_compile_options_init(nacre_compile_options *options) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t most = UINT64_C(1) << MEMORY_MAX_SHIFT;
    if (pages > 0 && page > 0) most = u64_min(most, (uint64_t)pages / 2 * (uint64_t)page);
    *options = (nacre_compile_options){
        .level = 2, .memory_bytes = most, .cpu_seconds = CPU_SECONDS};
}

/* The highest level of x86-64 that this processor has, or Arm's only one. */
static const char *own_target(void) {
    static const char *const levels[] = {"x86-64", "x86-64", "x86-64-v2", "x86-64-v3",
                                         "x86-64-v4"};
    const struct port *port = port_posix();
    uint64_t features = port->cpu_features ? port->cpu_features(port->context) : 0;
    uint32_t level = ARRAY_COUNT(levels) - 1;
    if (CLIENT_MACHINE == IMAGE_AARCH64) return "aarch64";
    while (level > 0 && (image_cpu_x86_level(level) & ~features) != 0) level--;
    return levels[level];
}

/* A target's name stands in keys and command lines: nothing but letters, digits and dashes. */
static bool is_name(const char *text) {
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.+");
    return size > 0 && size < 64 && !text[size];
}

nacre_status options_resolve(const nacre_compile_options *options, nacre_compile_options *resolved,
                             nacre_error *error) {
    if (options) *resolved = *options;
    else nacre_compile_options_init(resolved);
    if (!resolved->target || strcmp(resolved->target, "native") == 0)
        resolved->target = own_target();
    if (!is_name(resolved->target))
        return client_fail(error, NACRE_ARGUMENT, "no such target");
    if (resolved->level > 3) return client_fail(error, NACRE_ARGUMENT, "the level is 0 to 3");
    if (resolved->memory_bytes == 0 || resolved->cpu_seconds == 0)
        return client_fail(error, NACRE_ARGUMENT, "a limit of nothing");
    return NACRE_OK;
}
