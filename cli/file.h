/* file.h - a module file: its bytes in memory, and the module made of them. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <stdbool.h>

#include <nacre/compiler.h>
#include <nacre/module.h>

struct module_file {
    const char *path;
    unsigned char *bytes; /* the module borrows them */
    size_t size;
    bool is_mapped;
    nacre_file_identity identity; /* not settled: it may be another file by now */
    nacre_module *module; /* NULL until file_load */
};

/* Reads the file. On failure returns false and *error has the reason (status NACRE_IO). */
bool file_read(struct module_file *file, const char *path, nacre_error *error);

/* Maps the file, for who will look at little of it. On failure returns false, without a reason. */
bool file_map(struct module_file *file, const char *path);

/* Reads the file and makes a module of it. The caller releases the file even on failure. */
bool file_load(struct module_file *file, nacre_engine *engine, const char *path,
               nacre_error *error);

/* The same, but reports what went wrong, with a hint that fits what the file is. */
bool file_load_or_report(struct module_file *file, nacre_engine *engine, const char *path);

/* Reports why file_load failed. */
void file_report(const struct module_file *file, const nacre_error *error);

/* Releases the module and the bytes. A file that is all zeroes is allowed. */
void file_release(struct module_file *file);

#endif
