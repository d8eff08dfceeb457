/*
 * nacre/process.h - giving up what a process does not need to run guests.
 *
 * For: a second wall behind the engine's own checks. A guest that takes over the process, by a
 *      hole in the engine or in compiled code, finds that the system ends it at the first call
 *      that no run of guests has a use for: to start a program or a process, to trace, signal or
 *      look into another, to make a socket, connect or listen, to change users, namespaces,
 *      mounts, modules or keys, to make memory executable that it can write to.
 * Not for: keeping such a guest from files. It can open by name whatever the process's user may:
 *      a filter sees the address of a path, not the path. nacre/tee.h has a wall for that, too.
 *
 * The library never does this by itself. It is Linux's seccomp, and holds for all of the process:
 * for threads that run already, for those that come, and for the embedder's own code. There is no
 * way back.
 */
#ifndef NACRE_PROCESS_H
#define NACRE_PROCESS_H

#include <stdbool.h>

#include <nacre/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* To be called when all that a run needs is there: after engines, modules, nacre_wasi_add_* and
 * what the program itself has to open, and before the first instance is made, which may run code
 * of its module. Afterwards, calls of this library work but for those that start a process
 * (nacre/compiler.h, nacre/tee.h) or listen (nacre_wasi_add_listener): these end the process,
 * as does everything else that is not in the list.
 * `late_images`: nacre_module_use_image, nacre_module_create_compiled and nacre_module_continue go
 * on working; otherwise they end the process, too. Who takes over the process can then execute
 * what is in a file that it can write, and else nothing that was not executable before.
 * NACRE_UNSUPPORTED: the system has no such filters or does not allow them, or a thread has one of
 * its own that the others have not; nothing has changed. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_process_confine(bool late_images,
                                                              nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
