/* The port may allocate, but nobody may call sprintf. */
#include <stdlib.h>
#ifdef __linux__
void *f(void) { return malloc(1); }
#endif
void g(char *a) { sprintf(a, "x"); }
