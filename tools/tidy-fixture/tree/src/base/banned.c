/* malloc() in a comment is none. */
static const char *text = "strcpy(a, b)";

void f(char *a, struct ops *ops) {
    strcpy(a, text); // sprintf(a)
    ops->free(a);
    ops.read(a);
    alloc_free(a);
    /* free(a);
     * free(a); */
    free (a);
    if (a) abort();
}
#define TAKE(n) \
    malloc(n)
