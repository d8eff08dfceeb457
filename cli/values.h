/* values.h - WebAssembly values as people write and read them. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <stdbool.h>

#include <nacre/value.h>

enum { VALUE_TEXT = 64 }; /* bytes that every value's text fits into, with the NUL */

/* "i32", "funcref", ...; "?" for a number that is no kind. */
const char *value_kind_name(nacre_kind kind);

/* What a value of this kind looks like, for messages: "a 32-bit number". */
const char *value_wants(nacre_kind kind);

/* Reads a value: integers in decimal or 0x hexadecimal, signed or not; floats as C has them,
 * also inf and nan; v128 as one 128-bit number in hexadecimal; an externref as its number;
 * `null` for any reference. */
bool value_parse(nacre_kind kind, const char *text, nacre_value *value);

/* Writes a value so that value_parse gives the same again (but for references). */
void value_format(const nacre_value *value, char text[VALUE_TEXT]);

/* "(i32 f64)" */
void value_format_kinds(const nacre_kind *kinds, uint32_t count, char *text, size_t size);

#endif
