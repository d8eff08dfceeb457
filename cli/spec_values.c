/*
 * spec_values.c - see spec_values.h
 *
 * Numbers are decimal strings, floats their bits. A v128 is an array of lanes with a lane_type.
 * An expected float may be nan:canonical or nan:arithmetic; an expected reference without a
 * value is any of its type that is not null; `either` lists alternatives; `refnull` is any null.
 */
#include "spec_values.h"

#include <stdlib.h>
#include <string.h>

static const char *member(const json_t *json, const char *name) {
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

/* Numbers and lanes: how wide, and whether a NaN may be expected. */
struct number {
    const char *type;
    nacre_kind kind; /* of a whole value; lanes of 8 and 16 bits have none */
    unsigned size;   /* bytes */
    bool is_float;
};

static const struct number numbers[] = {
    {"i32", NACRE_I32, 4, false}, {"i64", NACRE_I64, 8, false}, {"f32", NACRE_F32, 4, true},
    {"f64", NACRE_F64, 8, true},  {"i8", 0, 1, false},          {"i16", 0, 2, false},
};

static const struct number *find_number(const char *type) {
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(numbers[i].type, type) == 0) return &numbers[i];
    return NULL;
}

/* All of these are little-endian, as the lanes of a v128 are, on every machine. */
static void store(uint8_t *at, unsigned size, uint64_t bits) {
    for (unsigned i = 0; i < size; i++) at[i] = (uint8_t)(bits >> 8 * i);
}

static uint64_t load(const uint8_t *at, unsigned size) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < size; i++) bits |= (uint64_t)at[i] << 8 * i;
    return bits;
}

static bool parse_bits(const char *text, uint64_t *bits) {
    char *end;
    *bits = text[0] == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
    return end != text && !*end;
}

/* The bits are moved, never the float: a signalling NaN must stay one. */
static void set_number(nacre_value *value, const struct number *number, uint64_t bits) {
    value->kind = number->kind;
    if (number->size == 4) {
        uint32_t low = (uint32_t)bits;
        memcpy(&value->of.i32, &low, sizeof low);
    } else {
        memcpy(&value->of.i64, &bits, sizeof bits);
    }
}

static uint64_t get_number(const nacre_value *value, const struct number *number) {
    uint32_t low;
    uint64_t bits;
    memcpy(&low, &value->of.i32, sizeof low);
    memcpy(&bits, &value->of.i64, sizeof bits);
    return number->size == 4 ? low : bits;
}

static bool bits_match(const struct number *number, const char *expected, uint64_t bits) {
    uint64_t wanted;
    if (number->is_float && strncmp(expected, "nan:", 4) == 0) {
        bool wide = number->size == 8;
        uint64_t sign = wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
        uint64_t quiet = wide ? UINT64_C(0x7FF8) << 48 : UINT64_C(0x7FC0) << 16;
        if (strcmp(expected, "nan:canonical") == 0) return (bits & ~sign) == quiet;
        return strcmp(expected, "nan:arithmetic") == 0 && (bits & quiet) == quiet;
    }
    uint64_t mask = number->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * number->size) - 1;
    return parse_bits(expected, &wanted) && (wanted & mask) == bits;
}

/* References: the kind that the embedder sees, and what one that is not null may refer to: a set,
 * empty for a type that only null has. */
#define REFERENT(name) (1u << NACRE_REFERENT_##name)
#define REFERENT_EQ (REFERENT(I31) | REFERENT(STRUCT) | REFERENT(ARRAY))
static const struct reference {
    const char *type;
    nacre_kind kind;
    unsigned referents;
} references[] = {
    {"funcref", NACRE_FUNCREF, REFERENT(FUNC)},
    {"nullfuncref", NACRE_FUNCREF, 0},
    {"externref", NACRE_EXTERNREF, REFERENT(NUMBER) | REFERENT_EQ},
    {"nullexternref", NACRE_EXTERNREF, 0},
    {"anyref", NACRE_ANYREF, REFERENT(NUMBER) | REFERENT_EQ},
    {"nullref", NACRE_ANYREF, 0},
    {"eqref", NACRE_ANYREF, REFERENT_EQ},
    {"i31ref", NACRE_ANYREF, REFERENT(I31)},
    {"structref", NACRE_ANYREF, REFERENT(STRUCT)},
    {"arrayref", NACRE_ANYREF, REFERENT(ARRAY)},
    {"exnref", NACRE_EXNREF, REFERENT(EXCEPTION)},
    {"nullexnref", NACRE_EXNREF, 0},
};

static const struct reference *find_reference(const char *type) {
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
        if (strcmp(references[i].type, type) == 0) return &references[i];
    return NULL;
}

static bool parse_reference(const struct reference *type, const char *text, nacre_value *value) {
    uint64_t number;
    value->kind = type->kind;
    value->of.ref = NACRE_NULL;
    if (!type->referents || strcmp(text, "null") == 0) return true;
    if (type->kind != NACRE_EXTERNREF && type->kind != NACRE_ANYREF) return false;
    if (!parse_bits(text, &number) || number > NACRE_EXTERN_NUMBER_MAX) return false;
    /* A host reference in the `any` hierarchy is the same as any.convert_extern makes. */
    value->of.ref = nacre_extern_ref((uint32_t)number);
    return true;
}

static bool reference_matches(struct place *place, const struct reference *type,
                              const json_t *expected, const nacre_value *value) {
    nacre_value wanted;
    const char *text = member(expected, "value");
    if (value->kind != type->kind) return false;
    if (!text[0] && type->referents)
        return type->referents & 1u << place_referent(place, value);
    return parse_reference(type, text, &wanted) && wanted.of.ref == value->of.ref;
}

/* The lanes of a v128, or NULL when they are not 16 bytes together. */
static const struct number *find_lanes(const json_t *json, const json_t **lanes) {
    const struct number *lane = find_number(member(json, "lane_type"));
    *lanes = json_object_get(json, "value");
    return lane && json_array_size(*lanes) * lane->size == 16 ? lane : NULL;
}

static bool parse_vector(const json_t *json, nacre_value *value) {
    const json_t *lanes;
    const struct number *lane = find_lanes(json, &lanes);
    value->kind = NACRE_V128;
    for (size_t i = 0; lane && i < 16 / lane->size; i++) {
        uint64_t bits;
        const char *text = json_string_value(json_array_get(lanes, i));
        if (!text || !parse_bits(text, &bits)) return false;
        store(value->of.v128 + i * lane->size, lane->size, bits);
    }
    return lane;
}

static bool vector_matches(const json_t *expected, const nacre_value *value) {
    const json_t *lanes;
    const struct number *lane = find_lanes(expected, &lanes);
    if (!lane || value->kind != NACRE_V128) return false;
    for (size_t i = 0; i < 16 / lane->size; i++) {
        const char *text = json_string_value(json_array_get(lanes, i));
        uint64_t bits = load(value->of.v128 + i * lane->size, lane->size);
        if (!text || !bits_match(lane, text, bits)) return false;
    }
    return true;
}

bool spec_value_parse(const json_t *json, nacre_value *value) {
    const char *type = member(json, "type");
    const struct number *number = find_number(type);
    const struct reference *reference = find_reference(type);
    uint64_t bits;
    if (strcmp(type, "v128") == 0) return parse_vector(json, value);
    if (reference) return parse_reference(reference, member(json, "value"), value);
    if (!number || !number->kind || !parse_bits(member(json, "value"), &bits)) return false;
    set_number(value, number, bits);
    return true;
}

static bool is_reference(nacre_kind kind) {
    return kind == NACRE_FUNCREF || kind == NACRE_EXTERNREF || kind == NACRE_ANYREF ||
           kind == NACRE_EXNREF;
}

static bool one_matches(struct place *place, const json_t *expected, const nacre_value *value) {
    const char *type = member(expected, "type");
    const struct number *number = find_number(type);
    const struct reference *reference = find_reference(type);
    if (strcmp(type, "v128") == 0) return vector_matches(expected, value);
    if (strcmp(type, "refnull") == 0)
        return is_reference(value->kind) && value->of.ref == NACRE_NULL;
    if (reference) return reference_matches(place, reference, expected, value);
    if (!number || !number->kind || number->kind != value->kind) return false;
    return bits_match(number, member(expected, "value"), get_number(value, number));
}

bool spec_value_matches(struct place *place, const json_t *expected, const nacre_value *value) {
    if (strcmp(member(expected, "type"), "either") != 0)
        return one_matches(place, expected, value);
    const json_t *choices = json_object_get(expected, "values");
    for (size_t i = 0; i < json_array_size(choices); i++)
        if (one_matches(place, json_array_get(choices, i), value)) return true;
    return false;
}
