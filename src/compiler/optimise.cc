/* optimise.cc - see optimise.h */
#include "compiler/optimise.h"

#include <string>

#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CBindingWrapping.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/loops.h"

using namespace llvm;

/* What comes before loops.cc: locals become values, loops get the form that it wants. */
static const char *const before_loops =
    "sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
    "simplifycfg,loop-simplify,lcssa";

static TargetMachine *unwrap(LLVMTargetMachineRef machine) {
    return reinterpret_cast<TargetMachine *>(machine);
}

static Error add_passes(PassBuilder &builder, ModulePassManager &passes,
                        const optimise_options &options) {
    FunctionPassManager first;
    if (options.pipeline) return builder.parsePassPipeline(passes, options.pipeline);
    if (auto error = builder.parsePassPipeline(first, before_loops)) return error;
    if (options.level >= 2) first.addPass(GuestLoops(options));
    passes.addPass(createModuleToFunctionPassAdaptor(std::move(first)));
    if (options.level >= 2)
        passes.addPass(builder.buildPerModuleDefaultPipeline(
            options.level == 2 ? OptimizationLevel::O2 : OptimizationLevel::O3));
    return Error::success();
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
    PassBuilder builder(unwrap(machine), tuning);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graphs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graphs, modules);
    ModulePassManager passes;
    if (auto error = add_passes(builder, passes, *options))
        return LLVMCreateMessage(toString(std::move(error)).c_str());
    passes.run(*llvm::unwrap(module), modules);
    return nullptr;
}
