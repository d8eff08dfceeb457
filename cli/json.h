/* json.h - writing JSON: all of it is printed the same way. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

/* Prints the value to standard output, indented, and releases it. Returns CLI_OK, or
 * CLI_FAILED after a message. */
int json_print(json_t *value);

#endif
