/* No guard. */
int a;
