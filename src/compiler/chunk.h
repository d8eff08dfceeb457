/* chunk.h - a chunk from its beginning to an object. */
#ifndef COMPILER_CHUNK_H
#define COMPILER_CHUNK_H

#include <llvm-c/TargetMachine.h>

#include "base/status.h"
#include "compiler/emit.h"

/* The target machine belongs to the caller; one thread uses it at a time. */
nacre_status chunk_init(struct chunk *c, const struct compile *compile,
                        LLVMTargetMachineRef machine);
void chunk_deinit(struct chunk *c);

/* Optimises what was emitted and makes an object of it. */
nacre_status chunk_compile(struct chunk *c, LLVMMemoryBufferRef *object, nacre_error *error);

#endif
