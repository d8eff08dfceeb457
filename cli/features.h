/* features.h - the flag --wasm FEATURE=on|off of the verbs that load modules. */
#ifndef CLI_FEATURES_H
#define CLI_FEATURES_H

#include <nacre/engine.h>

#include "flags.h"

#define FLAG_WASM(offset)                                                                        \
    {"wasm", 0, FLAG_LIST, "FEATURE=on|off",                                                     \
     "Switch a feature of WebAssembly, e.g. simd, on or off (all are on); a module that needs "  \
     "one that is off is refused.", offset}

/* Returns -1 to go on, else the exit status after a message. */
int features_switch(const struct verb *verb, const struct text_list *switches,
                    nacre_config *config);

#endif
