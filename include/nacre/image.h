/*
 * nacre/image.h - running a module's functions as machine code that was compiled ahead of time.
 *
 * For: attaching the image file that `nacre compile` made of a module, so that its instances run
 * as fast as native code; asking what an image is.
 * Not for: compiling. An image is no substitute for its module, which is still loaded and decoded.
 *
 * Trust: what an image's code does is not checked. Take images only from where you would take a
 * program from, or have them signed. See docs/trust.md.
 *
 * Signals: the library handles SIGSEGV and SIGBUS from the first call of compiled code on. Faults
 * that are not its own go to the handlers that were there before; a program that sets handlers
 * later must pass on to the ones it replaces, and set SA_ONSTACK. Handlers of other signals should
 * have that flag, too: compiled code runs on a stack of its own, which may be nearly full.
 *
 * Threads: one thread attaches, once, whatever others do with the module meanwhile.
 * Memory: the image belongs to the module and ends with it. The file is mapped, and shared by all
 * processes that use it: it must not be changed meanwhile, only replaced (by rename).
 */
#ifndef NACRE_IMAGE_H
#define NACRE_IMAGE_H

#include <stdbool.h>

#include <nacre/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Has the module's instances run the code of the image at `path`: those that are running go on in
 * it with the next function that they call. `public_key`: the 32 bytes of the Ed25519 key that it
 * must be signed with; NULL: it may be unsigned. An instance that an
 * image does not fit is interpreted, with the same results: where the address space for guard
 * pages is short, or when the engine profiles.
 * NACRE_NOT_FOUND (no such file), NACRE_IO, NACRE_NO_MEMORY, NACRE_MALFORMED (no image, or a
 * damaged one), NACRE_UNSUPPORTED (of another module, for another processor, system or version of
 * Nacre, compiled for other settings of the engine, or not signed as it must be: `error` says
 * which), NACRE_ARGUMENT (the module has an image). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_use_image(nacre_module *module,
                                                               const char *path,
                                                               const uint8_t *public_key,
                                                               nacre_error *error);

typedef struct nacre_image_file {
    const char *path;
    const uint8_t *public_key;    /* as for nacre_module_use_image; NULL: none */
    const uint8_t *module_sha256; /* of the module's bytes, if somebody is trusted to know: it
                                     decides whether the image is theirs. NULL: it is computed */
} nacre_image_file;

/* Makes a module that has an image from the beginning, in less time: its functions' bodies are not
 * validated again, as the compiler has done it, unless they are to be interpreted. The bytes are
 * borrowed. Statuses of nacre_module_create and nacre_module_use_image. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_create_compiled(
    nacre_engine *engine, const void *bytes, size_t size, const nacre_image_file *file,
    nacre_module **module, nacre_error *error);

/* --- Loops that were running when the image came --- */

/* A loop of a function: the function's index, the loop instruction's offset in the module. */
typedef struct nacre_loop {
    uint32_t function, offset;
} nacre_loop;

/* Is there an instance that goes round in a loop of a function that was interpreted when the image
 * came, so that it has no call to go on in the image with? Such a loop needs a continuation, which
 * compile options ask for (nacre/compiler.h); there is one at a time. To be asked now and then. */
NACRE_API bool nacre_module_stuck(nacre_module *module, nacre_loop *loop);

/* Has instances go on in the continuation at `path` when they come to the head of the loop that is
 * stuck. It has to check bounds in code if the module's image does; `public_key` and statuses are
 * those of nacre_module_use_image; NACRE_ARGUMENT: it is another loop that is stuck. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_continue(nacre_module *module,
                                                              const nacre_loop *loop,
                                                              const char *path,
                                                              const uint8_t *public_key,
                                                              nacre_error *error);

/* Does the instance run compiled code? */
NACRE_API bool nacre_instance_is_compiled(const nacre_instance *instance);

/* What an image says of itself. */
typedef struct nacre_image_info {
    char compiler[64]; /* name and version */
    char target[64];   /* processor that it was compiled for */
    char options[64];
    uint64_t size_bytes; /* of the file */
    uint64_t code_bytes; /* machine code in it */
    bool explicit_bounds; /* checks bounds in code, not by guard pages */
    bool metering;        /* counts fuel */
    bool exceptions;      /* can catch exceptions */
    bool deterministic;   /* NaNs are canonical */
    bool has_signature;   /* verified only if a key was given */
} nacre_image_info;

/* That of a module's image. NACRE_NOT_FOUND: it has none. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_module_image_info(const nacre_module *module,
                                                                nacre_image_info *info);

#ifdef __cplusplus
}
#endif
#endif
