/* optimise.cc - see optimise.h */
#include "compiler/optimise.h"

#include <string>

#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CBindingWrapping.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/Utils/Local.h>

#include "compiler/addresses.h"
#include "compiler/indices.h"
#include "compiler/loops.h"

using namespace llvm;

/* What code was before it became WebAssembly was optimised already, by a compiler that knew more of
 * it. What is left to do is little: locals become values, loops get the form that loops.cc wants... */
static const char *const before_loops =
    "sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,jump-threading,"
    "simplifycfg,loop-simplify,lcssa";

/* ...checks go that follow from others: of a structure's second field, of what a loop's condition
 * says... */
static const char *const for_checks =
    "gvn,constraint-elimination,simplifycfg,instcombine<no-verify-fixpoint>,loop-simplify,lcssa";

/* ...and what accesses allow that were made plain. Where there are none of these in a loop, all of
 * this takes as long as the rest of the compilation, and was measured to make nothing faster. */
static const char *const after_loops =
    "simplifycfg,loop-simplify,lcssa,loop-mssa(loop-rotate<no-header-duplication>,licm<allowspeculation>),"
    "instcombine<no-verify-fixpoint>,"
    "loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),"
    "gvn,sccp,bdce,dse,simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop-mssa(licm<allowspeculation>),"
    "loop-rotate,loop-vectorize,loop-load-elim,instcombine<no-verify-fixpoint>,"
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-lookup;no-keep-loops;"
    "hoist-common-insts;sink-common-insts>,"
    "slp-vectorizer,vector-combine,instcombine<no-verify-fixpoint>,loop-unroll<O2>,"
    "instcombine<no-verify-fixpoint>,loop-mssa(licm<allowspeculation>),div-rem-pairs,"
    "simplifycfg";

/* Code generation makes one of ends of blocks that are alike, and forgets with a call that it read
 * from memory who it must be kept apart from: its place would be another one, or none. */
void optimise_start(void) {
    addresses_start();
    auto &options = cl::getRegisteredOptions();
    /* What has no place goes with what is before it, and needs no row. */
    auto unknown = options.find("use-unknown-locations");
    if (unknown != options.end()) unknown->second->addOccurrence(0, unknown->first, "Disable");
    auto found = options.find("enable-tail-merge");
    if (found == options.end()) return;
    static_cast<cl::opt<cl::boolOrDefault> *>(found->second)->setValue(cl::BOU_FALSE);
}

static TargetMachine *unwrap(LLVMTargetMachineRef machine) {
    return reinterpret_cast<TargetMachine *>(machine);
}

/* The passes for loops, of functions that have some. */
class LoopPasses : public PassInfoMixin<LoopPasses> {
public:
    explicit LoopPasses(FunctionPassManager passes) : passes(std::move(passes)) {}
    PreservedAnalyses run(Function &function, FunctionAnalysisManager &analyses) {
        if (!function.hasFnAttribute(GuestLoops::mark)) return PreservedAnalyses::all();
        return passes.run(function, analyses);
    }

private:
    FunctionPassManager passes;
};

static Error add_passes(PassBuilder &builder, ModulePassManager &passes,
                        const optimise_options &options, bool is_x86) {
    FunctionPassManager functions;
    if (options.pipeline) return builder.parsePassPipeline(passes, options.pipeline);
    if (options.level == 0) return builder.parsePassPipeline(passes, "function(sroa)");
    if (auto error = builder.parsePassPipeline(functions, before_loops)) return error;
    if (options.explicit_bounds)
        if (auto error = builder.parsePassPipeline(functions, for_checks)) return error;
    if (options.level >= 2) functions.addPass(GuestLoops(options));
    if (options.level == 2) {
        FunctionPassManager inner;
        if (auto error = builder.parsePassPipeline(inner, after_loops)) return error;
        functions.addPass(LoopPasses(std::move(inner)));
    }
    passes.addPass(createModuleToFunctionPassAdaptor(std::move(functions)));
    if (options.level == 3)
        passes.addPass(builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3));
    if (is_x86) passes.addPass(createModuleToFunctionPassAdaptor(GuestIndices()));
    return Error::success();
}

LLVMValueRef optimise_demote(LLVMValueRef instruction) {
    return wrap(DemoteRegToStack(*llvm::unwrap<Instruction>(instruction)));
}

char *optimise_module(LLVMModuleRef module, LLVMTargetMachineRef machine,
                      const optimise_options *options) {
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager graphs;
    ModuleAnalysisManager modules;
    PipelineTuningOptions tuning;
    tuning.SLPVectorization = true;
    tuning.LoopInterleaving = true;
    unwrap(machine)->Options.EmitStackSizeSection = options->explicit_bounds; /* for frames.c */
    PassBuilder builder(unwrap(machine), tuning);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graphs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graphs, modules);
    ModulePassManager passes;
    bool is_x86 = unwrap(machine)->getTargetTriple().isX86();
    if (auto error = add_passes(builder, passes, *options, is_x86))
        return LLVMCreateMessage(toString(std::move(error)).c_str());
    passes.run(*llvm::unwrap(module), modules);
    return nullptr;
}
