/* setjmp.h - QuickJS includes it and calls nothing of it; WASI has none. */
