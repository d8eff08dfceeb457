/* test_native.c - compiled code as the engine runs it: calls in all directions, faults, traps and
 * their backtraces, exceptions, references, what is refused. The code is this file's own:
 * functions of a section that is copied into an image, written to the letter of image/abi.h (the
 * compiler's swiftcall is where it puts the context). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <nacre/image.h>
#include <nacre/instance.h>

#include "support/builder.h"

#include "api/api.h"
#include "base/config.h"
#include "exec/native.h"
#include "port/default.h"

/* --- The guest's code --- */

#define GUEST                                                                             \
    __attribute__((section("guest_text"), noinline, used, swiftcall, optnone,             \
                   no_sanitize("address", "undefined"), no_stack_protector)) static
#define SELF __attribute__((swift_context)) uint8_t *self
typedef __attribute__((swiftcall)) uint32_t (*guest_code)(SELF, uint32_t);

/* No function may be called that is not in the section. */
enum {
    HEAD_AT = IMAGE_GAP + sizeof(struct image_head),
    IMPORT_AT = HEAD_AT + IMAGE_TABLE_BYTES + IMAGE_MEMORY_BYTES + IMAGE_IMPORT_BYTES
};
#define HEAD ((const struct image_head *)(const void *)(self - HEAD_AT))
#define HELP(name, type, ...)                                                             \
    __builtin_call_with_static_chain(((type)(uintptr_t)HEAD->gate)(self, ##__VA_ARGS__),  \
                                     (void *)(uintptr_t)HEAD->helpers[IMAGE_HELPER_##name])

/* Functions of the module, all of (i32) -> i32; 0 is imported. */
enum {
    F_HOST, F_ADD, F_LOAD, F_STORE, F_RECURSE, F_DEEP, F_CALL_HOST, F_SPIN, F_TRAP, F_INDIRECT,
    F_GROW, F_THROW, F_CATCH, F_KEEP, F_THROUGH, F_FRAME, F_COUNT
};
enum { WASM_BODY = 3, TYPE_I_I = 0, TYPE_II_I = 1, TYPE_STRUCT = 2, TAG = 0 };

GUEST uint32_t guest_add(SELF, uint32_t a) {
    (void)self;
    return a + 1;
}
GUEST uint32_t guest_load(SELF, uint32_t a) {
    return *(volatile uint32_t *)(void *)(self + (uint64_t)a);
}
GUEST uint32_t guest_store(SELF, uint32_t a) {
    *(volatile uint32_t *)(void *)(self + (uint64_t)a + 4) = a;
    return a;
}
GUEST uint32_t guest_recurse(SELF, uint32_t a) {
    return a == UINT32_MAX ? 0 : guest_recurse(self, a + 1) + 1;
}
GUEST uint32_t guest_deep(SELF, uint32_t a) {
    volatile uint8_t room[50000];
    room[sizeof room - 1] = (uint8_t)a;
    return a == UINT32_MAX ? 0 : guest_deep(self, a + 1) + room[sizeof room - 1];
}
/* The import, as compiled code calls it. */
GUEST uint32_t guest_call_host(SELF, uint32_t a) {
    const struct image_import *import = (const void *)(self - IMPORT_AT);
    HEAD->thread->callee = HEAD->refs[F_HOST];
    return ((guest_code)(uintptr_t)import->code)(self, a) + 1;
}
GUEST uint32_t guest_spin(SELF, uint32_t a) {
    while (a == 0)
        if ((HEAD->thread->slice -= 10) < 0) HELP(METER, void (*)(uint8_t *));
    return a;
}
GUEST uint32_t guest_trap(SELF, uint32_t a) {
    HELP(TRAP, void (*)(uint8_t *, uint32_t), a);
    return 0;
}
GUEST uint32_t guest_indirect(SELF, uint32_t a) {
    const void *code = HELP(RESOLVE, const void *(*)(uint8_t *, uint64_t, uint32_t, uint32_t),
                            (uint64_t)a, 0u, (uint32_t)TYPE_I_I);
    return ((guest_code)(uintptr_t)code)(self, 70);
}
GUEST uint32_t guest_grow(SELF, uint32_t a) {
    return (uint32_t)HELP(MEMORY_GROW, uint64_t(*)(uint8_t *, uint32_t, uint64_t), 0u,
                          (uint64_t)a);
}
GUEST uint32_t guest_throw(SELF, uint32_t a) {
    uint64_t slots[1] = {a};
    HELP(THROW, void (*)(uint8_t *, uint32_t, uint64_t *), (uint32_t)TAG, slots);
    return 0;
}
/* Catches what the import throws, and gives its value. */
GUEST uint32_t guest_catch(SELF, uint32_t a) {
    uint32_t result = guest_call_host(self, a), thrown = HEAD->thread->exception;
    if (!thrown) return result;
    if (!HELP(EXCEPTION_IS, uint32_t(*)(uint8_t *, uint32_t, uint32_t), thrown, (uint32_t)TAG))
        return 0;
    HEAD->thread->exception = 0;
    const struct image_object *object = (const void *)(HEAD->heap + thrown);
    return (uint32_t)*(const uint64_t *)(const void *)object->bytes + 1000;
}
/* Holds a structure while many others are made. */
GUEST uint32_t guest_keep(SELF, uint32_t a) {
    uint64_t *root = HEAD->thread->roots++;
    *root = 0;
    uint32_t ref = HELP(STRUCT_NEW, uint32_t(*)(uint8_t *, uint32_t), (uint32_t)TYPE_STRUCT);
    *root = ref;
    *(uint32_t *)(void *)((struct image_object *)(void *)(HEAD->heap + ref))->bytes = a;
    for (uint32_t i = 0; i < 200000; i++)
        (void)HELP(STRUCT_NEW, uint32_t(*)(uint8_t *, uint32_t), (uint32_t)TYPE_STRUCT);
    ref = (uint32_t)*root;
    a = *(uint32_t *)(void *)((struct image_object *)(void *)(HEAD->heap + ref))->bytes;
    HEAD->thread->roots--;
    return a;
}
GUEST uint32_t guest_through(SELF, uint32_t a) { return guest_call_host(self, a) + 1; }
/* A trap two frames deep. */
GUEST uint32_t guest_frame(SELF, uint32_t a) { return guest_load(self, a) + 1; }

__attribute__((section("guest_text"), noinline, used, optnone,
               no_sanitize("address", "undefined"), no_stack_protector)) static void
guest_enter(void *context, const void *code, uint64_t *slots) {
    slots[0] = ((guest_code)(uintptr_t)code)(context, (uint32_t)slots[0]);
}
GUEST uint32_t guest_leave(SELF, uint32_t a) {
    uint64_t slots[1] = {a};
    HELP(CALL_OUT, void (*)(uint8_t *, uint64_t *), slots);
    return (uint32_t)slots[0];
}

static const guest_code functions[F_COUNT] = {
    [F_ADD] = guest_add,           [F_LOAD] = guest_load,   [F_STORE] = guest_store,
    [F_RECURSE] = guest_recurse,   [F_DEEP] = guest_deep,   [F_CALL_HOST] = guest_call_host,
    [F_SPIN] = guest_spin,         [F_TRAP] = guest_trap,   [F_INDIRECT] = guest_indirect,
    [F_GROW] = guest_grow,         [F_THROW] = guest_throw, [F_CATCH] = guest_catch,
    [F_KEEP] = guest_keep,         [F_THROUGH] = guest_through, [F_FRAME] = guest_frame,
};

extern const uint8_t guest_start[] __asm__("__start_guest_text"),
    guest_stop[] __asm__("__stop_guest_text");

static uint32_t place_of(const void *code) {
    return (uint32_t)((uintptr_t)code - (uintptr_t)guest_start);
}

/* --- The image --- */

static uint32_t size_of(uint32_t place) {
    uint32_t end = place_of(guest_stop);
    uint32_t others[] = {place_of((const void *)guest_enter), place_of((const void *)guest_leave)};
    for (int i = 0; i < 2; i++)
        if (others[i] > place && others[i] < end) end = others[i];
    for (int f = 1; f < F_COUNT; f++) {
        uint32_t other = place_of((const void *)functions[f]);
        if (other > place && other < end) end = other;
    }
    return end - place;
}

static int by_code(const void *a, const void *b) {
    const struct image_line *x = a, *y = b;
    return x->code < y->code ? -1 : x->code > y->code;
}

/* Every function is of one line: its number times 100. */
static void write_image(const char *path, const uint8_t *wasm, size_t wasm_size, uint32_t flags) {
    uint32_t funcs[F_COUNT - 1], sizes[F_COUNT - 1], signatures_of[F_COUNT] = {0};
    const uint32_t type_signatures[] = {0, 0, UINT32_MAX, 0};
    struct image_line lines[F_COUNT - 1];
    const struct image_signature signature = {place_of((const void *)guest_enter),
                                              place_of((const void *)guest_leave)};
    for (uint32_t f = 1; f < F_COUNT; f++) {
        funcs[f - 1] = place_of((const void *)functions[f]);
        sizes[f - 1] = size_of(funcs[f - 1]);
        lines[f - 1] = (struct image_line){funcs[f - 1], f * 100};
    }
    qsort(lines, F_COUNT - 1, sizeof lines[0], by_code);
    struct image_source source = {
        .note = {.machine = CONFIG_ELF_MACHINE, .flags = flags, .compiler = "by hand",
                 .target = "any", .options = "none"},
        .text = guest_start, .text_size = place_of(guest_stop),
        .funcs = funcs, .sizes = sizes, .func_count = F_COUNT - 1,
        .func_signatures = signatures_of, .function_count = F_COUNT,
        .signatures = &signature, .signature_count = 1,
        .type_signatures = type_signatures, .type_count = 4,
        .lines = lines, .line_count = F_COUNT - 1,
    };
    nacre_engine *engine;
    nacre_module *module;
    const struct allocator allocator = port_default_allocator();
    uint8_t *bytes;
    uint64_t size;
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    assert_int_equal(nacre_module_create(engine, wasm, wasm_size, &module, NULL), NACRE_OK);
    nacre_module_sha256(module, source.note.module_sha256);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    assert_int_equal(image_write(&source, &allocator, &bytes, &size), NACRE_OK);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    alloc_free(&allocator, bytes, size, 1);
}

/* --- A store with an instance of the module --- */

struct world {
    struct builder builder, other_builder;
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module, *other_module;
    nacre_instance *instance;
    nacre_ref funcs[F_COUNT];
    nacre_table *table;
    nacre_error error;
    /* What the host function does. */
    nacre_status (*on_call)(struct world *w, nacre_caller *caller, uint32_t arg, uint32_t *result);
    nacre_ref target;
    uint32_t calls;
};

static nacre_status host(void *env, nacre_caller *caller, const nacre_value *args,
                         nacre_value *results) {
    struct world *w = env;
    uint32_t result = (uint32_t)args[0].of.i32 * 2;
    w->calls++;
    results[0].kind = NACRE_I32;
    nacre_status status = NACRE_OK;
    if (w->on_call) status = w->on_call(w, caller, (uint32_t)args[0].of.i32, &result);
    results[0].of.i32 = (int32_t)result;
    return status;
}

static void build(struct builder *b) {
    static const char *const names[F_COUNT] = {"",     "add",  "load",     "store", "recurse",
                                               "deep", "call", "spin",     "trap",  "indirect",
                                               "grow", "throw", "catch",   "keep",  "through",
                                               "frame"};
    static const uint8_t body[] = {0x20, 0x00};
    build_functype(b, "i", "i");
    build_functype(b, "ii", "i");
    put(entry(b, 1), "\x5F\x01\x7F\x01", 4);
    build_functype(b, "i", "");
    build_import_func(b, "host", "f", TYPE_I_I);
    build_table(b, 8);
    build_memory(b, 1, 3);
    put(entry(b, 13), "\x00\x03", 2);
    for (int f = 1; f < F_COUNT; f++) build_func(b, TYPE_I_I, names[f], body, sizeof body);
    build_export(b, "table", 1, 0);
    build_export(b, "memory", 2, 0);
    build_export(b, "tag", 4, 0);
}

static nacre_extern export_of(nacre_instance *instance, const char *name) {
    nacre_extern item;
    assert_int_equal(nacre_instance_export(instance, name, strlen(name), &item), NACRE_OK);
    return item;
}

static char image_path[] = "/tmp/nacre-test-XXXXXX";

/* cmocka sets handlers of its own before every test, in the place of the library's. */
static void keep_handler(struct world *w) {
    static struct sigaction ours;
    nacre_value value = {.kind = NACRE_I32}, out;
    if (ours.sa_sigaction) sigaction(SIGSEGV, &ours, NULL);
    assert_int_equal(nacre_call(w->store, w->funcs[F_ADD], &value, 1, &out, 1, &w->error),
                     NACRE_OK);
    if (!ours.sa_sigaction) sigaction(SIGSEGV, NULL, &ours);
}

static void world_init(struct world *w, const nacre_config *config, const nacre_limits *limits,
                       uint32_t flags) {
    static const nacre_kind i32 = NACRE_I32;
    static const nacre_functype type = {.params = &i32, .param_count = 1, .results = &i32,
                                        .result_count = 1};
    const uint8_t *bytes;
    size_t size;
    nacre_extern import = {.kind = NACRE_EXTERN_FUNC};
    memset(w, 0, sizeof *w);
    build(&w->builder);
    build_module(&w->builder, &bytes, &size);
    write_image(image_path, bytes, size, flags);
    assert_int_equal(nacre_engine_create(config, &w->engine), NACRE_OK);
    assert_int_equal(nacre_store_create(w->engine, limits, &w->store), NACRE_OK);
    assert_int_equal(nacre_module_create(w->engine, bytes, size, &w->module, &w->error), NACRE_OK);
    if (nacre_module_use_image(w->module, image_path, NULL, &w->error) != NACRE_OK)
        fail_msg("%s", w->error.text);
    assert_int_equal(nacre_func_create(w->store, &type, host, w, &import.of.func), NACRE_OK);
    assert_int_equal(nacre_instance_create_with(w->store, w->module, &import, 1, &w->instance,
                                                &w->error), NACRE_OK);
    for (uint32_t f = 0; f < F_COUNT; f++)
        w->funcs[f] = api_instance(w->instance)->funcs[f];
    w->table = export_of(w->instance, "table").of.table;
    keep_handler(w);
}

static void world_deinit(struct world *w) {
    nacre_store_destroy(w->store);
    nacre_module_destroy(w->module);
    nacre_module_destroy(w->other_module);
    nacre_engine_destroy(w->engine);
    build_free(&w->builder);
    build_free(&w->other_builder);
}

static nacre_status call(struct world *w, nacre_ref func, uint32_t arg, uint32_t *result) {
    nacre_value value = {.kind = NACRE_I32, .of.i32 = (int32_t)arg}, out;
    nacre_status status = nacre_call(w->store, func, &value, 1, &out, 1, &w->error);
    if (status == NACRE_OK) *result = (uint32_t)out.of.i32;
    return status;
}

#define assert_gives(w, func, arg, expected)                                   \
    do {                                                                       \
        uint32_t result_ = 0;                                                  \
        nacre_status status_ = call((w), (func), (arg), &result_);             \
        if (status_ != NACRE_OK) fail_msg("%s", (w)->error.text);              \
        assert_int_equal(result_, (expected));                                 \
    } while (0)
#define assert_traps(w, func, arg, reason)                                     \
    do {                                                                       \
        uint32_t result_;                                                      \
        assert_int_equal(call((w), (func), (arg), &result_), NACRE_TRAP);      \
        assert_int_equal((w)->error.trap, NACRE_TRAP_##reason);                \
    } while (0)

/* The backtrace's functions from the inside out, of the instance that has the image. */
static void check_frames(const struct world *w, uint32_t total, const uint32_t *functions_) {
    assert_int_equal(w->error.frames_total, total);
    for (uint32_t i = 0; i < total; i++) {
        assert_int_equal(w->error.frames[i].function, functions_[i]);
        if (w->error.frames[i].instance != (struct nacre_instance *)w->instance) continue;
        assert_int_equal(w->error.frames[i].offset, functions_[i] * 100);
    }
}
#define assert_frames(w, ...)                                                  \
    check_frames((w), sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
                 (const uint32_t[]){__VA_ARGS__})

/* --- Tests --- */

static void test_calls(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    assert_non_null(api_instance(w.instance)->image);
    assert_gives(&w, w.funcs[F_ADD], 41, 42);
    assert_gives(&w, w.funcs[F_CALL_HOST], 20, 41);
    assert_gives(&w, w.funcs[F_THROUGH], 20, 42);
    assert_int_equal(w.calls, 2);
    world_deinit(&w);
}

static void test_memory(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    assert_gives(&w, w.funcs[F_STORE], 65528, 65528);
    assert_gives(&w, w.funcs[F_LOAD], 65532, 65528);
    assert_traps(&w, w.funcs[F_LOAD], 65533, MEMORY_BOUNDS);
    assert_frames(&w, F_LOAD);
    assert_traps(&w, w.funcs[F_LOAD], 0xFFFFFFFF, MEMORY_BOUNDS);
    assert_traps(&w, w.funcs[F_FRAME], 0x80000000, MEMORY_BOUNDS);
    assert_frames(&w, F_LOAD, F_FRAME);
    assert_traps(&w, w.funcs[F_STORE], 0xFFFFFFFF, MEMORY_BOUNDS);
    assert_gives(&w, w.funcs[F_GROW], 1, 1);
    assert_gives(&w, w.funcs[F_LOAD], 2 * 65536 - 4, 0);
    assert_traps(&w, w.funcs[F_LOAD], 2 * 65536 - 3, MEMORY_BOUNDS);
    assert_gives(&w, w.funcs[F_GROW], 2, UINT32_MAX);
    world_deinit(&w);
}

static void test_traps(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    assert_traps(&w, w.funcs[F_TRAP], NACRE_TRAP_DIVIDE_BY_ZERO, DIVIDE_BY_ZERO);
    assert_frames(&w, F_TRAP);
    assert_gives(&w, w.funcs[F_ADD], 1, 2);
    world_deinit(&w);
}

static void test_stack(void **state) {
    (void)state;
    struct world w;
    nacre_limits limits;
    nacre_limits_init(&limits);
    for (uint32_t extra = 0; extra < 64; extra += 16) {
        limits.stack_bytes = NACRE_STACK_BYTES_MIN + extra * 65536;
        world_init(&w, NULL, &limits, 0);
        for (uint32_t f = F_RECURSE; f <= F_DEEP; f++) {
            assert_traps(&w, w.funcs[f], 0, STACK_EXHAUSTED);
            assert_true(w.error.frames_total > 0);
            for (uint32_t i = 0; i < w.error.frame_count; i++)
                assert_int_equal(w.error.frames[i].function, f);
        }
        assert_gives(&w, w.funcs[F_CALL_HOST], 20, 41);
        world_deinit(&w);
    }
}

static nacre_status spin_again(struct world *w, nacre_caller *caller, uint32_t arg,
                               uint32_t *result) {
    (void)caller;
    (void)arg;
    return call(w, w->funcs[F_RECURSE], 0, result);
}

static void test_metering(void **state) {
    (void)state;
    struct world w;
    nacre_config config;
    nacre_limits limits;
    nacre_config_init(&config);
    nacre_limits_init(&limits);
    config.metering = true;
    limits.fuel = 1000000;
    world_init(&w, &config, &limits, IMAGE_METERING);
    assert_traps(&w, w.funcs[F_SPIN], 0, OUT_OF_FUEL);
    assert_frames(&w, F_SPIN);
    assert_int_equal(nacre_store_fuel(w.store), 0);
    world_deinit(&w);
    limits.fuel = NACRE_UNLIMITED;
    limits.deadline_ms = 20;
    world_init(&w, &config, &limits, IMAGE_METERING);
    assert_traps(&w, w.funcs[F_SPIN], 0, DEADLINE);
    world_deinit(&w);
}

/* The host calls back in, some levels deep, and then that traps or does not. */
static nacre_status reenter(struct world *w, nacre_caller *caller, uint32_t arg,
                            uint32_t *result) {
    nacre_status status = arg > 1 ? call(w, w->funcs[F_CALL_HOST], arg - 1, result)
                        : arg == 1 ? call(w, w->funcs[F_LOAD], 0x10000, result)
                                   : NACRE_OK;
    if (status != NACRE_TRAP) return status;
    assert_int_equal(w->error.frames_total, 1);
    if (arg == 1) assert_frames(w, F_LOAD);
    else assert_frames(w, F_CALL_HOST);
    return arg % 2 ? nacre_caller_fail(caller, "no") : NACRE_OK;
}

static void test_reentry(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    w.on_call = reenter;
    /* 3 fails in the end: what it is told by 2 is well, because that caught what 1 did. */
    uint32_t result = 0;
    assert_int_equal(call(&w, w.funcs[F_CALL_HOST], 1, &result), NACRE_TRAP);
    assert_string_equal(w.error.text, "no");
    assert_frames(&w, F_CALL_HOST);
    assert_gives(&w, w.funcs[F_CALL_HOST], 2, 5);
    assert_gives(&w, w.funcs[F_THROUGH], 2, 6);
    w.on_call = spin_again;
    assert_traps(&w, w.funcs[F_CALL_HOST], 0, HOST);
    w.on_call = NULL;
    assert_gives(&w, w.funcs[F_CALL_HOST], 20, 41);
    world_deinit(&w);
}

static nacre_status call_itself(struct world *w, nacre_caller *caller, uint32_t arg,
                                uint32_t *result) {
    nacre_status status = call(w, w->funcs[F_CALL_HOST], arg, result);
    (void)caller;
    return status;
}

static nacre_status leave(struct world *w, nacre_caller *caller, uint32_t arg, uint32_t *result) {
    (void)w;
    (void)result;
    return nacre_caller_exit(caller, (int32_t)arg);
}

static void test_ends(void **state) {
    (void)state;
    struct world w;
    uint32_t result;
    world_init(&w, NULL, NULL, 0);
    w.on_call = call_itself;
    assert_int_equal(call(&w, w.funcs[F_THROUGH], 3, &result), NACRE_TRAP);
    assert_int_equal(w.calls, RUN_DEPTH_MAX);
    w.on_call = leave;
    assert_int_equal(call(&w, w.funcs[F_THROUGH], 7, &result), NACRE_EXIT);
    assert_int_equal(w.error.exit_code, 7);
    world_deinit(&w);
}

/* --- Another module, which is interpreted: g calls its import, and h what is in its table --- */

enum { G_IMPORT, G_CALL, G_TRAP, G_TAIL, G_THROW, G_CATCH };

/* What catches is `(try_table (catch 0 $label) ...)` of the import's call. */
static nacre_instance *add_interpreted(struct world *w, nacre_ref import) {
    static const uint8_t call_it[] = {0x20, 0, 0x10, 0};
    static const uint8_t trap[] = {0x00};
    static const uint8_t tail[] = {0x20, 0, 0x12, 0};
    static const uint8_t throw[] = {0x20, 0, 0x08, 0};
    static const uint8_t catch[] = {0x02, 0x7F, 0x1F, 0x7F, 1, 0x00, 0, 0,
                                    0x20, 0, 0x10, 0, 0x0B, 0x0B};
    struct builder *b = &w->other_builder;
    const uint8_t *bytes;
    size_t size;
    nacre_instance *instance;
    nacre_extern imports[2] = {{.kind = NACRE_EXTERN_FUNC, .of.func = import},
                               export_of(w->instance, "tag")};
    build_functype(b, "i", "i");
    build_functype(b, "i", "");
    build_import_func(b, "m", "f", 0);
    struct bytes *s = entry(b, 2);
    put_name(s, "m");
    put_name(s, "tag");
    put(s, "\x04\x00\x01", 3);
    build_func(b, 0, "call", call_it, sizeof call_it);
    build_func(b, 0, "trap", trap, sizeof trap);
    build_func(b, 0, "tail", tail, sizeof tail);
    build_func(b, 0, "throw", throw, sizeof throw);
    build_func(b, 0, "catch", catch, sizeof catch);
    build_module(b, &bytes, &size);
    if (nacre_module_create(w->engine, bytes, size, &w->other_module, &w->error) != NACRE_OK)
        fail_msg("%s", w->error.text);
    if (nacre_instance_create_with(w->store, w->other_module, imports, 2, &instance,
                                   &w->error) != NACRE_OK)
        fail_msg("%s", w->error.text);
    return instance;
}

/* Another instance of the module, with a function as its import. */
static nacre_instance *add_instance(struct world *w, nacre_ref import) {
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC, .of.func = import};
    nacre_instance *instance;
    if (nacre_instance_create_with(w->store, w->module, &item, 1, &instance, &w->error) !=
        NACRE_OK)
        fail_msg("%s", w->error.text);
    return instance;
}

static nacre_ref func_of(nacre_instance *instance, uint32_t func) {
    return api_instance(instance)->funcs[func];
}

/* Interpreter to compiled code and back; each way and through both. */
static void test_between(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    nacre_instance *g = add_interpreted(&w, w.funcs[F_CALL_HOST]);
    nacre_instance *outer = add_instance(&w, func_of(g, G_CALL));
    assert_gives(&w, func_of(g, G_CALL), 20, 41);
    assert_gives(&w, func_of(g, G_TAIL), 20, 41);
    assert_gives(&w, func_of(outer, F_THROUGH), 20, 43);
    nacre_instance *outermost = add_instance(&w, func_of(outer, F_THROUGH));
    assert_gives(&w, func_of(outermost, F_CALL_HOST), 20, 44);
    /* A trap in the innermost: the host function's, in compiled, interpreted, compiled code. */
    w.on_call = reenter;
    assert_traps(&w, func_of(outermost, F_CALL_HOST), 1, HOST);
    assert_frames(&w, F_CALL_HOST, G_CALL, F_CALL_HOST, F_THROUGH, F_CALL_HOST);
    assert_ptr_equal(w.error.frames[0].instance, w.instance);
    assert_ptr_equal(w.error.frames[1].instance, g);
    assert_ptr_equal(w.error.frames[2].instance, outer);
    assert_ptr_equal(w.error.frames[3].instance, outer);
    assert_ptr_equal(w.error.frames[4].instance, outermost);
    nacre_instance *to_trap = add_instance(&w, func_of(g, G_TRAP));
    assert_traps(&w, func_of(to_trap, F_THROUGH), 1, UNREACHABLE);
    assert_frames(&w, G_TRAP, F_CALL_HOST, F_THROUGH);
    assert_ptr_equal(w.error.frames[0].instance, g);
    world_deinit(&w);
}

static void test_between_too_deep(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    /* G_CALL calls F_INDIRECT of an instance whose table has G_CALL in it: for ever. */
    nacre_instance *g = add_interpreted(&w, w.funcs[F_INDIRECT]);
    assert_int_equal(nacre_table_set(w.table, 0, func_of(g, G_CALL)), NACRE_OK);
    assert_int_equal(nacre_table_set(w.table, 70, func_of(g, G_CALL)), NACRE_BOUNDS);
    assert_int_equal(nacre_table_grow(w.table, 70, func_of(g, G_CALL), NULL), NACRE_OK);
    assert_traps(&w, w.funcs[F_INDIRECT], 0, STACK_EXHAUSTED);
    assert_true(w.error.frames_total >= NATIVE_DEPTH_MAX);
    assert_gives(&w, w.funcs[F_ADD], 1, 2);
    world_deinit(&w);
}

static void test_indirect(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    static const nacre_kind i32s[] = {NACRE_I32, NACRE_I32};
    static const nacre_functype two = {.params = i32s, .param_count = 2, .results = i32s,
                                       .result_count = 1};
    nacre_ref other;
    assert_int_equal(nacre_func_create(w.store, &two, host, &w, &other), NACRE_OK);
    nacre_instance *g = add_interpreted(&w, w.funcs[F_ADD]);
    nacre_instance *second = add_instance(&w, w.funcs[F_ADD]);
    const nacre_ref refs[] = {w.funcs[F_ADD], w.funcs[F_HOST], func_of(g, G_CALL),
                              func_of(second, F_CALL_HOST), other};
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(nacre_table_set(w.table, i, refs[i]), NACRE_OK);
    assert_gives(&w, w.funcs[F_INDIRECT], 0, 71);
    assert_gives(&w, w.funcs[F_INDIRECT], 1, 140);
    assert_gives(&w, w.funcs[F_INDIRECT], 2, 71);
    assert_gives(&w, w.funcs[F_INDIRECT], 3, 72);
    assert_traps(&w, w.funcs[F_INDIRECT], 4, INDIRECT_TYPE);
    assert_traps(&w, w.funcs[F_INDIRECT], 5, UNINITIALIZED_ELEMENT);
    assert_traps(&w, w.funcs[F_INDIRECT], 8, UNDEFINED_ELEMENT);
    assert_frames(&w, F_INDIRECT);
    world_deinit(&w);
}

/* --- Exceptions --- */

/* Code that knows nothing of them: they pass through to who does, or end the call. */
static void test_exceptions_pass(void **state) {
    (void)state;
    struct world w;
    uint32_t result;
    world_init(&w, NULL, NULL, 0);
    assert_int_equal(call(&w, w.funcs[F_THROW], 5, &result), NACRE_EXCEPTION);
    assert_frames(&w, F_THROW);
    nacre_instance *g = add_interpreted(&w, w.funcs[F_THROW]);
    assert_gives(&w, func_of(g, G_CATCH), 5, 5);
    nacre_instance *outer = add_instance(&w, func_of(g, G_THROW));
    assert_int_equal(call(&w, func_of(outer, F_THROUGH), 5, &result), NACRE_EXCEPTION);
    assert_frames(&w, G_THROW, F_CALL_HOST, F_THROUGH);
    assert_traps(&w, w.funcs[F_TRAP], NACRE_TRAP_UNREACHABLE, UNREACHABLE);
    assert_frames(&w, F_TRAP);
    world_deinit(&w);
}

static nacre_status call_target(struct world *w, nacre_caller *caller, uint32_t arg,
                                uint32_t *result) {
    (void)caller;
    return call(w, w->target, arg, result);
}

static void test_exceptions_caught(void **state) {
    (void)state;
    struct world w;
    uint32_t result;
    world_init(&w, NULL, NULL, IMAGE_EXCEPTIONS);
    nacre_instance *g = add_interpreted(&w, w.funcs[F_THROW]);
    const nacre_ref throwers[] = {w.funcs[F_THROW], func_of(g, G_CALL), func_of(g, G_THROW)};
    w.on_call = call_target;
    for (uint32_t i = 0; i < 3; i++) {
        w.target = throwers[i];
        assert_gives(&w, w.funcs[F_CATCH], i, 1000 + i);
    }
    /* Of another instance's tag: not caught here, but further out. */
    nacre_instance *other = add_instance(&w, w.funcs[F_THROW]);
    assert_int_equal(call(&w, func_of(other, F_CATCH), 5, &result), NACRE_EXCEPTION);
    w.target = func_of(other, F_CATCH);
    assert_gives(&w, w.funcs[F_CATCH], 6, 1006);
    assert_gives(&w, func_of(g, G_CATCH), 5, 5);
    assert_int_equal(call(&w, w.funcs[F_THROW], 5, &result), NACRE_EXCEPTION);
    assert_frames(&w, F_THROW);
    assert_traps(&w, w.funcs[F_FRAME], 0x10000, MEMORY_BOUNDS);
    assert_frames(&w, F_LOAD, F_FRAME);
    world_deinit(&w);
}

static void test_objects(void **state) {
    (void)state;
    struct world w;
    world_init(&w, NULL, NULL, 0);
    assert_gives(&w, w.funcs[F_KEEP], 12345, 12345);
    assert_true(heap_bytes(&w.store->store.heap) < 4u << 20);
    world_deinit(&w);
}

/* --- Faults that are not ours --- */

static void end_well(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    _exit(info->si_addr == (void *)16 ? 42 : 43);
}

static void crash(void) { *(volatile int *)16 = 1; }

static nacre_status crash_in_host(struct world *w, nacre_caller *caller, uint32_t arg,
                                  uint32_t *result) {
    (void)w;
    (void)caller;
    (void)arg;
    (void)result;
    crash();
    return NACRE_OK;
}

enum ending { HANDLED, DEFAULT, IN_CODE };

static void play(enum ending how) {
    struct world w;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    struct sigaction action = {.sa_sigaction = end_well, .sa_flags = SA_SIGINFO};
    if (how != HANDLED) action = (struct sigaction){.sa_handler = SIG_DFL};
    sigaction(SIGSEGV, &action, NULL);
    world_init(&w, NULL, NULL, 0);
    uint32_t result;
    (void)call(&w, w.funcs[F_LOAD], 0x10000, &result); /* one of ours first */
    w.on_call = crash_in_host;
    /* Compiled code that is told to use an address of its own choice. */
    if (how == IN_CODE) api_instance(w.instance)->context += (uint64_t)1 << 40;
    (void)call(&w, w.funcs[how == IN_CODE ? F_LOAD : F_CALL_HOST], 0, &result);
    _exit(1);
}

static void test_foreign_faults(void **state) {
    (void)state;
    for (int how = HANDLED; how <= IN_CODE; how++) {
        int status;
        pid_t child = fork();
        if (child == 0) play((enum ending)how);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (how == HANDLED) {
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 42);
        } else {
            assert_true(WIFSIGNALED(status));
            assert_int_equal(WTERMSIG(status), SIGSEGV);
        }
    }
}

/* --- What is refused, and what is interpreted instead --- */

static void test_settings(void **state) {
    (void)state;
    struct world w;
    nacre_image_info info;
    nacre_config config;
    nacre_config_init(&config);
    world_init(&w, NULL, NULL, 0);
    assert_int_equal(nacre_module_image_info(w.module, &info), NACRE_OK);
    assert_string_equal(info.compiler, "by hand");
    assert_false(info.metering || info.has_signature || info.explicit_bounds);
    assert_int_equal(nacre_module_use_image(w.module, image_path, NULL, &w.error),
                     NACRE_ARGUMENT);
    nacre_engine *metering, *profiling;
    nacre_module *module;
    nacre_store *store;
    nacre_instance *instance;
    config.metering = true;
    assert_int_equal(nacre_engine_create(&config, &metering), NACRE_OK);
    const struct bytes *b = &w.builder.module;
    assert_int_equal(nacre_module_create(metering, b->data, b->size, &module, NULL), NACRE_OK);
    assert_int_equal(nacre_module_use_image(module, image_path, NULL, &w.error),
                     NACRE_UNSUPPORTED);
    assert_int_equal(nacre_module_use_image(module, "/nowhere", NULL, &w.error), NACRE_NOT_FOUND);
    assert_int_equal(nacre_module_image_info(module, &info), NACRE_NOT_FOUND);
    nacre_module_destroy(module);
    nacre_engine_destroy(metering);
    nacre_config_init(&config);
    config.profile = true;
    assert_int_equal(nacre_engine_create(&config, &profiling), NACRE_OK);
    assert_int_equal(nacre_module_create(profiling, b->data, b->size, &module, NULL), NACRE_OK);
    assert_int_equal(nacre_module_use_image(module, image_path, NULL, &w.error), NACRE_OK);
    assert_int_equal(nacre_store_create(profiling, NULL, &store), NACRE_OK);
    nacre_extern import = {.kind = NACRE_EXTERN_FUNC};
    static const nacre_kind i32 = NACRE_I32;
    static const nacre_functype type = {.params = &i32, .param_count = 1, .results = &i32,
                                        .result_count = 1};
    assert_int_equal(nacre_func_create(store, &type, host, &w, &import.of.func), NACRE_OK);
    assert_int_equal(nacre_instance_create_with(store, module, &import, 1, &instance, NULL),
                     NACRE_OK);
    assert_null(api_instance(instance)->image);
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(profiling);
    world_deinit(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_faults), /* first: nobody has called compiled code yet */
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_traps),
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_metering),
        cmocka_unit_test(test_reentry),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_between_too_deep),
        cmocka_unit_test(test_indirect),
        cmocka_unit_test(test_exceptions_pass),
        cmocka_unit_test(test_exceptions_caught),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_settings),
    };
    int file = mkstemp(image_path);
    if (file < 0) return 1;
    close(file);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(image_path);
    return failed;
}
