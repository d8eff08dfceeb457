/*
 * indices.cc - an index is widened once, where it comes to be.
 *
 * An address is a base of 64 bits and an index of 32, which each access widens. What computes or
 * loads 32 bits clears the upper half of its register at no cost; but code generation looks at one
 * block at a time, and in another it has to clear that half again: in a loop along a list, that is
 * a quarter of the time. So values that are used as indices are widened where they are made, and
 * where they come from different places, it's the wide ones that come together. This is for x86-64:
 * an address of aarch64 widens its index itself.
 */
#include "compiler/indices.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SetVector.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/Transforms/Utils/Local.h>

using namespace llvm;

namespace {

class Widener {
public:
    explicit Widener(Function &function)
        : function(function), wide_type(Type::getInt64Ty(function.getContext())) {}
    bool run();

private:
    void find();
    void add(Value *value);
    Value *widen(Value *narrow);
    void join(PHINode *phi);

    Function &function;
    Type *wide_type;
    SmallSetVector<PHINode *, 16> phis; /* to be wide */
    SmallVector<ZExtInst *, 32> given;  /* the extensions there are */
    DenseMap<Value *, Value *> wide;
};

/* A phi, but not one that counts: of those, code generation knows what their sums are when wide. */
void Widener::add(Value *value) {
    auto *phi = dyn_cast<PHINode>(value);
    BinaryOperator *sum;
    Value *start, *step;
    if (phi && !matchSimpleRecurrence(phi, sum, start, step)) phis.insert(phi);
}

/* The extensions, and the phis that lead to them. */
void Widener::find() {
    for (BasicBlock &block : function) {
        for (Instruction &i : block) {
            auto *extension = dyn_cast<ZExtInst>(&i);
            if (!extension || extension->getType() != wide_type) continue;
            Value *narrow = extension->getOperand(0);
            if (!narrow->getType()->isIntegerTy(32)) continue;
            given.push_back(extension);
            add(narrow);
        }
    }
    for (size_t n = 0; n < phis.size(); n++)
        for (Value *from : phis[n]->incoming_values()) add(from);
}

/* The wide value, right behind the narrow one. */
Value *Widener::widen(Value *narrow) {
    if (auto *constant = dyn_cast<ConstantInt>(narrow))
        return ConstantInt::get(wide_type, constant->getZExtValue());
    if (Value *known = wide.lookup(narrow)) return known;
    auto *made = dyn_cast<Instruction>(narrow);
    auto at = made ? made->getInsertionPointAfterDef()
                   : std::optional(function.getEntryBlock().getFirstInsertionPt());
    auto *extension = new ZExtInst(narrow, wide_type, "", *at);
    return wide[narrow] = extension;
}

/* What comes into a wide phi. */
void Widener::join(PHINode *phi) {
    auto *joined = cast<PHINode>(wide[phi]);
    for (unsigned n = 0; n < phi->getNumIncomingValues(); n++)
        joined->addIncoming(widen(phi->getIncomingValue(n)), phi->getIncomingBlock(n));
}

bool Widener::run() {
    find();
    if (given.empty()) return false;
    for (PHINode *phi : phis)
        wide[phi] = PHINode::Create(wide_type, phi->getNumIncomingValues(), "", phi->getIterator());
    for (PHINode *phi : phis) join(phi);
    for (ZExtInst *extension : given) {
        Value *by = widen(extension->getOperand(0));
        extension->replaceAllUsesWith(by);
        extension->eraseFromParent();
    }
    for (PHINode *phi : phis) {
        auto at = phi->getParent()->getFirstInsertionPt();
        auto *narrow = new TruncInst(wide[phi], phi->getType(), "", at);
        phi->replaceAllUsesWith(narrow);
        phi->eraseFromParent();
    }
    return true;
}

} // namespace

PreservedAnalyses GuestIndices::run(Function &function, FunctionAnalysisManager &) {
    return Widener(function).run() ? PreservedAnalyses::none() : PreservedAnalyses::all();
}
