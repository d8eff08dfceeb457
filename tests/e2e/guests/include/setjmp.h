/* setjmp.h - QuickJS includes it and calls nothing of it; WASI has none. */
#ifndef TESTS_SETJMP_H
#define TESTS_SETJMP_H
#endif
