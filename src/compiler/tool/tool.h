/* tool.h - what main.c leaves to memory.cc. */
#ifndef COMPILER_TOOL_TOOL_H
#define COMPILER_TOOL_TOOL_H

#ifdef __cplusplus
extern "C" {
#endif

/* From now on the program ends with NACRE_NO_MEMORY when LLVM gets no memory, and with
 * NACRE_COMPILER when it gives up; by itself it would abort, and leave nobody a reason. */
void memory_watch(void);

#ifdef __cplusplus
}
#endif
#endif
