/* grants.c - see grants.h */
#include "grants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool granted_dir(const char *text, struct granted_dir *dir) {
    char *host = strdup(text);
    if (!host) return false;
    size_t size = strlen(host);
    bool read_only = size > 3 && strcmp(host + size - 3, ":ro") == 0;
    if (read_only) host[size - 3] = 0;
    char *guest = strstr(host, "::");
    if (guest) {
        *guest = 0;
        guest += 2;
    }
    *dir = (struct granted_dir){host, guest ? guest : host, read_only};
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
