/*
 * reference.c - prints docs/reference.md from the tables that the code is made of. The test
 * `reference` compares the two; build/release/reference > docs/reference.md updates it.
 */
#include <stdio.h>

#include <nacre/engine.h>

#include "wasm/module.h"
#include "wasm/opcodes.h"

static void print_statuses(void) {
    puts("## Statuses\n\nWhat functions return (`nacre/status.h`).\n\n| number | name | text |\n"
         "|---|---|---|");
#define NACRE_STATUS(name, number, text) printf("| %d | `NACRE_%s` | %s |\n", number, #name, text);
#include <nacre/status.def>
#undef NACRE_STATUS
}

static void print_traps(void) {
    puts("\n## Traps\n\nWhy a guest trapped (`nacre_error.trap`).\n\n| number | name | text |\n"
         "|---|---|---|");
#define NACRE_TRAP(name, number, text) \
    printf("| %d | `NACRE_TRAP_%s` | %s |\n", number, #name, text);
#include <nacre/trap.def>
#undef NACRE_TRAP
}

static void print_features(void) {
    puts(
        "\n## Features of WebAssembly\n\nBy the proposals' names. All are on; any but mvp can be "
        "switched off.\n\n| feature |\n|---|");
#define WASM_FEATURE(id, name) printf("| %s |\n", name);
#include "wasm/features.def"
#undef WASM_FEATURE
}

static void print_limits(void) {
    nacre_limits limits;
    nacre_limits_init(&limits);
    puts("\n## Limits of a store\n\nThe fields of `nacre_limits`.\n\n"
         "| limit | default | notes |\n|---|---|---|");
    puts("| fuel | unlimited | instructions; another value needs `config.metering` |\n"
         "| deadline_ms | unlimited | of an outermost call; another value needs "
         "`config.metering` |\n"
         "| memory_bytes | unlimited | memories and objects together |");
    printf("| table_elements | %llu | all tables together |\n",
           (unsigned long long)limits.table_elements);
    printf("| stack_bytes | %llu | %u to %u; less or more counts as that |\n",
           (unsigned long long)limits.stack_bytes, NACRE_STACK_BYTES_MIN, NACRE_STACK_BYTES_MAX);
    puts("| reserve_bytes | unlimited | address space for each memory |");
    printf("| instances | %u | |\n| files | %u | open WASI descriptors |\n", limits.instances,
           limits.files);
    printf("| threads | %u | at once, the first included; the command's default is 64 |\n",
           limits.threads);
    static const struct {
        const char *what;
        unsigned long long most;
    } rows[] = {{"size of a module, bytes", WASM_MODULE_SIZE_MAX},
                {"types", WASM_TYPES_MAX},
                {"functions", WASM_FUNCS_MAX},
                {"imports", WASM_IMPORTS_MAX},
                {"exports", WASM_EXPORTS_MAX},
                {"globals", WASM_GLOBALS_MAX},
                {"tables", WASM_TABLES_MAX},
                {"memories", WASM_MEMORIES_MAX},
                {"segments", WASM_SEGMENTS_MAX},
                {"elements of a segment", WASM_ELEM_ITEMS_MAX},
                {"parameters", WASM_PARAMS_MAX},
                {"results", WASM_RESULTS_MAX},
                {"locals of a function, with its parameters", WASM_LOCALS_MAX},
                {"labels of a br_table", WASM_BR_TABLE_MAX},
                {"slots (of 8 bytes) of a frame", UINT16_MAX}};
    puts("\n## Limits of a module\n\nMore is refused with `NACRE_LIMIT`.\n\n| what | at most |\n"
         "|---|---|");
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        printf("| %s | %llu |\n", rows[i].what, rows[i].most);
}

static void print_wasi(void) {
    puts(
        "\n## WASI 0.1\n\nFunctions of `wasi_snapshot_preview1`; parameters and result as i (i32) "
        "and I (i64).\n\n| function | parameters | result |\n|---|---|---|");
#define WASI_FUNCTION(name, params, results) printf("| %s | %s | %s |\n", #name, params, results);
#include "wasi/functions.def"
#undef WASI_FUNCTION
}

static void print_instructions(void) {
    puts("\n## Instructions\n\nA signature has the parameters before its colon and the results "
         "behind it, of\ni I f F v (i32 i64 f32 f64 v128) and a (an address: i32, or i64 for a "
         "64-bit memory); either may\nbe empty. Without a signature, the types follow from the "
         "instruction's immediates or operands.\n\nAn encoding is an opcode in hexadecimal, or a "
         "prefix and a number that the binary holds as LEB128:\nFD 100 is the bytes FD 80 02.\n\n"
         "| instruction | encoding | signature | feature |\n|---|---|---|---|");
#define PREFIX_NONE ""
#define PREFIX_FB "FB "
#define PREFIX_FC "FC "
#define PREFIX_FD "FD "
#define PREFIX_FE "FE "
#define WASM_OP(id, prefix, code, text, imm, sig, align, feature) \
    printf("| %s | %s%02X | %s | %s |\n", text, PREFIX_##prefix, code, sig[0] == '*' ? "" : sig, \
           wasm_feature_name(WASM_FEATURE_##feature));
#include "wasm/opcodes.def"
#undef WASM_OP
}

int main(void) {
    puts("# Reference\n\nGenerated from the tables that the code is made of (tools/reference.c).\n"
         "Commands and flags: `man nacre`, or `nacre help VERB`. Functions: the headers.\n");
    print_statuses();
    print_traps();
    print_features();
    print_limits();
    print_wasi();
    print_instructions();
    return 0;
}
