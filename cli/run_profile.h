/* run_profile.h - the table that `nacre run --profile` prints. */
#ifndef CLI_RUN_PROFILE_H
#define CLI_RUN_PROFILE_H

#include <stdio.h>

#include <nacre/instance.h>

/* Prints the functions of a module that executed most, and how much the others did. */
void profile_print(FILE *out, const char *path, const nacre_module *module,
                   const nacre_instance *instance);

#endif
