/* Breaks the layers, and obeys them. */
#include "base/base.h"
#include "wasm/types.h"
#include <stdint.h>

#include "../base/base.h"
#include "api/engine.h"
#include "wasi/wasi.h"
#include <nacre/engine.h>
#include <stdio.h>
