/*
 * loops.cc - loops over linear memory as LLVM likes them.
 *
 * An address is a sum of 32 bits that may wrap, and an access may trap: so LLVM sees neither how
 * addresses follow each other nor that accesses may change places, and vectorises nothing. Here a
 * loop is asked, before it begins, how far each of its accesses will reach: if that is inside of the
 * memory, then no sum wraps on the way and none of them traps. In a copy of the loop for that case,
 * addresses are sums of 64 bits that do not wrap, accesses are plain ones, and those that were found
 * not to overlap say so. Where all is known when compiling, nothing is asked and nothing is copied.
 *
 * Fuel is paid for a whole loop in that copy, if there is enough: as nothing in it traps or calls,
 * nobody can see the difference.
 *
 * The exact meaning is kept: what is not shown to be in bounds stays in the loop as it was.
 */
#include "compiler/loops.h"

#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/DomTreeUpdater.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>

using namespace llvm;

namespace {

/* With these, no sum of 64 bits below comes near to wrapping. */
const int64_t step_max = 1 << 20;
const int64_t count_max = int64_t(1) << 33;
/* What a copy of a loop may cost. */
const unsigned instructions_max = 160, groups_max = 12, alias_checks_max = 10;
/* In a function of more instructions, loops without floats or vectors stay as they are: such are
 * interpreters and parsers, for which the passes behind this cost much and gain nothing. */
const unsigned function_max = 2000;

/* A guest's access in a loop, or a check that stands before one, which is for no bytes at the access's
 * end: at base + start + constant, further by step each time around. */
struct Access {
    Instruction *instruction; /* NULL: a check */
    Value *base;       /* of the memory */
    const SCEV *start; /* 64 bits, without its constant part; not changed by the loop */
    int64_t constant, step;
    int64_t inner; /* as the constant, less what is added to the sum of 32 bits: the memarg's offset */
    uint64_t size;
    bool is_store;
    int64_t low, high; /* bounds of what it touches as far as known when compiling */
    int64_t floor;     /* the same of the sum of 32 bits, which wraps below 0 */
    unsigned group = 0, cluster = 0;
};

/* Where the loop pays for a part of itself. */
struct Charge {
    BranchInst *branch; /* to `more`, which asks for more and comes to `on`; or to that */
    BasicBlock *more, *on;
    StoreInst *store; /* of what is left */
};

/* Where it is left if something is out of bounds. */
struct Check {
    BranchInst *branch;
    BasicBlock *trap, *on;
};

/* Accesses of one start and step, and the same distance apart. */
struct Group {
    const SCEV *start;
    int64_t step, low, high; /* constants: of the first byte, behind the last */
    int64_t inner;           /* the least: where a sum of 32 bits begins */
    bool has_store;
    unsigned cluster;
};

class Versioner {
public:
    Versioner(Loop *loop, ScalarEvolution &se, LoopInfo &li, DominatorTree &dt,
              const optimise_options &options)
        : loop(loop), se(se), li(li), dt(dt), options(options) {}
    bool run();

private:
    bool is_suitable();
    bool find_checks();
    bool describe_check(const Check &check, Access &access);
    bool find_charges();
    bool add_charge(BranchInst *branch);
    bool has_store(unsigned kind);
    bool find_accesses();
    bool describe(Instruction *instruction, Access &access);
    bool split(const SCEV *offset, Access &access);
    void bound(Access &access);
    void make_groups();
    void make_clusters();
    bool is_inside(const Group &g) const;
    const SCEV *reach(const Group &g, bool is_high);
    const SCEV *reach_of(const Group &g, int64_t constant, bool is_high);
    Value *make_check();
    Value *load_size(IRBuilder<> &builder);
    Value *find_slice(IRBuilder<> &builder);
    void copy_loop(Value *check);
    void pay();
    void rewrite();
    void keep_stores();
    void remove_charges();
    void remove_checks();
    void mark_aliases();

    Loop *loop;
    ScalarEvolution &se;
    LoopInfo &li;
    DominatorTree &dt;
    const optimise_options &options;
    const SCEV *count = nullptr; /* how often it goes around again, 64 bits */
    int64_t count_known = 0;     /* at most */
    SmallVector<Charge, 4> charges;
    int64_t cost = 0;       /* of one time around */
    Value *price = nullptr; /* of all */
    SmallVector<Access, 16> accesses;
    SmallVector<Check, 8> checks;
    SmallVector<Group, 8> groups;
    unsigned cluster_count = 0;
    bool is_checked = false; /* that groups with one store at least do not overlap */
};

/* --- What a loop does --- */

/* It may be left at its end, and by a check that fails. */
bool Versioner::find_checks() {
    SmallVector<BasicBlock *, 8> exiting;
    unsigned kind = se.getContext().getMDKindID(OPTIMISE_CHECK);
    loop->getExitingBlocks(exiting);
    for (BasicBlock *block : exiting) {
        auto *branch = dyn_cast<BranchInst>(block->getTerminator());
        if (!branch || !branch->isConditional()) return false;
        if (block == loop->getLoopLatch()) continue;
        if (!branch->getMetadata(kind)) return false;
        bool is_first = !loop->contains(branch->getSuccessor(0));
        BasicBlock *trap = branch->getSuccessor(is_first ? 0 : 1);
        if (!isa<UnreachableInst>(trap->getTerminator()) || !trap->phis().empty()) return false;
        checks.push_back({branch, trap, branch->getSuccessor(is_first ? 1 : 0)});
    }
    return true;
}

bool Versioner::is_suitable() {
    if (!loop->isInnermost() || !loop->isLoopSimplifyForm() || !loop->isLCSSAForm(dt)) return false;
    BasicBlock *latch = loop->getLoopLatch();
    if (!loop->isLoopExiting(latch) || !find_checks()) return false;
    const SCEV *taken = se.getExitCount(loop, latch);
    if (isa<SCEVCouldNotCompute>(taken)) return false;
    Type *i64 = Type::getInt64Ty(se.getContext());
    count = se.getNoopOrZeroExtend(taken, i64);
    APInt most = se.getUnsignedRangeMax(count);
    if (most.ugt(count_max)) return false;
    count_known = int64_t(most.getZExtValue());
    return true;
}

/* Splits an address into a part that the loop does not change, a constant, and a step. The constant
 * part of a sum of 32 bits becomes one of 64 bits: the same unless the sum wraps, which is what the
 * check before the loop excludes. */
static const SCEV *take_constant(ScalarEvolution &se, const SCEV *sum, int64_t &constant) {
    if (auto *c = dyn_cast<SCEVConstant>(sum)) {
        constant += c->getType()->isIntegerTy(32) ? int64_t(c->getAPInt().getZExtValue())
                                                  : c->getAPInt().getSExtValue();
        return se.getZero(sum->getType());
    }
    if (auto *add = dyn_cast<SCEVAddExpr>(sum)) {
        auto *c = dyn_cast<SCEVConstant>(add->getOperand(0));
        if (!c) return sum;
        constant += c->getAPInt().getSExtValue();
        SmallVector<const SCEV *, 4> rest(add->operands().drop_front());
        return se.getAddExpr(rest);
    }
    if (auto *rec = dyn_cast<SCEVAddRecExpr>(sum)) {
        if (!rec->isAffine()) return sum;
        int64_t part = 0;
        const SCEV *start = take_constant(se, rec->getStart(), part);
        if (part == 0) return sum;
        constant += part;
        return se.getAddRecExpr(start, rec->getStepRecurrence(se), rec->getLoop(),
                                SCEV::FlagAnyWrap);
    }
    return sum;
}

/* False, with nothing taken, if it changes in another way. */
static bool take_step(ScalarEvolution &se, Loop *loop, const SCEV *&sum, int64_t &step) {
    auto *rec = dyn_cast<SCEVAddRecExpr>(sum);
    if (!rec || rec->getLoop() != loop) return se.isLoopInvariant(sum, loop);
    auto *c = dyn_cast<SCEVConstant>(rec->getStepRecurrence(se));
    if (!rec->isAffine() || !c) return false;
    int64_t part = c->getAPInt().getSExtValue();
    if (part < -step_max || part > step_max) return false;
    step = part;
    sum = rec->getStart();
    return true;
}

bool Versioner::split(const SCEV *offset, Access &a) {
    Type *i64 = Type::getInt64Ty(se.getContext());
    a.constant = a.step = 0;
    (void)take_step(se, loop, offset, a.step); /* or it is constant + zext(sum that changes) */
    offset = take_constant(se, offset, a.constant);
    if (auto *zext = dyn_cast<SCEVZeroExtendExpr>(offset)) {
        const SCEV *sum = zext->getOperand();
        if (!sum->getType()->isIntegerTy(32)) return false;
        int64_t step = 0, inner = 0;
        if (!take_step(se, loop, sum, step) || (step != 0 && a.step != 0)) return false;
        sum = take_constant(se, sum, inner);
        if (a.constant < 0) return false;
        a.step += step;
        a.constant += inner;
        a.inner = inner;
        a.start = se.getZeroExtendExpr(sum, i64);
        return true;
    }
    a.inner = a.constant;
    a.start = offset;
    return se.isLoopInvariant(offset, loop);
}

bool Versioner::describe(Instruction *i, Access &a) {
    Value *pointer = getLoadStorePointerOperand(i);
    const SCEV *address = se.getSCEV(pointer);
    auto *base = dyn_cast<SCEVUnknown>(se.getPointerBase(address));
    if (!base || !se.isLoopInvariant(base, loop)) return false;
    a.instruction = i;
    a.base = base->getValue();
    a.is_store = isa<StoreInst>(i);
    a.size = i->getModule()->getDataLayout().getTypeStoreSize(getLoadStoreType(i));
    if (!split(se.removePointerBase(address), a)) return false;
    bound(a);
    return true;
}

/* It traps if `end > size`, in whatever form, where `end` counts from the beginning of the memory. */
bool Versioner::describe_check(const Check &check, Access &a) {
    auto *compare = dyn_cast<ICmpInst>(check.branch->getCondition());
    if (!compare || !compare->getOperand(0)->getType()->isIntegerTy(64)) return false;
    bool is_swapped = isa<LoadInst>(compare->getOperand(0));
    Value *end = compare->getOperand(is_swapped), *size = compare->getOperand(!is_swapped);
    auto predicate = is_swapped ? compare->getSwappedPredicate() : compare->getPredicate();
    if (check.branch->getSuccessor(0) != check.trap)
        predicate = ICmpInst::getInversePredicate(predicate);
    if (predicate != ICmpInst::ICMP_UGT || !isa<LoadInst>(size) || isa<LoadInst>(end)) return false;
    a.instruction = nullptr;
    a.base = nullptr;
    a.is_store = false;
    a.size = 0;
    if (!split(se.getSCEV(end), a)) return false;
    bound(a);
    return true;
}

/* What is known of where it reaches. */
void Versioner::bound(Access &a) {
    ConstantRange range = se.getUnsignedRange(a.start);
    int64_t first = int64_t(range.getUnsignedMin().getLimitedValue(INT64_MAX));
    int64_t last = int64_t(range.getUnsignedMax().getLimitedValue(int64_t(1) << 40));
    int64_t way = a.step * count_known;
    a.low = first + a.constant + (way < 0 ? way : 0);
    a.floor = a.low - a.constant + a.inner;
    a.high = last + a.constant + int64_t(a.size) + (way > 0 ? way : 0);
}

/* The block that asks for more goes back to where it came from: all that is known of it. */
static bool leads_back(BasicBlock *more, BasicBlock *from, BasicBlock *on) {
    return more->getSinglePredecessor() == from && more->getSingleSuccessor() == on;
}

bool Versioner::add_charge(BranchInst *branch) {
    if (!branch->isConditional() || !dt.dominates(branch->getParent(), loop->getLoopLatch()))
        return false;
    auto *compare = dyn_cast<ICmpInst>(branch->getCondition());
    auto *left = compare ? dyn_cast<BinaryOperator>(compare->getOperand(0)) : nullptr;
    auto *amount = left ? dyn_cast<ConstantInt>(left->getOperand(1)) : nullptr;
    if (!amount) return false;
    bool is_sum = left->getOpcode() == Instruction::Add; /* of what is negative */
    if (!is_sum && left->getOpcode() != Instruction::Sub) return false;
    int64_t part = is_sum ? -amount->getSExtValue() : amount->getSExtValue();
    if (part < 0 || part > step_max) return false;
    Charge charge = {branch, branch->getSuccessor(0), branch->getSuccessor(1), nullptr};
    if (!leads_back(charge.more, branch->getParent(), charge.on)) std::swap(charge.more, charge.on);
    if (!leads_back(charge.more, branch->getParent(), charge.on)) return false;
    for (User *user : left->users())
        if (auto *store = dyn_cast<StoreInst>(user)) charge.store = store;
    if (!charge.store || charge.store->getParent() != branch->getParent()) return false;
    cost += part;
    charges.push_back(charge);
    return cost <= step_max;
}

/* False if it is not the same each time around. */
bool Versioner::find_charges() {
    unsigned kind = se.getContext().getMDKindID(OPTIMISE_FUEL);
    for (BasicBlock *block : loop->blocks())
        if (block->getTerminator()->getMetadata(kind))
            if (!add_charge(dyn_cast<BranchInst>(block->getTerminator()))) return false;
    return true;
}

/* All accesses of the loop; false if it has any that is not understood, or does what a copy should
 * not be made of. */
bool Versioner::has_store(unsigned kind) {
    for (const BasicBlock *block : loop->blocks())
        for (const Instruction &i : *block)
            if (isa<StoreInst>(i) && i.getMetadata(kind)) return true;
    return false;
}

bool Versioner::find_accesses() {
    unsigned kind = se.getContext().getMDKindID(OPTIMISE_ACCESS);
    /* Another memory's access may trap, after which too much would be paid; and it would not keep
     * plain stores before and behind it apart. */
    auto may_end = [&](const Instruction &i) {
        return (!charges.empty() || has_store(kind)) && i.isVolatile() &&
               llvm::none_of(charges, [&i](const Charge &c) { return c.store == &i; });
    };
    for (const Check &check : checks) {
        Access a;
        if (!describe_check(check, a)) return false;
        accesses.push_back(a);
    }
    unsigned instructions = 0;
    auto asks = [&](const BasicBlock *b) {
        return llvm::any_of(charges, [b](const Charge &c) { return c.more == b; });
    };
    for (BasicBlock *block : loop->blocks()) {
        if (asks(block)) continue;
        for (Instruction &i : *block) {
            if (++instructions > instructions_max) return false;
            if (auto *call = dyn_cast<CallBase>(&i); call && !isa<IntrinsicInst>(call) &&
                                                    !call->doesNotReturn())
                return false;
            if (!i.mayReadOrWriteMemory() || isa<CallBase>(i)) continue;
            if (!i.getMetadata(kind)) {
                if (may_end(i)) return false;
                continue;
            }
            Access a;
            if (!describe(&i, a)) return false;
            accesses.push_back(a);
        }
    }
    return !accesses.empty() || !charges.empty();
}

/* --- What belongs together --- */

/* Clusters of accesses that may overlap each other, by what is known when compiling. */
void Versioner::make_clusters() {
    SmallVector<Access *, 16> sorted;
    for (Access &a : accesses) sorted.push_back(&a);
    llvm::sort(sorted, [](Access *a, Access *b) {
        return a->low != b->low ? a->low < b->low : a < b; /* they stand in one array */
    });
    int64_t high = INT64_MIN;
    for (Access *a : sorted) {
        if (a->low >= high) cluster_count++;
        high = std::max(high, a->high);
        a->cluster = cluster_count - 1;
    }
}

void Versioner::make_groups() {
    for (Access &a : accesses) {
        unsigned g = 0;
        while (g < groups.size() &&
               (groups[g].start != a.start || groups[g].step != a.step ||
                groups[g].cluster != a.cluster))
            g++;
        int64_t high = a.constant + int64_t(a.size);
        if (g == groups.size())
            groups.push_back({a.start, a.step, a.constant, high, a.inner, a.is_store, a.cluster});
        groups[g].low = std::min(groups[g].low, a.constant);
        groups[g].high = std::max(groups[g].high, high);
        groups[g].inner = std::min(groups[g].inner, a.inner);
        groups[g].has_store |= a.is_store;
        a.group = g;
    }
}

/* Is it known when compiling that all of it is in the memory? */
bool Versioner::is_inside(const Group &g) const {
    for (const Access &a : accesses)
        if (&groups[a.group] == &g && (a.low < 0 || a.floor < 0 || uint64_t(a.high) > options.memory_min))
            return false;
    return true;
}

/* Its first byte, or what is behind its last. */
const SCEV *Versioner::reach(const Group &g, bool is_high) {
    return reach_of(g, is_high ? g.high : g.low, is_high);
}

/* The least or the most that start + constant gets to be. */
const SCEV *Versioner::reach_of(const Group &g, int64_t constant, bool is_high) {
    Type *i64 = Type::getInt64Ty(se.getContext());
    const SCEV *at = se.getAddExpr(g.start, se.getConstant(i64, constant, true));
    if ((g.step > 0) != is_high || g.step == 0) return at;
    return se.getAddExpr(at, se.getMulExpr(count, se.getConstant(i64, g.step, true)));
}

/* --- The check --- */

Value *Versioner::load_size(IRBuilder<> &builder) {
    Value *context = builder.GetInsertBlock()->getParent()->getArg(0);
    Type *i64 = builder.getInt64Ty();
    Value *at = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), context,
                                                   -options.size_distance);
    if (options.is_imported) {
        Value *memory = builder.CreateLoad(builder.getPtrTy(), at);
        at = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), memory, options.size_offset);
    }
    return builder.CreateLoad(i64, at);
}

Value *Versioner::find_slice(IRBuilder<> &builder) {
    Value *context = builder.GetInsertBlock()->getParent()->getArg(0);
    Value *at = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), context,
                                                   -options.thread_distance);
    Value *thread = builder.CreateLoad(builder.getPtrTy(), at);
    return builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), thread, options.slice_offset);
}

/* An i1: every group is in the memory, and none overlaps a written one. NULL: it would not pay. */
Value *Versioner::make_check() {
    Instruction *end = loop->getLoopPreheader()->getTerminator();
    IRBuilder<> builder(end);
    Type *i64 = builder.getInt64Ty();
    SCEVExpander expander(se, "reach");
    SmallVector<std::pair<Value *, Value *>, 8> reaches;
    Value *check = nullptr, *size = nullptr;
    auto require = [&](Value *v) { check = check ? builder.CreateAnd(check, v) : v; };
    for (const Group &g : groups) {
        const SCEV *low = reach(g, false), *high = reach(g, true);
        if (!expander.isSafeToExpand(low) || !expander.isSafeToExpand(high)) return nullptr;
    }
    for (const Group &g : groups) {
        Value *low = expander.expandCodeFor(reach(g, false), i64, end->getIterator());
        Value *high = expander.expandCodeFor(reach(g, true), i64, end->getIterator());
        reaches.push_back({low, high});
        if (is_inside(g)) continue;
        if (!size) size = load_size(builder);
        require(builder.CreateICmpULE(high, size));
        int64_t least = std::min(g.low, g.inner);
        if (least >= 0 && g.step >= 0) continue;
        if (least != g.low)
            low = expander.expandCodeFor(reach_of(g, least, false), i64, end->getIterator());
        require(builder.CreateICmpSGE(low, builder.getInt64(0)));
    }
    if (!charges.empty()) {
        const SCEV *times = se.getAddExpr(count, se.getOne(i64));
        const SCEV *all = se.getMulExpr(times, se.getConstant(i64, cost));
        if (!expander.isSafeToExpand(all)) return nullptr;
        price = expander.expandCodeFor(all, i64, end->getIterator());
        require(builder.CreateICmpSGE(builder.CreateLoad(i64, find_slice(builder)), price));
    }
    unsigned pairs = 0;
    for (unsigned i = 0; i < groups.size(); i++)
        for (unsigned j = i + 1; j < groups.size(); j++) {
            if (groups[i].cluster != groups[j].cluster) continue;
            if (!groups[i].has_store && !groups[j].has_store) continue;
            if (groups[i].start == groups[j].start) continue; /* LLVM sees the distance */
            if (++pairs > alias_checks_max) return check;
            Value *before = builder.CreateICmpULE(reaches[i].second, reaches[j].first);
            Value *behind = builder.CreateICmpULE(reaches[j].second, reaches[i].first);
            require(builder.CreateOr(before, behind));
        }
    is_checked = true;
    return check;
}

/* --- The copy --- */

/* They would not fail. */
void Versioner::remove_checks() {
    DomTreeUpdater updater(dt, DomTreeUpdater::UpdateStrategy::Eager);
    for (const Check &check : checks) {
        auto *compare = cast<Instruction>(check.branch->getCondition());
        BasicBlock *block = check.branch->getParent();
        ReplaceInstWithInst(check.branch, BranchInst::Create(check.on));
        updater.applyUpdates({{DominatorTree::Delete, block, check.trap}});
        if (pred_empty(check.trap)) DeleteDeadBlock(check.trap, &updater);
        RecursivelyDeleteTriviallyDeadInstructions(compare);
    }
    checks.clear();
}

void Versioner::copy_loop(Value *check) {
    BasicBlock *front = loop->getLoopPreheader(), *exiting = loop->getLoopLatch();
    const auto *end_branch = cast<BranchInst>(exiting->getTerminator());
    BasicBlock *exit = end_branch->getSuccessor(loop->contains(end_branch->getSuccessor(0)));
    BasicBlock *preheader = SplitBlock(front, front->getTerminator(), &dt, &li, nullptr,
                                       loop->getHeader()->getName() + ".fast");
    SmallVector<BasicBlock *, 8> blocks;
    ValueToValueMapTy map;
    Loop *slow = cloneLoopWithPreheader(preheader, front, loop, map, ".slow", &li, &dt, blocks);
    remapInstructionsInBlocks(blocks, map);
    Instruction *end = front->getTerminator();
    MDBuilder metadata(front->getContext());
    auto *branch = BranchInst::Create(preheader, slow->getLoopPreheader(), check);
    branch->setMetadata(LLVMContext::MD_prof, metadata.createBranchWeights(2000, 1));
    ReplaceInstWithInst(end, branch);
    for (PHINode &phi : exit->phis()) {
        Value *value = phi.getIncomingValueForBlock(exiting);
        auto mapped = map.find(value);
        phi.addIncoming(mapped == map.end() ? value : static_cast<Value *>(mapped->second),
                        cast<BasicBlock>(map[exiting]));
    }
    dt.changeImmediateDominator(exit, front);
    for (const Check &c : checks) dt.changeImmediateDominator(c.trap, front);
    remove_checks();
    formDedicatedExitBlocks(loop, &dt, &li, nullptr, true);
    formDedicatedExitBlocks(slow, &dt, &li, nullptr, true);
}

void Versioner::pay() {
    IRBuilder<> builder(loop->getLoopPreheader()->getTerminator());
    Value *slice = find_slice(builder);
    Value *left = builder.CreateSub(builder.CreateLoad(builder.getInt64Ty(), slice), price);
    builder.CreateStore(left, slice, charges[0].store->isVolatile());
}

void Versioner::remove_charges() {
    DomTreeUpdater updater(dt, DomTreeUpdater::UpdateStrategy::Eager);
    for (const Charge &charge : charges) {
        auto *left = cast<Instruction>(charge.store->getValueOperand());
        charge.store->eraseFromParent();
        BasicBlock *block = charge.branch->getParent();
        ReplaceInstWithInst(charge.branch, BranchInst::Create(charge.on));
        updater.applyUpdates({{DominatorTree::Delete, block, charge.more}});
        li.removeBlock(charge.more);
        DeleteDeadBlock(charge.more, &updater);
        RecursivelyDeleteTriviallyDeadInstructions(left);
    }
}

/* Addresses of 64 bits, plain accesses. */
void Versioner::rewrite() {
    BasicBlock *header = loop->getHeader(), *latch = loop->getLoopLatch();
    Instruction *before = loop->getLoopPreheader()->getTerminator();
    Type *i64 = Type::getInt64Ty(se.getContext());
    SCEVExpander expander(se, "start");
    DenseMap<int64_t, PHINode *> ways;
    DenseMap<std::pair<const SCEV *, Value *>, Value *> starts;
    for (Access &a : accesses) {
        if (!a.instruction) continue;
        IRBuilder<> outside(before);
        Value *&start = starts[{a.start, a.base}];
        if (!start) {
            Value *offset = expander.expandCodeFor(a.start, i64, before->getIterator());
            start = outside.CreateInBoundsGEP(outside.getInt8Ty(), a.base, offset);
        }
        PHINode *&way = ways[a.step];
        if (!way && a.step != 0) {
            IRBuilder<> top(header, header->begin()), bottom(latch->getTerminator());
            way = top.CreatePHI(i64, 2, "way");
            way->addIncoming(top.getInt64(0), loop->getLoopPreheader());
            way->addIncoming(bottom.CreateAdd(way, bottom.getInt64(uint64_t(a.step)), "",
                                              a.step > 0, true), latch);
        }
        IRBuilder<> here(a.instruction);
        Value *at = start;
        if (way) at = here.CreateInBoundsGEP(here.getInt8Ty(), at, way);
        at = here.CreateConstInBoundsGEP1_64(here.getInt8Ty(), at, uint64_t(a.constant));
        if (auto *load = dyn_cast<LoadInst>(a.instruction)) {
            load->setOperand(LoadInst::getPointerOperandIndex(), at);
            load->setVolatile(false);
        } else {
            auto *store = cast<StoreInst>(a.instruction);
            store->setOperand(StoreInst::getPointerOperandIndex(), at);
            store->setVolatile(false);
        }
    }
}

/* A plain store may be lost if a later one overwrites it, whatever may trap between them: to LLVM a
 * volatile access elsewhere does not look at it. A fence does, and is no instruction. */
void Versioner::keep_stores() {
    SmallVector<BasicBlock *, 4> exits;
    if (options.explicit_bounds || !llvm::any_of(groups, [](const Group &g) { return g.has_store; }))
        return;
    loop->getUniqueExitBlocks(exits);
    for (BasicBlock *exit : exits) {
        IRBuilder<> builder(exit, exit->getFirstInsertionPt());
        builder.CreateFence(AtomicOrdering::SequentiallyConsistent, SyncScope::SingleThread);
    }
}

/* Says of what was found apart that it is. */
void Versioner::mark_aliases() {
    if (groups.size() < 2) return;
    MDBuilder metadata(se.getContext());
    MDNode *domain = metadata.createAnonymousAliasScopeDomain("guest");
    SmallVector<MDNode *, 8> scopes;
    for (unsigned i = 0; i < groups.size(); i++)
        scopes.push_back(metadata.createAnonymousAliasScope(domain));
    for (Access &a : accesses) {
        if (!a.instruction) continue;
        SmallVector<Metadata *, 8> others;
        const Group &own = groups[a.group];
        for (unsigned g = 0; g < groups.size(); g++) {
            bool is_apart = groups[g].cluster != own.cluster ||
                            (is_checked && groups[g].start != own.start);
            if (g != a.group && is_apart) others.push_back(scopes[g]);
        }
        LLVMContext &context = se.getContext();
        a.instruction->setMetadata(LLVMContext::MD_alias_scope,
                                   MDNode::get(context, {scopes[a.group]}));
        if (!others.empty())
            a.instruction->setMetadata(LLVMContext::MD_noalias, MDNode::get(context, others));
    }
}

bool Versioner::run() {
    if (!is_suitable() || !find_charges() || !find_accesses()) return false;
    make_clusters();
    make_groups();
    if (groups.size() > groups_max) return false;
    bool is_known = llvm::all_of(groups, [&](const Group &g) { return is_inside(g); });
    if (!is_known || !charges.empty()) {
        Value *check = make_check();
        if (!check) return false;
        copy_loop(check);
    }
    remove_checks();
    if (!charges.empty()) pay();
    rewrite();
    keep_stores();
    remove_charges();
    mark_aliases();
    se.forgetLoop(loop);
    return true;
}

} // namespace

/* Makes a load plain that is in bounds by all that is known when compiling. A store stays where it
 * is among accesses that may trap: what it wrote can be looked at then. */
static bool prove(Instruction &i, ScalarEvolution &se, const optimise_options &options) {
    auto *load = dyn_cast<LoadInst>(&i);
    if (!load || !load->isVolatile()) return false;
    const SCEV *address = se.getSCEV(load->getPointerOperand());
    if (!isa<SCEVUnknown>(se.getPointerBase(address))) return false;
    APInt last = se.getUnsignedRangeMax(se.removePointerBase(address));
    uint64_t size = i.getModule()->getDataLayout().getTypeStoreSize(load->getType());
    if (options.memory_min < size || last.ugt(options.memory_min - size)) return false;
    load->setVolatile(false);
    return true;
}

/* Does a loop work on floats or vectors? */
static bool computes(const Loop &loop) {
    for (const BasicBlock *block : loop.blocks())
        for (const Instruction &i : *block)
            if (i.getType()->isFPOrFPVectorTy() || i.getType()->isVectorTy()) return true;
    return false;
}

PreservedAnalyses GuestLoops::run(Function &function, FunctionAnalysisManager &analyses) {
    auto &li = analyses.getResult<LoopAnalysis>(function);
    auto &se = analyses.getResult<ScalarEvolutionAnalysis>(function);
    auto &dt = analyses.getResult<DominatorTreeAnalysis>(function);
    SmallVector<Loop *, 8> innermost;
    for (Loop *loop : li.getLoopsInPreorder())
        if (loop->isInnermost()) innermost.push_back(loop);
    bool changed = false;
    unsigned kind = function.getContext().getMDKindID(OPTIMISE_ACCESS);
    for (BasicBlock &block : function)
        for (Instruction &i : block)
            if (i.getMetadata(kind)) changed |= prove(i, se, options);
    bool has_loops = false, is_large = function.getInstructionCount() > function_max;
    for (Loop *loop : innermost)
        if (!is_large || computes(*loop)) has_loops |= Versioner(loop, se, li, dt, options).run();
    if (has_loops) function.addFnAttr(mark);
    changed |= has_loops;
    return changed ? PreservedAnalyses::none() : PreservedAnalyses::all();
}
