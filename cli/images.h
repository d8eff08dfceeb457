/*
 * images.h - compiled code for what `nacre run` runs, without anybody having to think of it.
 *
 * A module whose image is in the cache runs compiled; one that is not there is
 * interpreted, and if it still runs after a moment, it is compiled, and goes on in the image.
 */
#ifndef CLI_IMAGES_H
#define CLI_IMAGES_H

#include <nacre/compiler.h>

#include "cli.h"
#include "file.h"

struct image_flags {
    const char *image;     /* file for the program, or NULL */
    const char *key;       /* file of who must have signed it, or NULL */
    bool compiled, interpret; /* insist; else what is best at the moment */
    bool profile;          /* which is the interpreter's */
    bool metering, deterministic;
    uint64_t level;        /* how much to optimise what is compiled */
};

struct images;

/* Looks at the flags and opens the cache. Returns -1 to go on, else the exit status after a
 * message. */
int images_open(const struct verb *verb, const struct image_flags *flags, struct images **images);

/* Loads a module, and attaches the image for it. `is_program`: the one that --image is about.
 * Returns -1 to go on, else the exit status after a message; the caller releases the file
 * anyway. */
int images_load(struct images *images, nacre_engine *engine, const char *path, bool is_program,
                struct module_file *file);

/* From now on images are those that check bounds in code, for where nobody hears of faults. */
void images_check_bounds(struct images *images);

/* Do the flags want compiled code, or a signature of it? Else it is what is best. */
bool images_insist(const struct images *images);

/* For a run elsewhere: reads the module's file, and gives the path of its image, or "" if it is to
 * be interpreted, and who must have signed it, or NULL. `is_program` as above. The module is not
 * looked into. Returns -1 to go on, else the exit status after a message; the caller releases the
 * file anyway. */
int images_locate(struct images *images, const char *path, bool is_program,
                  struct module_file *file, char image[NACRE_CACHE_PATH], const uint8_t **key);

/* Before the process gives up starting others: has another one compile what was not found. The
 * modules are those that were loaded until now. False: there is none, or nothing to compile. */
bool images_delegate(struct images *images);
/* The process has not given it up: it compiles itself. */
void images_undelegate(struct images *images);

/* From now on what was not found is compiled, after a moment. The modules and their bytes must
 * stay until images_close. */
void images_watch(struct images *images);

/* Nothing is started any more; what was, goes on by itself. NULL is allowed. */
void images_close(struct images *images);

#endif
