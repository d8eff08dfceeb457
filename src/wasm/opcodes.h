/*
 * opcodes.h - every WebAssembly instruction, once.
 *
 * opcodes.def has one row an instruction:
 *
 *   WASM_OP(ID, PREFIX, code, "text", IMMEDIATES, "signature", alignment, FEATURE)
 *
 *   PREFIX      NONE, or FB FC FD FE; code follows it as LEB128
 *   IMMEDIATES  an enum wasm_immediates below, without WASM_IMM_
 *   signature   "params:results" of i I f F v (i32 i64 f32 f64 v128) and a (the address type of
 *               the memory that the immediates name); "*": validate.c has a rule of its own
 *   alignment   log2 of the natural alignment of a memory access, of the bytes of a LANE; else 0
 *   FEATURE     a row of features.def
 */
#ifndef WASM_OPCODES_H
#define WASM_OPCODES_H

#include "base/base.h"

enum wasm_feature {
#define WASM_FEATURE(id, name) WASM_FEATURE_##id,
#include "wasm/features.def"
#undef WASM_FEATURE
    WASM_FEATURE_COUNT
};

enum wasm_op {
    WASM_OP_NONE, /* no instruction has this encoding */
#define WASM_OP(id, prefix, code, text, imm, sig, align, feature) WASM_OP_##id,
#include "wasm/opcodes.def"
#undef WASM_OP
    WASM_OP_COUNT
};

enum wasm_immediates {
    WASM_IMM_NONE,
    WASM_IMM_BLOCK,         /* block type */
    WASM_IMM_LABEL,         /* br */
    WASM_IMM_LABELS,        /* br_table */
    WASM_IMM_FUNC,
    WASM_IMM_TYPE,
    WASM_IMM_TYPE_TABLE,    /* call_indirect: type, table */
    WASM_IMM_LOCAL,
    WASM_IMM_GLOBAL,
    WASM_IMM_TABLE,
    WASM_IMM_TABLE_TABLE,   /* table.copy: to, from */
    WASM_IMM_ELEM_TABLE,    /* table.init: element segment, table */
    WASM_IMM_ELEM,
    WASM_IMM_DATA,
    WASM_IMM_DATA_MEMORY,   /* memory.init: data segment, memory */
    WASM_IMM_MEMORY,
    WASM_IMM_MEMORY_MEMORY, /* memory.copy: to, from */
    WASM_IMM_MEMARG,        /* alignment, [memory], offset */
    WASM_IMM_MEMARG_LANE,
    WASM_IMM_LANE,
    WASM_IMM_I32,
    WASM_IMM_I64,
    WASM_IMM_F32,
    WASM_IMM_F64,
    WASM_IMM_V128,
    WASM_IMM_SHUFFLE,       /* sixteen lanes below 32 */
    WASM_IMM_VALTYPES,      /* select t* */
    WASM_IMM_HEAPTYPE,      /* ref.null, and ref.test, ref.cast (nullness is in the opcode) */
    WASM_IMM_TAG,
    WASM_IMM_TRY_TABLE,     /* block type, catch clauses */
    WASM_IMM_TYPE_FIELD,    /* struct.get */
    WASM_IMM_TYPE_U32,      /* array.new_fixed */
    WASM_IMM_TYPE_DATA,     /* array.new_data, array.init_data */
    WASM_IMM_TYPE_ELEM,     /* array.new_elem, array.init_elem */
    WASM_IMM_TYPE_TYPE,     /* array.copy: to, from */
    WASM_IMM_BR_CAST,       /* flags, label, heap type, heap type */
    WASM_IMM_FENCE          /* atomic.fence: one zero byte */
};

/* Without pointers: it is short, and the same wherever it is loaded. */
struct wasm_op_info {
    char signature[8];
    uint8_t immediates; /* enum wasm_immediates */
    uint8_t alignment;
    uint8_t feature;    /* enum wasm_feature */
};

/* Indexed by enum wasm_op. */
extern const struct wasm_op_info wasm_op_infos[WASM_OP_COUNT];

/* The instruction of a one-byte encoding, and of prefix byte + code; WASM_OP_NONE if none. */
extern const uint16_t wasm_op_by_byte[256];
enum wasm_op wasm_op_by_code(uint8_t prefix, uint32_t code);

/* Its name in the text format. Nothing in a trusted core asks for it. (opcode_names.c) */
const char *wasm_op_name(enum wasm_op op);

const char *wasm_feature_name(enum wasm_feature feature);

#endif
