/* values.c - see values.h */
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_integer(const char *text, unsigned bits, uint64_t *out) {
    bool negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    if (*text < '0' || *text > '9') return false; /* strtoull would take spaces and a sign */
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, base);
    if (errno || *end) return false;
    uint64_t most = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    if (value > (negative ? most / 2 + 1 : most)) return false;
    *out = negative ? -value : value;
    return true;
}

static bool parse_i32(const char *text, nacre_value *value) {
    uint64_t number;
    if (!parse_integer(text, 32, &number)) return false;
    value->of.i32 = (int32_t)(uint32_t)number;
    return true;
}

static bool parse_i64(const char *text, nacre_value *value) {
    uint64_t number;
    if (!parse_integer(text, 64, &number)) return false;
    value->of.i64 = (int64_t)number;
    return true;
}

static bool parse_f32(const char *text, nacre_value *value) {
    char *end;
    value->of.f32 = strtof(text, &end);
    return end != text && !*end;
}

static bool parse_f64(const char *text, nacre_value *value) {
    char *end;
    value->of.f64 = strtod(text, &end);
    return end != text && !*end;
}

static int digit_value(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool parse_v128(const char *text, nacre_value *value) {
    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return false;
    text += 2;
    size_t digits = strlen(text);
    if (digits == 0 || digits > 32) return false;
    memset(value->of.v128, 0, sizeof value->of.v128);
    for (size_t i = 0; i < digits; i++) {
        int digit = digit_value(text[digits - 1 - i]);
        if (digit < 0) return false;
        value->of.v128[i / 2] |= (uint8_t)(digit << (i % 2 ? 4 : 0));
    }
    return true;
}

static bool parse_null(const char *text, nacre_value *value) {
    value->of.ref = NACRE_NULL;
    return strcmp(text, "null") == 0;
}

static bool parse_externref(const char *text, nacre_value *value) {
    uint64_t number;
    if (parse_null(text, value)) return true;
    if (!parse_integer(text, 32, &number) || number > NACRE_EXTERN_NUMBER_MAX) return false;
    value->of.ref = nacre_extern_ref((uint32_t)number);
    return true;
}

static void format_i32(const nacre_value *value, char *text) {
    snprintf(text, VALUE_TEXT, "%" PRId32, value->of.i32);
}

static void format_i64(const nacre_value *value, char *text) {
    snprintf(text, VALUE_TEXT, "%" PRId64, value->of.i64);
}

static bool format_nan(bool is_nan, bool negative, char *text) {
    if (is_nan) snprintf(text, VALUE_TEXT, "%snan", negative ? "-" : "");
    return is_nan;
}

/* The fewest digits that give the same number again: 9 are always enough, 17 for f64. */
static void format_f32(const nacre_value *value, char *text) {
    float number = value->of.f32;
    if (format_nan(isnan(number), signbit(number), text)) return;
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, VALUE_TEXT, "%.*g", digits, (double)number);
        if (strtof(text, NULL) == number) return;
    }
}

static void format_f64(const nacre_value *value, char *text) {
    double number = value->of.f64;
    if (format_nan(isnan(number), signbit(number), text)) return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, VALUE_TEXT, "%.*g", digits, number);
        if (strtod(text, NULL) == number) return;
    }
}

static void format_v128(const nacre_value *value, char *text) {
    int at = snprintf(text, VALUE_TEXT, "0x");
    for (int i = 15; i >= 0; i--)
        at += snprintf(text + at, (size_t)(VALUE_TEXT - at), "%02x", value->of.v128[i]);
}

static void format_ref(const nacre_value *value, char *text) {
    const char *name = value_kind_name(value->kind);
    snprintf(text, VALUE_TEXT, "%s", value->of.ref == NACRE_NULL ? "null" : name);
}

/* The reference may stand for a number of the embedder's only if nacre_extern_ref made it. */
static void format_externref(const nacre_value *value, char *text) {
    uint32_t number = nacre_extern_number(value->of.ref);
    if (value->of.ref == NACRE_NULL || nacre_extern_ref(number) != value->of.ref)
        format_ref(value, text);
    else snprintf(text, VALUE_TEXT, "externref %" PRIu32, number);
}

static const struct kind_row {
    nacre_kind kind;
    const char *name;
    const char *wants;
    bool (*parse)(const char *text, nacre_value *value);
    void (*format)(const nacre_value *value, char *text);
} rows[] = {
    {NACRE_I32, "i32", "a 32-bit integer", parse_i32, format_i32},
    {NACRE_I64, "i64", "a 64-bit integer", parse_i64, format_i64},
    {NACRE_F32, "f32", "a number", parse_f32, format_f32},
    {NACRE_F64, "f64", "a number", parse_f64, format_f64},
    {NACRE_V128, "v128", "0x and up to 32 hexadecimal digits", parse_v128, format_v128},
    {NACRE_FUNCREF, "funcref", "null", parse_null, format_ref},
    {NACRE_EXTERNREF, "externref", "null or a number up to 1073741823", parse_externref,
     format_externref},
    {NACRE_ANYREF, "anyref", "null", parse_null, format_ref},
    {NACRE_EXNREF, "exnref", "null", parse_null, format_ref},
};

static const struct kind_row *find(nacre_kind kind) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].kind == kind) return &rows[i];
    return NULL;
}

const char *value_kind_name(nacre_kind kind) {
    const struct kind_row *row = find(kind);
    return row ? row->name : "?";
}

const char *value_wants(nacre_kind kind) {
    const struct kind_row *row = find(kind);
    return row ? row->wants : "nothing";
}

bool value_parse(nacre_kind kind, const char *text, nacre_value *value) {
    const struct kind_row *row = find(kind);
    value->kind = kind;
    return row && row->parse(text, value);
}

void value_format(const nacre_value *value, char text[VALUE_TEXT]) {
    const struct kind_row *row = find(value->kind);
    if (row) row->format(value, text);
    else snprintf(text, VALUE_TEXT, "?");
}

void value_format_kinds(const nacre_kind *kinds, uint32_t count, char *text, size_t size) {
    size_t at = (size_t)snprintf(text, size, "(");
    for (uint32_t i = 0; i < count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? " " : "",
                               value_kind_name(kinds[i]));
    if (at < size) snprintf(text + at, size - at, ")");
}
