/* indices.h - see indices.cc */
#ifndef COMPILER_INDICES_H
#define COMPILER_INDICES_H

#include <llvm/IR/PassManager.h>

class GuestIndices : public llvm::PassInfoMixin<GuestIndices> {
public:
    llvm::PreservedAnalyses run(llvm::Function &function, llvm::FunctionAnalysisManager &analyses);
};

#endif
