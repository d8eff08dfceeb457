/* background.c - see background.h */
#include "background.h"

#include <stdio.h>
#include <unistd.h>

void background_continuation(const nacre_cache *cache, pid_t process,
                             char path[NACRE_CACHE_PATH]) {
    /* With the end of what is temporary there, should nobody be left to remove it. */
    snprintf(path, NACRE_CACHE_PATH, "%s/continuation.%ld.tmp",
             nacre_cache_folder(cache), (long)process);
}

nacre_compilation *background_start(nacre_cache *cache, const nacre_compile_options *options,
                                    const void *bytes, size_t size, const nacre_loop *loop) {
    nacre_compilation *compilation = NULL;
    nacre_compile_options chosen = *options;
    nacre_status status;
    if (loop) {
        char path[NACRE_CACHE_PATH];
        background_continuation(cache, getpid(), path);
        chosen.continues = true;
        chosen.function = loop->function;
        chosen.loop = loop->offset;
        status = nacre_compile_start(bytes, size, path, &chosen, &compilation, NULL);
    } else {
        chosen.low_priority = true;
        status = nacre_cache_start(cache, bytes, size, &chosen, &compilation, NULL);
    }
    return status == NACRE_OK ? compilation : NULL;
}

bool background_wait(nacre_compilation *compilation) {
    bool made = nacre_compilation_wait(compilation, NULL) == NACRE_OK;
    nacre_compilation_destroy(compilation);
    return made;
}
