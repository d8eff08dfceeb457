/* inspect_image.h - what `nacre inspect` says of an image. */
#ifndef CLI_INSPECT_IMAGE_H
#define CLI_INSPECT_IMAGE_H

#include <stdbool.h>

/* Does the file begin as an image does? */
bool image_is(const char *path);

/* Prints what it says of itself. Returns the exit status. */
int image_inspect(const char *path, bool json);

#endif
