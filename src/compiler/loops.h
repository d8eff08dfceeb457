/* loops.h - see loops.cc */
#ifndef COMPILER_LOOPS_H
#define COMPILER_LOOPS_H

#include <llvm/IR/PassManager.h>

#include "compiler/optimise.h"

class GuestLoops : public llvm::PassInfoMixin<GuestLoops> {
public:
    /* An attribute of functions with loops whose accesses it made plain. */
    static constexpr const char *mark = "nacre-loops";

    explicit GuestLoops(const optimise_options &options) : options(options) {}
    llvm::PreservedAnalyses run(llvm::Function &function, llvm::FunctionAnalysisManager &analyses);

private:
    optimise_options options;
};

#endif
