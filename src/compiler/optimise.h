/*
 * optimise.h - LLVM's passes over a chunk, and our own among them: loops.cc, indices.cc and, over
 * machine code, addresses.cc.
 *
 * Few files of the project are in C++: these, because LLVM's analyses of loops and its machine
 * code can't be reached from C, and source_lines.cc, whose reader of DWARF can't either.
 */
#ifndef COMPILER_OPTIMISE_H
#define COMPILER_OPTIMISE_H

#include <stdbool.h>
#include <stdint.h>

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks an access of memory 0, the branch of a check before one, and the branch that asks for more
 * fuel. */
#define OPTIMISE_ACCESS "nacre.access"
#define OPTIMISE_CHECK "nacre.check"
#define OPTIMISE_FUEL "nacre.fuel"

struct optimise_options {
    uint32_t level;
    const char *pipeline; /* other passes, as text; or NULL */
    bool explicit_bounds; /* checks are branches */
    uint64_t memory_min;  /* bytes that memory 0 has at least, ever */
    uint64_t size_distance; /* from the context downwards to memory 0's size, or to ... */
    uint64_t size_offset;   /* ... a pointer to what has the size at this offset */
    bool is_imported;
    uint64_t thread_distance; /* from the context downwards to the pointer to the thread, ... */
    uint64_t slice_offset;    /* ... which has the fuel that is left there */
};

/* Before the first one. */
void optimise_start(void);
/* Keeps the value of an instruction that is used in memory, from where each use reads it: what it
 * is on the way there is what was written last. Gives the place. */
LLVMValueRef optimise_demote(LLVMValueRef instruction);
/* NULL, or what is wrong; released with LLVMDisposeMessage. */
char *optimise_module(LLVMModuleRef module, LLVMTargetMachineRef machine,
                      const struct optimise_options *options);

#ifdef __cplusplus
}
#endif
#endif
