/* places.h - which instruction of the module machine code is said to stand for. */
#ifndef COMPILER_PLACES_H
#define COMPILER_PLACES_H

#include <stdbool.h>

#include <llvm-c/Core.h>

/* Has accesses that may trap keep their place in the line table when LLVM makes one machine
 * instruction of them and of what uses them; what neither traps nor calls loses its own, unless
 * all are to be kept. Exact: even where LLVM makes one of several accesses and what uses them, at
 * some cost in speed. The last thing before code is generated. */
void places_settle(LLVMModuleRef module, bool keep_all, bool exact);

#endif
