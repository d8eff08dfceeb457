/* opcode_names.c - see opcodes.h; apart from the tables that a core has. */
#include "wasm/opcodes.h"

const char *wasm_op_name(enum wasm_op op) {
    static const char *const names[WASM_OP_COUNT] = {
        [WASM_OP_NONE] = "(none)",
#define WASM_OP(id, prefix, code, text, imm, sig, align, feature) [WASM_OP_##id] = text,
#include "wasm/opcodes.def"
#undef WASM_OP
    };
    return names[op];
}
