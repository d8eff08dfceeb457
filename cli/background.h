/* background.h - compiling for a run that goes on meanwhile. */
#ifndef CLI_BACKGROUND_H
#define CLI_BACKGROUND_H

#include <sys/types.h>

#include <nacre/compiler.h>
#include <nacre/image.h>

/* Starts to compile a module for the cache, or, of a `loop` that is not NULL, a continuation.
 * NULL: it is not possible, or not worth it. The bytes are not needed any more. */
nacre_compilation *background_start(nacre_cache *cache, const nacre_compile_options *options,
                                    const void *bytes, size_t size, const nacre_loop *loop);

/* Waits, and releases it: is the image, or continuation, in its place? */
bool background_wait(nacre_compilation *compilation);

/* Where the one continuation is that a process makes at a time. Who has used it removes it. */
void background_continuation(const nacre_cache *cache, pid_t process,
                             char path[NACRE_CACHE_PATH]);

#endif
