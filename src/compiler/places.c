/*
 * places.c - see places.h
 *
 * x86-64 adds, compares or converts what is in memory without a load before, and the instruction
 * that does it stands where the addition stood: a fault of it would be reported there. So what
 * uses a load takes over its place. It can't trap itself, and if it uses several, it takes that of
 * the last, which alone can become one with it, as they keep their order. Only what needs several
 * instructions, such as copysign, may take several: an earlier load can be kept out of it, at the
 * price of what LLVM could make of the two. A store may write to where its value came from in the
 * same instruction; where the load did not trap the store does not either.
 */
#include "compiler/places.h"

#include <llvm-c/DebugInfo.h>

#include "base/base.h"

enum { STEPS_MAX = 8 }; /* from a load to a store of what was made of it */

struct settler {
    LLVMBuilderRef builder;
    LLVMValueRef mark;    /* of what has taken over a place */
    unsigned kind;        /* of metadata, that the mark is */
    bool keep_all, exact;
};

static bool may_trap(LLVMValueRef i) {
    LLVMOpcode opcode = LLVMGetInstructionOpcode(i);
    return (opcode == LLVMLoad || opcode == LLVMStore) && LLVMGetVolatile(i);
}

/* The only user of a value, in the same block; or NULL. */
static LLVMValueRef user_of(LLVMValueRef i) {
    LLVMUseRef use = LLVMGetFirstUse(i);
    LLVMValueRef user = use ? LLVMGetUser(use) : NULL;
    if (!user) return NULL;
    while ((use = LLVMGetNextUse(use))) /* it may use it more than once */
        if (LLVMGetUser(use) != user) return NULL;
    return LLVMGetInstructionParent(user) == LLVMGetInstructionParent(i) ? user : NULL;
}

static bool is_intrinsic(LLVMValueRef call) {
    LLVMValueRef callee = LLVMGetCalledValue(call);
    return LLVMIsAFunction(callee) && LLVMGetIntrinsicID(callee) != 0;
}

/* Could it be the instruction that the load becomes a part of? */
static bool takes(LLVMValueRef user, LLVMValueRef load) {
    switch (LLVMGetInstructionOpcode(user)) {
    case LLVMCall: return is_intrinsic(user);
    case LLVMStore:
        return LLVMGetOperand(user, 1) == LLVMGetOperand(load, 0);
    case LLVMLoad: case LLVMPHI: case LLVMRet: case LLVMBr: case LLVMSwitch: case LLVMInvoke:
    case LLVMAtomicRMW: case LLVMAtomicCmpXchg: return false;
    default: return true;
    }
}

/* Has the user get the value by an instruction between them, which machine code does not have. */
static void keep_out(const struct settler *s, LLVMValueRef value, LLVMValueRef user) {
    LLVMPositionBuilderBefore(s->builder, user);
    LLVMValueRef frozen = LLVMBuildFreeze(s->builder, value, "");
    for (int i = 0; i < LLVMGetNumOperands(user); i++)
        if (LLVMGetOperand(user, (unsigned)i) == value)
            LLVMSetOperand(user, (unsigned)i, frozen);
}

static void settle(const struct settler *s, LLVMValueRef load) {
    LLVMMetadataRef place = LLVMInstructionGetDebugLoc(load);
    LLVMValueRef value = load, user = user_of(load);
    for (int step = 0; place && user && takes(user, load) && step < STEPS_MAX; step++) {
        if (LLVMGetMetadata(user, s->kind)) {
            if (s->exact) keep_out(s, value, user);
            break;
        }
        LLVMInstructionSetDebugLoc(user, place);
        LLVMSetMetadata(user, s->kind, s->mark);
        if (LLVMGetInstructionOpcode(user) == LLVMStore) break;
        value = user;
        user = user_of(user);
    }
}

/* Nobody asks where an instruction came from that neither traps nor calls. */
static void forget(LLVMValueRef i) {
    LLVMOpcode opcode = LLVMGetInstructionOpcode(i);
    bool is_atomic = opcode == LLVMAtomicRMW || opcode == LLVMAtomicCmpXchg;
    if (!may_trap(i) && !is_atomic && opcode != LLVMCall) LLVMInstructionSetDebugLoc(i, NULL);
}

/* The last load first: places are taken once. */
static void settle_block(const struct settler *s, LLVMBasicBlockRef b) {
    LLVMValueRef first = LLVMGetFirstInstruction(b), last = LLVMGetLastInstruction(b);
    for (LLVMValueRef i = first; i && !s->keep_all; i = LLVMGetNextInstruction(i)) forget(i);
    for (LLVMValueRef i = last; i; i = LLVMGetPreviousInstruction(i))
        if (may_trap(i) && LLVMGetInstructionOpcode(i) == LLVMLoad) settle(s, i);
}

void places_settle(LLVMModuleRef module, bool keep_all, bool exact) {
    static const char kind[] = "nacre.settled";
    LLVMContextRef context = LLVMGetModuleContext(module);
    struct settler s = {
        .builder = LLVMCreateBuilderInContext(context),
        .mark = LLVMMetadataAsValue(context, LLVMMDNodeInContext2(context, NULL, 0)),
        .kind = LLVMGetMDKindIDInContext(context, kind, sizeof kind - 1),
        .keep_all = keep_all, .exact = exact,
    };
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
            settle_block(&s, b);
    LLVMDisposeBuilder(s.builder);
}
