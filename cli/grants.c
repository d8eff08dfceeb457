/* grants.c - see grants.h */
#include "grants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_suffix(char *text, const char *suffix) {
    size_t size = strlen(text), end = strlen(suffix);
    bool has = size > end && strcmp(text + size - end, suffix) == 0;
    if (has) text[size - end] = 0;
    return has;
}

bool granted_dir(const char *text, struct granted_dir *dir) {
    char *host = strdup(text);
    if (!host) return false;
    bool is_protected = take_suffix(host, ":protected");
    bool read_only = take_suffix(host, ":ro");
    char *guest = strstr(host, "::");
    if (guest) {
        *guest = 0;
        guest += 2;
    }
    *dir = (struct granted_dir){host, guest ? guest : host, read_only, is_protected};
    return true;
}

enum granted granted_env(const char *text, char **entry) {
    if (!*text || *text == '=') return GRANTED_BADLY;
    if (strchr(text, '=')) {
        *entry = strdup(text);
        return *entry ? GRANTED : GRANTED_NO_MEMORY;
    }
    const char *value = getenv(text);
    if (!value) return GRANTED_NOTHING;
    size_t size = strlen(text) + strlen(value) + 2;
    *entry = malloc(size);
    if (!*entry) return GRANTED_NO_MEMORY;
    snprintf(*entry, size, "%s=%s", text, value);
    return GRANTED;
}

const char *granted_preload(const char *text, size_t *name_size) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1]) return NULL;
    *name_size = (size_t)(equals - text);
    return equals + 1;
}

const char *granted_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
