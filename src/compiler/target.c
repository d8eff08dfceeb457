/* target.c - see target.h */
#include <string.h>

#include <llvm-c/Target.h>

#include "base/status.h"
#include "compiler/optimise.h"
#include "compiler/target.h"
#include "image/cpu.h"

/* Names of targets: an instruction set and, after a dash, one of LLVM's processors. SSE4.1 rounds,
 * so that x86-64-v2 is the least. */
static const struct target {
    const char *name, *triple, *cpu;
    uint32_t machine;
    uint32_t level; /* of x86-64: what the image says that it needs */
} targets[] = {
    {"x86-64", "x86_64-unknown-linux-gnu", "x86-64-v2", IMAGE_X86_64, 2},
    {"x86-64-v2", "x86_64-unknown-linux-gnu", "x86-64-v2", IMAGE_X86_64, 2},
    {"x86-64-v3", "x86_64-unknown-linux-gnu", "x86-64-v3", IMAGE_X86_64, 3},
    {"x86-64-v4", "x86_64-unknown-linux-gnu", "x86-64-v4", IMAGE_X86_64, 4},
    {"aarch64", "aarch64-unknown-linux-gnu", "generic", IMAGE_AARCH64, 0},
};

static void start_llvm(void) {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    optimise_start();
}

nacre_status target_choose(struct compile *compile, nacre_error *error) {
    const char *name = compile->options.target ? compile->options.target : "x86-64";
    for (size_t i = 0; i < ARRAY_COUNT(targets); i++) {
        if (strcmp(targets[i].name, name) != 0) continue;
        compile->target = targets[i].name;
        compile->machine = targets[i].machine;
        compile->cpu_features = image_cpu_x86_level(targets[i].level);
        compile->triple = targets[i].triple;
        compile->cpu = targets[i].cpu;
        compile->features = "";
        start_llvm();
        return NACRE_OK;
    }
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, "no such target");
}

LLVMTargetMachineRef target_machine(const struct compile *compile) {
    static const LLVMCodeGenOptLevel levels[] = {LLVMCodeGenLevelNone, LLVMCodeGenLevelLess,
                                                 LLVMCodeGenLevelDefault,
                                                 LLVMCodeGenLevelAggressive};
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMGetTargetFromTriple(compile->triple, &target, &message)) {
        LLVMDisposeMessage(message);
        return NULL;
    }
    return LLVMCreateTargetMachine(target, compile->triple, compile->cpu, compile->features,
                                   levels[compile->options.level], LLVMRelocPIC,
                                   LLVMCodeModelSmall);
}

extern const uint8_t compiler_runtime_x86_64[], compiler_runtime_x86_64_end[];
extern const uint8_t compiler_runtime_aarch64[], compiler_runtime_aarch64_end[];

struct link_object target_runtime(const struct compile *compile) {
    if (compile->machine == IMAGE_AARCH64)
        return (struct link_object){
            compiler_runtime_aarch64,
            (uint64_t)(compiler_runtime_aarch64_end - compiler_runtime_aarch64)};
    return (struct link_object){
        compiler_runtime_x86_64,
        (uint64_t)(compiler_runtime_x86_64_end - compiler_runtime_x86_64)};
}
