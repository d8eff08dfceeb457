/* addresses.h - see addresses.cc */
#ifndef COMPILER_ADDRESSES_H
#define COMPILER_ADDRESSES_H

/* From now on, code for x86-64 has its addresses in their shortest form. */
void addresses_start();

#endif
