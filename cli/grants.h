/* grants.h - what flags of the verb `run` say that a guest gets. */
#ifndef CLI_GRANTS_H
#define CLI_GRANTS_H

#include <stdbool.h>
#include <stddef.h>

/* HOST[::GUEST][:ro][:protected] */
struct granted_dir {
    char *host; /* to be freed; the other is in it */
    const char *guest;
    bool read_only;
    bool is_protected; /* a volume */
};

/* False: no memory. */
bool granted_dir(const char *text, struct granted_dir *dir);

enum granted { GRANTED, GRANTED_NOTHING, GRANTED_BADLY, GRANTED_NO_MEMORY };

/* NAME=VALUE, or the variable NAME of this process, if it is set (else GRANTED_NOTHING). *entry is
 * to be freed. */
enum granted granted_env(const char *text, char **entry);

/* Of NAME=FILE, the file, and how many bytes the name has. NULL: it is not of this form. */
const char *granted_preload(const char *text, size_t *name_size);

/* What the guest calls the program at this path. */
const char *granted_name(const char *path);

#endif
