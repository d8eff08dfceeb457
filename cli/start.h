/*
 * start.h - what the start of a static nacre has the system do before anything else.
 *
 * A page that is touched for the first time is a fault, and of a start that runs a compiled hello
 * those were most of the time. So the pages of the data, nearly all of which are written by
 * relocation and the C library's start, and those of the functions that a start calls, which
 * startup.order has the linker put between nacre_start and nacre_started, are asked for by one
 * call each. A system that can't (Linux before 5.14, or one whose pages are larger) says so, and
 * there are faults as ever.
 */
#ifndef CLI_START_H
#define CLI_START_H

#include <asm/unistd.h>

#define START_PAGE 4096
#define SYS_madvise __NR_madvise
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23

#endif
