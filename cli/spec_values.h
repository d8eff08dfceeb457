/* spec_values.h - values of conformance scripts, as `wasm-tools json-from-wast` writes them. */
#ifndef CLI_SPEC_VALUES_H
#define CLI_SPEC_VALUES_H

#include <stdbool.h>

#include <jansson.h>

#include "place.h"

/* {"type": "i32", "value": "97"} and the like. False when it is none that can be passed. */
bool spec_value_parse(const json_t *json, nacre_value *value);

/* Is this value among those that the script expects? */
bool spec_value_matches(struct place *place, const json_t *expected, const nacre_value *value);

#endif
