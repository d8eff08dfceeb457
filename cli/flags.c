/* flags.c - see flags.h */
#include "flags.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "report.h"
#include "suggest.h"

const struct flag flags_common[] = {
    {"help", 'h', FLAG_BOOL, NULL, "Print this help and exit.", 0},
    {0},
};

const struct flag flags_program[] = {
    {"help", 'h', FLAG_BOOL, NULL, "Print this help and exit; after a verb, the verb's.", 0},
    {"version", 'V', FLAG_BOOL, NULL, "Print the version and exit.", 0},
    {0},
};

struct unit {
    const char *suffix; /* NULL ends the table */
    uint64_t factor;
};

static const struct unit no_units[] = {{"", 1}, {0}};
static const struct unit size_units[] = {
    {"", 1},           {"K", 1u << 10},   {"M", 1u << 20},   {"G", 1u << 30},
    {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}, {0},
};
static const struct unit time_units[] = {
    {"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {0},
};

/* What a value of each kind must look like; NULL: anything. */
static const struct {
    const struct unit *units;
    const char *wants;
} kinds[] = {
    [FLAG_COUNT] = {no_units, "a whole number"},
    [FLAG_SIZE] = {size_units, "a size such as 65536, 64K, 16M or 4G"},
    [FLAG_TIME] = {time_units, "a time such as 500 (milliseconds), 500ms, 2s, 5m or 1h"},
};

int flags_misused(const struct verb *verb, const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    report(verb->name, "%s", line);
    report_hint("nacre help %s explains it", verb->name);
    return CLI_USAGE;
}

static bool parse_number(const char *text, const struct unit *units, uint64_t *number) {
    if (*text < '0' || *text > '9') return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno) return false;
    for (; units->suffix; units++) {
        if (strcmp(units->suffix, end) != 0) continue;
        if (value > UINT64_MAX / units->factor) return false;
        *number = value * units->factor;
        return true;
    }
    return false;
}

static void *target(const struct flag *flag, void *into) { return (char *)into + flag->offset; }

static int add_to_list(struct text_list *list, const char *text) {
    const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items) return report_no_memory();
    list->items = items;
    list->items[list->count++] = text;
    return -1;
}

static int set(const struct verb *verb, const struct flag *flag, const char *value, void *into) {
    switch (flag->kind) {
    case FLAG_BOOL: *(bool *)target(flag, into) = true; return -1;
    case FLAG_TEXT: *(const char **)target(flag, into) = value; return -1;
    case FLAG_LIST: return add_to_list(target(flag, into), value);
    case FLAG_COUNT:
    case FLAG_SIZE:
    case FLAG_TIME:
        if (parse_number(value, kinds[flag->kind].units, target(flag, into))) return -1;
        return flags_misused(verb, "--%s wants %s, not '%s'", flag->name,
                             kinds[flag->kind].wants, value);
    }
    return CLI_USAGE;
}

static const struct flag *find_long(const struct flag *flags, const char *name, size_t size) {
    for (; flags->name; flags++)
        if (strlen(flags->name) == size && memcmp(flags->name, name, size) == 0) return flags;
    return NULL;
}

static const struct flag *find_short(const struct flag *flags, char letter) {
    for (; flags->name; flags++)
        if (flags->letter == letter) return flags;
    return NULL;
}

static int unknown_flag(const struct verb *verb, const char *word, size_t size) {
    struct suggestion near = suggest_for(word + 2, size > 2 ? size - 2 : 0);
    if (word[1] == '-') {
        for (const struct flag *flag = verb->flags; flag->name; flag++)
            suggest_name(&near, flag->name, strlen(flag->name));
        suggest_name(&near, "help", 4);
    }
    if (!near.best) return flags_misused(verb, "unknown flag %.*s", (int)size, word);
    report(verb->name, "unknown flag %.*s", (int)size, word);
    report_hint("did you mean --%s?", near.best);
    return CLI_USAGE;
}

/* Handles the flag at argv[*at]; moves *at to the last word that belongs to it. */
static int parse_flag(const struct verb *verb, int argc, char **argv, int *at, void *into) {
    const char *word = argv[*at];
    const char *value = NULL;
    const struct flag *flag;
    size_t size;
    if (word[1] == '-') {
        size = strcspn(word, "=");
        flag = find_long(verb->flags, word + 2, size - 2);
        if (!flag) flag = find_long(flags_common, word + 2, size - 2);
        if (word[size] == '=') value = word + size + 1;
    } else {
        size = 2;
        flag = find_short(verb->flags, word[1]);
        if (!flag) flag = find_short(flags_common, word[1]);
        if (word[2]) value = word + 2;
    }
    if (!flag) return unknown_flag(verb, word, size);
    if (flag == &flags_common[0]) {
        help_verb(stdout, verb);
        return CLI_OK;
    }
    if (flag->kind == FLAG_BOOL) {
        if (value) return flags_misused(verb, "--%s takes no value", flag->name);
    } else if (!value) {
        if (*at + 1 >= argc)
            return flags_misused(verb, "--%s wants a value: %s", flag->name, flag->value);
        value = argv[++*at];
    }
    return set(verb, flag, value, into);
}

int flags_parse(const struct verb *verb, int argc, char **argv, void *into,
                struct arguments *arguments) {
    bool flags_end = false;
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        if (flags_end || argv[i][0] != '-' || !argv[i][1]) {
            argv[count++] = argv[i]; /* never past i: what is overwritten was read */
            if (verb->guest_arguments) flags_end = true;
        } else if (strcmp(argv[i], "--") == 0) {
            flags_end = true;
        } else {
            int status = parse_flag(verb, argc, argv, &i, into);
            if (status >= 0) return status;
        }
    }
    *arguments = (struct arguments){argv, count};
    return -1;
}

void flags_free(const struct verb *verb, void *into) {
    for (const struct flag *flag = verb->flags; flag->name; flag++) {
        if (flag->kind != FLAG_LIST) continue;
        struct text_list *list = target(flag, into);
        free(list->items);
        *list = (struct text_list){0};
    }
}

void flags_label(const struct flag *flag, char *text, size_t size) {
    char letter[8] = "";
    if (flag->letter) snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    snprintf(text, size, "%s--%s%s%s", letter, flag->name, flag->value ? " " : "",
             flag->value ? flag->value : "");
}
