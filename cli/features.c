/* features.c - see features.h */
#include "features.h"

#include <string.h>

static int switch_one(const struct verb *verb, const char *text, nacre_config *config) {
    char name[64] = "";
    const char *value = strchr(text, '=');
    size_t size = value ? (size_t)(value - text) : 0;
    bool on = value && strcmp(value, "=on") == 0;
    if (!value || (!on && strcmp(value, "=off") != 0))
        return flags_misused(verb, "--wasm wants FEATURE=on or FEATURE=off, not %s", text);
    if (size < sizeof name) memcpy(name, text, size);
    if (nacre_config_switch(config, name, on) == NACRE_OK) return -1;
    return flags_misused(verb, "--wasm: no feature is called %.*s", (int)size, text);
}

int features_switch(const struct verb *verb, const struct text_list *switches,
                    nacre_config *config) {
    int status = -1;
    for (size_t i = 0; i < switches->count && status < 0; i++)
        status = switch_one(verb, switches->items[i], config);
    return status;
}
