/* note.h - see note.c */
#ifndef COMPILER_NOTE_H
#define COMPILER_NOTE_H

#include "compiler/compiler.h"

void compile_note(const struct compile *compile, struct image_note *note);

#endif
