/* places.h - which instruction of the module machine code is said to stand for. */
#ifndef COMPILER_PLACES_H
#define COMPILER_PLACES_H

#include <llvm-c/Core.h>

/* Has accesses that may trap keep their place in the line table when LLVM makes one machine
 * instruction of them and of what uses them. The last thing before code is generated. */
void places_settle(LLVMModuleRef module);

#endif
