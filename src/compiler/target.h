/* target.h - machines that code is made for. */
#ifndef COMPILER_TARGET_H
#define COMPILER_TARGET_H

#include <llvm-c/TargetMachine.h>

#include "compiler/compiler.h"

/* Fills in machine, triple, cpu and features from options.target. NACRE_UNSUPPORTED. */
nacre_status target_choose(struct compile *compile, nacre_error *error);

LLVMTargetMachineRef target_machine(const struct compile *compile);

/* Functions that LLVM calls where it finds loops that do what they do: memcpy and the like. */
struct link_object target_runtime(const struct compile *compile);

#endif
