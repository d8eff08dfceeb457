/* chunk.c - an LLVM module: its types, attributes, declarations; optimising it; its object. */
#include <stdio.h>
#include <string.h>

#include <llvm-c/Analysis.h>

#include "compiler/chunk.h"
#include "compiler/optimise.h"
#include "compiler/places.h"

/* --- Making one --- */

static LLVMAttributeRef attribute(LLVMContextRef context, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    return LLVMCreateEnumAttribute(context, kind, 0);
}

static void make_types(struct chunk *c) {
    c->i1 = LLVMInt1TypeInContext(c->context);
    c->i8 = LLVMInt8TypeInContext(c->context);
    c->i16 = LLVMInt16TypeInContext(c->context);
    c->i32 = LLVMInt32TypeInContext(c->context);
    c->i64 = LLVMInt64TypeInContext(c->context);
    c->f32 = LLVMFloatTypeInContext(c->context);
    c->f64 = LLVMDoubleTypeInContext(c->context);
    c->v128 = LLVMVectorType(c->i64, 2);
    c->ptr = LLVMPointerTypeInContext(c->context, 0);
    c->nothing = LLVMVoidTypeInContext(c->context);
}

static LLVMValueRef node(struct chunk *c, LLVMMetadataRef *operands, size_t count) {
    return LLVMMetadataAsValue(c->context, LLVMMDNodeInContext2(c->context, operands, count));
}

static LLVMMetadataRef text(struct chunk *c, const char *string) {
    return LLVMMDStringInContext2(c->context, string, strlen(string));
}

static LLVMMetadataRef number(LLVMTypeRef type, uint64_t value) {
    return LLVMValueAsMetadata(LLVMConstInt(type, value, false));
}

/* An access tag of a type of its own. */
static LLVMValueRef tbaa_tag(struct chunk *c, LLVMMetadataRef root, const char *name) {
    LLVMMetadataRef zero = number(c->i64, 0);
    LLVMMetadataRef type_operands[3] = {text(c, name), root, zero};
    LLVMMetadataRef type = LLVMMDNodeInContext2(c->context, type_operands, 3);
    LLVMMetadataRef operands[3] = {type, type, zero};
    return node(c, operands, 3);
}

static void make_metadata(struct chunk *c) {
    LLVMMetadataRef name = text(c, "nacre");
    LLVMMetadataRef root = LLVMMDNodeInContext2(c->context, &name, 1);
    c->tbaa_kind = LLVMGetMDKindIDInContext(c->context, "tbaa", 4);
    c->invariant_kind = LLVMGetMDKindIDInContext(c->context, "invariant.load", 14);
    c->range_kind = LLVMGetMDKindIDInContext(c->context, "range", 5);
    c->prof_kind = LLVMGetMDKindIDInContext(c->context, "prof", 4);
    c->tbaa_context = tbaa_tag(c, root, "context");
    c->tbaa_global = tbaa_tag(c, root, "global");
    c->tbaa_memory = tbaa_tag(c, root, "memory");
    c->tbaa_table = tbaa_tag(c, root, "table");
    c->tbaa_func = tbaa_tag(c, root, "func");
    c->tbaa_heap = tbaa_tag(c, root, "heap");
    c->tbaa_header = tbaa_tag(c, root, "header");
    c->tbaa_root = tbaa_tag(c, root, "root");
    c->invariant = node(c, NULL, 0);
    c->access_kind =
        LLVMGetMDKindIDInContext(c->context, OPTIMISE_ACCESS, sizeof OPTIMISE_ACCESS - 1);
    c->check_kind =
        LLVMGetMDKindIDInContext(c->context, OPTIMISE_CHECK, sizeof OPTIMISE_CHECK - 1);
    c->fuel_kind =
        LLVMGetMDKindIDInContext(c->context, OPTIMISE_FUEL, sizeof OPTIMISE_FUEL - 1);
    LLVMMetadataRef weights[3] = {text(c, "branch_weights"), number(c->i32, 1),
                                  number(c->i32, 2000)};
    c->unlikely = node(c, weights, 3);
    LLVMMetadataRef swapped[3] = {weights[0], weights[2], weights[1]};
    c->likely = node(c, swapped, 3);
}

static void make_debug_info(struct chunk *c) {
    c->debug = LLVMCreateDIBuilder(c->module);
    c->file = LLVMDIBuilderCreateFile(c->debug, "wasm", 4, "", 0);
    LLVMDIBuilderCreateCompileUnit(c->debug, LLVMDWARFSourceLanguageC, c->file, "nacre", 5, true,
                                   "", 0, 0, "", 0, LLVMDWARFEmissionLineTablesOnly, 0, false,
                                   false, "", 0, "", 0);
    const char version[] = "Debug Info Version";
    LLVMAddModuleFlag(c->module, LLVMModuleFlagBehaviorWarning, version, sizeof version - 1,
                      number(c->i32, LLVMDebugMetadataVersion()));
}

nacre_status chunk_init(struct chunk *c, const struct compile *compile,
                        LLVMTargetMachineRef machine) {
    *c = (struct chunk){.compile = compile, .machine = machine};
    c->context = LLVMContextCreate();
    c->module = LLVMModuleCreateWithNameInContext("nacre", c->context);
    c->builder = LLVMCreateBuilderInContext(c->context);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetTarget(c->module, compile->triple);
    LLVMSetModuleDataLayout(c->module, layout);
    LLVMDisposeTargetData(layout);
    c->swiftself = attribute(c->context, "swiftself");
    c->nest = attribute(c->context, "nest");
    c->nomerge = attribute(c->context, "nomerge");
    c->noreturn = attribute(c->context, "noreturn");
    c->cold = attribute(c->context, "cold");
    c->nounwind = attribute(c->context, "nounwind");
    c->noinline_ = attribute(c->context, "noinline");
    make_types(c);
    make_metadata(c);
    make_debug_info(c);
    return NACRE_OK;
}

void chunk_deinit(struct chunk *c) {
    LLVMDisposeDIBuilder(c->debug);
    LLVMDisposeBuilder(c->builder);
    LLVMDisposeModule(c->module);
    LLVMContextDispose(c->context);
}

/* --- Functions --- */

void chunk_name(char name[CHUNK_NAME], const char *kind, uint32_t n) {
    snprintf(name, CHUNK_NAME, "%s%u", kind, n);
}

static void set_text_attribute(const struct chunk *c, LLVMValueRef function, const char *name,
                               const char *value) {
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateStringAttribute(c->context, name, (unsigned)strlen(name),
                                                      value, (unsigned)strlen(value)));
}

/* The guard below the stack is larger than a frame that is not probed; with explicit bounds, there
 * are no others. */
static void set_attributes(const struct chunk *c, LLVMValueRef function) {
    const LLVMAttributeIndex whole = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    set_text_attribute(c, function, "frame-pointer", "all");
    if (!c->compile->options.explicit_bounds) {
        set_text_attribute(c, function, "probe-stack", "inline-asm");
        set_text_attribute(c, function, "stack-probe-size", "32768");
    }
    LLVMAddAttributeAtIndex(function, whole, c->nounwind);
    LLVMAddAttributeAtIndex(function, whole, c->noinline_);
}

LLVMValueRef chunk_define(struct chunk *c, const char *name, LLVMTypeRef type) {
    LLVMValueRef function = LLVMAddFunction(c->module, name, type);
    LLVMSetVisibility(function, LLVMHiddenVisibility);
    set_attributes(c, function);
    return function;
}

unsigned chunk_convention(const struct chunk *c) {
    const unsigned tailcc = 18; /* llvm-c has no name for it */
    return c->compile->has_tail_calls ? tailcc : (unsigned)LLVMCCallConv;
}

LLVMValueRef chunk_function(struct chunk *c, uint32_t func) {
    char name[CHUNK_NAME];
    chunk_name(name, "f", func);
    LLVMValueRef function = LLVMGetNamedFunction(c->module, name);
    if (function) return function;
    const struct wasm_type *type = wasm_func_type(c->compile->module, func);
    function = chunk_define(c, name, chunk_function_type(c, type));
    LLVMSetFunctionCallConv(function, chunk_convention(c));
    LLVMAddAttributeAtIndex(function, 1, c->swiftself);
    return function;
}

/* A function of the context that is seldom called. */
static LLVMValueRef define_cold(struct chunk *c, const char *name) {
    LLVMValueRef function = chunk_define(c, name, LLVMFunctionType(c->nothing, &c->ptr, 1, false));
    LLVMAddAttributeAtIndex(function, 1, c->swiftself);
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, c->cold);
    return function;
}

LLVMValueRef chunk_trap(struct chunk *c, nacre_trap reason) {
    if (c->traps[reason]) return c->traps[reason];
    char name[CHUNK_NAME];
    chunk_name(name, "trap", reason);
    LLVMValueRef function = define_cold(c, name);
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            c->noreturn);
    return c->traps[reason] = function;
}

LLVMValueRef chunk_meter(struct chunk *c) {
    if (c->meter) return c->meter;
    c->meter = define_cold(c, "meter");
    LLVMSetFunctionCallConv(c->meter, LLVMPreserveAllCallConv);
    return c->meter;
}

/* --- From here to an object --- */

static nacre_status failed(nacre_error *error, char *message) {
    error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, "LLVM: ");
    struct text t = error_text(error);
    text_add(&t, message ? message : "no reason given");
    if (message) LLVMDisposeMessage(message);
    return NACRE_UNSUPPORTED;
}

static nacre_status optimise(struct chunk *c, nacre_error *error) {
    const struct wasm_module *m = c->compile->module;
    bool has_memory = m->memory_count > 0;
    struct optimise_options options = {
        .level = c->compile->options.level, .pipeline = c->compile->options.pipeline,
        .explicit_bounds = c->compile->options.explicit_bounds,
        .memory_min = has_memory ? m->memories[0].min * WASM_PAGE_SIZE : 0,
        .is_imported = m->imported[WASM_EXTERN_MEMORY] > 0,
        .size_distance = image_at_memory(m, 0),
        .size_offset = offsetof(struct image_memory, size),
        .thread_distance = image_at_head(offsetof(struct image_head, thread)),
        .slice_offset = offsetof(struct image_thread, slice)};
    if (!options.is_imported) options.size_distance -= options.size_offset;
    char *problem = optimise_module(c->module, c->machine, &options);
    return problem ? failed(error, problem) : NACRE_OK;
}

static nacre_status dump(struct chunk *c, const char *when, nacre_error *error) {
    char path[512], *message = NULL;
    if (!c->compile->options.dump) return NACRE_OK;
    snprintf(path, sizeof path, "%s/%u.%s.ll", c->compile->options.dump, c->number, when);
    if (LLVMPrintModuleToFile(c->module, path, &message)) return failed(error, message);
    return NACRE_OK;
}

static nacre_status verify(struct chunk *c, nacre_error *error) {
    char *message = NULL; /* which LLVM makes in either case */
    if (!c->compile->options.dump && !c->compile->options.verify) return NACRE_OK;
    if (LLVMVerifyModule(c->module, LLVMReturnStatusAction, &message))
        return failed(error, message);
    LLVMDisposeMessage(message);
    return NACRE_OK;
}

nacre_status chunk_compile(struct chunk *c, LLVMMemoryBufferRef *object, nacre_error *error) {
    char *message = NULL;
    LLVMDIBuilderFinalize(c->debug);
    TRY(dump(c, "0", error));
    TRY(verify(c, error));
    TRY(optimise(c, error));
    places_settle(c->module, c->compile->options.debug, c->compile->options.level == 0);
    TRY(dump(c, "1", error));
    if (LLVMTargetMachineEmitToMemoryBuffer(c->machine, c->module, LLVMObjectFile, &message,
                                            object))
        return failed(error, message);
    return NACRE_OK;
}
