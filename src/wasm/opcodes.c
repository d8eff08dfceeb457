/* opcodes.c - the tables that opcodes.def and features.def stand for. */
#include "wasm/opcodes.h"

const struct wasm_op_info wasm_op_infos[WASM_OP_COUNT] = {
    [WASM_OP_NONE] = {"*", WASM_IMM_NONE, 0, WASM_FEATURE_MVP},
#define WASM_OP(id, prefix, code, text, imm, sig, align, feature) \
    [WASM_OP_##id] = {sig, WASM_IMM_##imm, align, WASM_FEATURE_##feature},
#include "wasm/opcodes.def"
#undef WASM_OP
};

/* Tables by code, one a prefix: each takes its own rows and passes over the others. Codes that
 * no row has stay 0, WASM_OP_NONE. */
#define ROW(id, code) [code] = WASM_OP_##id,
#define SKIP(id, code)
#define WASM_OP(id, prefix, code, text, imm, sig, align, feature) ROW_##prefix(id, code)

#define ROW_NONE ROW
#define ROW_FB SKIP
#define ROW_FC SKIP
#define ROW_FD SKIP
#define ROW_FE SKIP
const uint16_t wasm_op_by_byte[256] = {
#include "wasm/opcodes.def"
};
#undef ROW_NONE
#define ROW_NONE SKIP

#undef ROW_FB
#define ROW_FB ROW
static const uint16_t by_code_fb[] = {
#include "wasm/opcodes.def"
};
#undef ROW_FB
#define ROW_FB SKIP

#undef ROW_FC
#define ROW_FC ROW
static const uint16_t by_code_fc[] = {
#include "wasm/opcodes.def"
};
#undef ROW_FC
#define ROW_FC SKIP

#undef ROW_FD
#define ROW_FD ROW
static const uint16_t by_code_fd[] = {
#include "wasm/opcodes.def"
};
#undef ROW_FD
#define ROW_FD SKIP

#undef ROW_FE
#define ROW_FE ROW
static const uint16_t by_code_fe[] = {
#include "wasm/opcodes.def"
};
#undef ROW_FE
#undef WASM_OP

enum wasm_op wasm_op_by_code(uint8_t prefix, uint32_t code) {
#define LOOK_UP(table) (code < ARRAY_COUNT(table) ? (enum wasm_op)(table)[code] : WASM_OP_NONE)
    switch (prefix) {
    case 0xFB: return LOOK_UP(by_code_fb);
    case 0xFC: return LOOK_UP(by_code_fc);
    case 0xFD: return LOOK_UP(by_code_fd);
    case 0xFE: return LOOK_UP(by_code_fe);
    default: return WASM_OP_NONE;
    }
#undef LOOK_UP
}

const char *wasm_feature_name(enum wasm_feature feature) {
    static const char *const names[WASM_FEATURE_COUNT] = {
#define WASM_FEATURE(id, name) [WASM_FEATURE_##id] = name,
#include "wasm/features.def"
#undef WASM_FEATURE
    };
    return names[feature];
}
