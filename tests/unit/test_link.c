/* test_link.c - objects that clang makes are linked: for this machine the code is run; what can't
 * be linked is named; no bytes make the linker read outside of them. */
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler/link.h"
#include "port/default.h"
#include "port/fake/fake.h"

enum { OBJECTS_MAX = 4 };

#if defined(__aarch64__)
static const uint32_t host_machine = IMAGE_AARCH64;
#else
static const uint32_t host_machine = IMAGE_X86_64;
#endif

/* --- Objects --- */

struct object_file {
    uint8_t *bytes;
    size_t size;
};

static int temporary_file(void) {
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = dup(fileno(file));
    fclose(file);
    assert_true(fd >= 0);
    return fd;
}

/* Spawned, as a sanitizer makes forks slow. */
static int run_compiler(int in, int out, uint32_t machine, const char *language,
                        const char *option) {
    const char *cc = getenv("NACRE_CC");
    const char *target =
        machine == IMAGE_X86_64 ? "--target=x86_64-linux-gnu" : "--target=aarch64-linux-gnu";
    const char *const words[] = {"clang", target, "-x", language, "-c", "-O2", "-fPIC",
                                 "-ffreestanding", "-fno-asynchronous-unwind-tables",
                                 "-Wno-unused-command-line-argument", option, "-o", "-", "-",
                                 NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    int failed = posix_spawnp(&child, cc ? cc : "clang-22", &actions, NULL,
                              (char *const *)(uintptr_t)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(failed, 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static struct object_file compile_with(uint32_t machine, const char *language, const char *source,
                                       const char *option) {
    int in = temporary_file(), out = temporary_file();
    size_t size = strlen(source);
    assert_int_equal(pwrite(in, source, size, 0), size);
    lseek(in, 0, SEEK_SET);
    assert_int_equal(run_compiler(in, out, machine, language, option), 0);
    off_t length = lseek(out, 0, SEEK_END);
    assert_true(length > 0);
    struct object_file file = {malloc((size_t)length), (size_t)length};
    assert_non_null(file.bytes);
    assert_int_equal(pread(out, file.bytes, file.size, 0), length);
    close(in);
    close(out);
    return file;
}
static struct object_file compile(uint32_t machine, const char *source) {
    return compile_with(machine, "c", source, "-g");
}
static struct object_file assemble(uint32_t machine, const char *source) {
    return compile_with(machine, "assembler", source, "-g0");
}

static nacre_status link_files(struct linked *linked, const struct allocator *allocator,
                               uint32_t machine, const struct object_file *files, uint32_t count,
                               nacre_error *error) {
    struct link_object objects[OBJECTS_MAX];
    for (uint32_t i = 0; i < count; i++)
        objects[i] = (struct link_object){files[i].bytes, files[i].size};
    return link_objects(linked, allocator, machine, objects, count, error);
}

static void free_files(struct object_file *files, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) free(files[i].bytes);
}

/* --- Code that runs --- */

/* Calls across objects, a jump table, constants of several sizes, strings, an address taken
 * through the GOT, a weak function that another object replaces. */
static const char source_a[] =
    "extern int f2(int); extern void *memcpy(void *, const void *, unsigned long);\n"
    "extern volatile int nothing(int);\n"
    "int f1(int x) {\n"
    "    switch (x) {\n"
    "    case 0: return nothing(7) + 1; case 1: return nothing(x) * 3;\n"
    "    case 2: return f2(x) - 9; case 3: return nothing(40) / 5;\n"
    "    case 4: return nothing(5) ^ 99; case 5: return nothing(f2(6)) % 7;\n"
    "    case 6: return nothing(1) << 5; default: return -1;\n"
    "    }\n"
    "}\n"
    "__attribute__((weak)) int replaced(void) { return 1; }\n"
    "double f3(double x) { return x * 3.25 + 0.125; }\n"
    "void *f4(void) { return (void *)f2; }\n"
    "int f6(int i) { static const char text[] = \"some text, and more of it\";\n"
    "    char copy[sizeof text]; memcpy(copy, text, sizeof copy); return copy[i % 20]; }\n";
static const char source_b[] =
    "extern int f1(int); extern int replaced(void);\n"
    "static const long numbers[] = {10, 200, 3000, 40000, 500000, 6000000};\n"
    "long f5(unsigned i) { return numbers[i % 6] + replaced(); }\n"
    "int f2(int x) { return x > 5 ? 50 : f1(x + 1) + 100; }\n"
    "typedef float v4 __attribute__((vector_size(16)));\n"
    "float f7(float x) { v4 v = {x, x, x, x}; v = v * (v4){1, 2, 3, 4}; return v[0] + v[3]; }\n";
static const char source_c[] =
    "int replaced(void) { return 2; }\n"
    "volatile int nothing(int x) { return x; }\n"
    "void *memcpy(void *to, const void *from, unsigned long n) {\n"
    "    for (unsigned long i = 0; i < n; i++) ((volatile char *)to)[i] = ((char *)from)[i];\n"
    "    return to; }\n";

static int expected_f1(int x);
static int expected_f2(int x) { return x > 5 ? 50 : expected_f1(x + 1) + 100; }
static int expected_f1(int x) {
    switch (x) {
    case 0: return 8;
    case 1: return 3;
    case 2: return expected_f2(2) - 9;
    case 3: return 8;
    case 4: return 5 ^ 99;
    case 5: return expected_f2(6) % 7;
    case 6: return 32;
    default: return -1;
    }
}

static const void *code_of(const struct linked *linked, const uint8_t *text, const char *name) {
    const struct link_symbol *symbol = link_find(linked, name);
    assert_non_null(symbol);
    assert_true(symbol->size > 0);
    return text + symbol->offset;
}

static void call_all(const struct linked *linked, const uint8_t *text) {
    int (*f1)(int);
    double (*f3)(double);
    void *(*f4)(void);
    long (*f5)(unsigned);
    int (*f6)(int);
    float (*f7)(float);
    *(const void **)&f1 = code_of(linked, text, "f1");
    *(const void **)&f3 = code_of(linked, text, "f3");
    *(const void **)&f4 = code_of(linked, text, "f4");
    *(const void **)&f5 = code_of(linked, text, "f5");
    *(const void **)&f6 = code_of(linked, text, "f6");
    *(const void **)&f7 = code_of(linked, text, "f7");
    for (int i = -1; i < 8; i++) assert_int_equal(f1(i), expected_f1(i));
    assert_true(f3(2) == 6.625);
    assert_ptr_equal(f4(), code_of(linked, text, "f2"));
    assert_int_equal(f5(3), 40002);
    assert_int_equal(f6(5), 't');
    assert_true(f7(2) == 10);
}

static void test_run(void **state) {
    struct allocator allocator = port_default_allocator();
    struct object_file files[] = {compile(host_machine, source_a), compile(host_machine, source_b),
                                  compile(host_machine, source_c)};
    struct linked linked;
    nacre_error error = {0};
    (void)state;
    nacre_status status =
        link_files(&linked, &allocator, host_machine, files, ARRAY_COUNT(files), &error);
    assert_string_equal(error.text, "");
    assert_int_equal(status, NACRE_OK);
    size_t distance = image_rodata_distance(host_machine, linked.rodata_size);
    size_t before = (distance + 65535) / 65536 * 65536, all = before + linked.text_size;
    uint8_t *pages = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    memcpy(pages + before, linked.text, linked.text_size);
    memcpy(pages + before - distance, linked.rodata, linked.rodata_size);
    assert_int_equal(mprotect(pages, all, PROT_READ | PROT_EXEC), 0);
    __builtin___clear_cache((char *)pages, (char *)pages + all);
    call_all(&linked, pages + before);
    assert_null(link_find(&linked, "f"));
    assert_null(link_find(&linked, "zzz"));
    munmap(pages, all);
    link_deinit(&linked);
    free_files(files, ARRAY_COUNT(files));
}

/* The other machine's code is not run; that it is linked, and the same every time, is seen. */
static void test_other_machine(void **state) {
    struct allocator allocator = port_default_allocator();
    uint32_t machine = IMAGE_X86_64 + IMAGE_AARCH64 - host_machine;
    struct object_file files[] = {compile(machine, source_a), compile(machine, source_b),
                                  compile(machine, source_c)};
    struct linked first, second;
    nacre_error error = {0};
    (void)state;
    nacre_status status = link_files(&first, &allocator, machine, files, 3, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(status, NACRE_OK);
    assert_int_equal(link_files(&second, &allocator, machine, files, 3, &error), NACRE_OK);
    assert_int_equal(first.text_size, second.text_size);
    assert_memory_equal(first.text, second.text, first.text_size);
    assert_memory_equal(first.rodata, second.rodata, first.rodata_size);
    assert_true(first.line_count > 10);
    link_deinit(&first);
    link_deinit(&second);
    free_files(files, ARRAY_COUNT(files));
}

/* --- Single instructions --- */

/* What instructions become, as the manuals encode them. f is at 0, the constant c at -64. */
struct encoding {
    uint32_t machine;
    const char *source; /* behind f, at 16 */
    const char *bytes;
    uint32_t size;
};
static const struct encoding encodings[] = {
    {IMAGE_X86_64, "movq f@GOTPCREL(%rip), %r9", "\x4C\x8D\x0D\xE9\xFF\xFF\xFF", 7},
    {IMAGE_X86_64, "call *f@GOTPCREL(%rip)", "\x67\xE8\xEA\xFF\xFF\xFF", 6},
    {IMAGE_X86_64, "jmp *f@GOTPCREL(%rip)", "\xE9\xEB\xFF\xFF\xFF\x90", 6},
    {IMAGE_X86_64, "leaq c+4(%rip), %rax", "\x48\x8D\x05\xAD\xFF\xFF\xFF", 7},
    {IMAGE_X86_64, "call f@PLT", "\xE8\xEB\xFF\xFF\xFF", 5},
    {IMAGE_X86_64, ".quad c - .", "\xB0\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8},
    {IMAGE_AARCH64, "bl f", "\xFC\xFF\xFF\x97", 4},
    {IMAGE_AARCH64, "b f", "\xFC\xFF\xFF\x17", 4},
    {IMAGE_AARCH64, "b.ne f", "\x81\xFF\xFF\x54", 4},
    {IMAGE_AARCH64, "tbz x3, #1, f", "\x83\xFF\x0F\x36", 4},
    {IMAGE_AARCH64, "adr x0, c", "\x80\xFD\xFF\x10", 4},
    {IMAGE_AARCH64, "ldr x1, c", "\x81\xFD\xFF\x58", 4},
    {IMAGE_AARCH64, "adrp x2, c\n add x2, x2, :lo12:c",
     "\xE2\xFF\xFF\xF0\x42\x00\x3F\x91", 8},
    {IMAGE_AARCH64, "adrp x2, :got:c\n ldr x3, [x2, :got_lo12:c]",
     "\xE2\xFF\xFF\xF0\x43\x00\x3F\x91", 8},
    {IMAGE_AARCH64, "ldrb w1, [x2, :lo12:c+1]", "\x41\x04\x7F\x39", 4},
    {IMAGE_AARCH64, "ldrh w1, [x2, :lo12:c+2]", "\x41\x84\x5F\x79", 4},
    {IMAGE_AARCH64, "ldr w1, [x2, :lo12:c+4]", "\x41\xC4\x4F\xB9", 4},
    {IMAGE_AARCH64, "ldr x1, [x2, :lo12:c+8]", "\x41\xE4\x47\xF9", 4},
    {IMAGE_AARCH64, "ldr q1, [x2, :lo12:c+16]", "\x41\xF4\xC3\x3D", 4},
    {IMAGE_AARCH64, ".word c - .", "\xB0\xFF\xFF\xFF", 4},
    {IMAGE_AARCH64, ".xword f - .", "\xF0\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8},
};

static const char function_f[] = ".text\n.globl f\n.type f, %function\nf: nop\n.size f, . - f\n"
                                 ".section .rodata\n.globl c\n.p2align 6\nc: .zero 64\n";

static void test_instructions(void **state) {
    struct allocator allocator = port_default_allocator();
    struct object_file x86 = assemble(IMAGE_X86_64, function_f);
    struct object_file arm = assemble(IMAGE_AARCH64, function_f);
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(encodings); i++) {
        const struct encoding *e = &encodings[i];
        char source[200];
        snprintf(source, sizeof source, ".text\n.p2align 4\n%s\n", e->source);
        struct object_file files[] = {e->machine == IMAGE_X86_64 ? x86 : arm,
                                      assemble(e->machine, source)};
        struct linked linked;
        nacre_error error = {0};
        nacre_status status = link_files(&linked, &allocator, e->machine, files, 2, &error);
        if (status != NACRE_OK) fail_msg("%s: %s", e->source, error.text);
        assert_int_equal(linked.text_size, 16 + e->size);
        if (memcmp(linked.text + 16, e->bytes, e->size) != 0)
            fail_msg("%s: %02x %02x %02x %02x", e->source, linked.text[16], linked.text[17],
                     linked.text[18], linked.text[19]);
        link_deinit(&linked);
        free_files(&files[1], 1);
    }
    free_files(&x86, 1);
    free_files(&arm, 1);
}

/* --- What can't be linked --- */

struct refusal {
    uint32_t machine;
    const char *source;
    nacre_status status;
    const char *text; /* that the error's must hold */
};
static const struct refusal refusals[] = {
    {IMAGE_X86_64, ".data\n.long 1\n", NACRE_UNSUPPORTED, ".data"},
    {IMAGE_X86_64, ".bss\n.zero 8\n", NACRE_UNSUPPORTED, ".bss"},
    {IMAGE_X86_64, ".section .tdata,\"awT\"\n.long 1\n", NACRE_UNSUPPORTED, ".tdata"},
    {IMAGE_X86_64, ".section .else,\"a\"\n.long 1\n", NACRE_UNSUPPORTED, ".else"},
    {IMAGE_X86_64, ".section .rodata,\"a\"\n.p2align 7\n.long 1\n", NACRE_UNSUPPORTED,
     "alignment"},
    {IMAGE_X86_64, ".comm shared, 8\n", NACRE_UNSUPPORTED, "shared"},
    {IMAGE_X86_64, "call nobody\n", NACRE_UNSUPPORTED, "not defined: nobody"},
    {IMAGE_X86_64, ".globl f\nf: nop\n", NACRE_UNSUPPORTED, "defined twice: f"},
    {IMAGE_X86_64, ".quad f\n", NACRE_UNSUPPORTED, "relocation 1 to f"},
    {IMAGE_X86_64, "movl $f, %eax\n", NACRE_UNSUPPORTED, "relocation 10 to f"},
    {IMAGE_X86_64, "cmpq f@GOTPCREL(%rip), %rax\n", NACRE_UNSUPPORTED, "relocation 42 to f"},
    {IMAGE_X86_64, "call f+0x7fffffff\n call f-0x7fffffff\n", NACRE_LIMIT, "too far"},
    {IMAGE_AARCH64, ".xword f\n", NACRE_UNSUPPORTED, "relocation 257 to f"},
    {IMAGE_AARCH64, ".zero 0x100000\n.zero 4\nb.eq f\n", NACRE_LIMIT, "relocation 280 to f"},
    {IMAGE_AARCH64, "bl f + 0x8000020\n", NACRE_LIMIT, "relocation 283 to f"},
    {IMAGE_AARCH64, "ldr x1, [x2, :lo12:f+4]\n", NACRE_LIMIT, "not aligned"},
};

static void test_refusals(void **state) {
    struct allocator allocator = port_default_allocator();
    struct object_file x86 = assemble(IMAGE_X86_64, function_f);
    struct object_file arm = assemble(IMAGE_AARCH64, function_f);
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(refusals); i++) {
        const struct refusal *r = &refusals[i];
        struct object_file files[] = {r->machine == IMAGE_X86_64 ? x86 : arm,
                                      assemble(r->machine, r->source)};
        struct linked linked;
        nacre_error error = {0};
        nacre_status status = link_files(&linked, &allocator, r->machine, files, 2, &error);
        if (status != r->status || !strstr(error.text, r->text))
            fail_msg("%s: %d, %s", r->source, status, error.text);
        free_files(&files[1], 1);
    }
    struct linked linked;
    assert_int_equal(link_files(&linked, &allocator, IMAGE_X86_64, &arm, 1, NULL),
                     NACRE_UNSUPPORTED);
    free_files(&x86, 1);
    free_files(&arm, 1);
}

/* --- Line tables --- */

static const char loc_source[] =
    ".text\n.file 1 \"module.wasm\"\n"
    "nop\n.loc 1 70\nnop\nnop\n.loc 1 0\nnop\n.loc 1 75 3\nnop\n.loc 1 75 4\nnop\n"
    ".loc 1 1000000\nnop\n.loc 1 12\n.loc 1 13\nnop\n"
    ".section .text.cold,\"ax\",%progbits\n.p2align 4\n.loc 1 500\nnop\n";

static void check_lines(uint32_t machine, const char *version) {
    /* In units of an instruction; the second object's first is at 0 of its own .text. */
    static const struct image_line expected[] = {{1, 70}, {3, 0}, {4, 75}, {6, 1000000}, {7, 13},
                                                 {8, 0}};
    struct allocator allocator = port_default_allocator();
    struct object_file files[] = {compile_with(machine, "assembler", loc_source, version),
                                  compile_with(machine, "assembler", loc_source, version)};
    uint32_t unit = machine == IMAGE_X86_64 ? 1 : 4;
    struct linked linked;
    nacre_error error = {0};
    nacre_status status = link_files(&linked, &allocator, machine, files, 2, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(status, NACRE_OK);
    uint32_t cold = (8 * unit + 15) / 16 * 16, second = (cold + unit + 3) / 4 * 4, row = 0;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t next = (i * second + 8 * unit + 15) / 16 * 16;
        for (uint32_t k = 0; k < ARRAY_COUNT(expected); k++) {
            uint32_t code = i * second + expected[k].code * unit;
            if (code == next) continue; /* where one sequence ends another one begins */
            assert_int_equal(linked.lines[row].code, code);
            assert_int_equal(linked.lines[row++].wasm, expected[k].wasm);
        }
        assert_int_equal(linked.lines[row].code, next);
        assert_int_equal(linked.lines[row++].wasm, 500);
        assert_int_equal(linked.lines[row++].wasm, 0);
    }
    assert_int_equal(linked.line_count, row);
    link_deinit(&linked);
    free_files(files, ARRAY_COUNT(files));
}

static void test_lines(void **state) {
    (void)state;
    check_lines(IMAGE_X86_64, "-gdwarf-4");
    check_lines(IMAGE_X86_64, "-gdwarf-5");
    check_lines(IMAGE_AARCH64, "-gdwarf-4");
    check_lines(IMAGE_AARCH64, "-gdwarf-5");
}

/* --- Robustness --- */

static void test_no_memory(void **state) {
    struct object_file files[] = {compile(IMAGE_X86_64, source_c),
                                  assemble(IMAGE_X86_64, loc_source)};
    (void)state;
    for (uint64_t n = 0;; n++) {
        struct fake *fake = fake_create();
        struct linked linked;
        fake_fail(fake, n, PORT_EIO);
        nacre_status status =
            link_files(&linked, fake_allocator(fake), IMAGE_X86_64, files, 2, NULL);
        bool was_hit = fake_fault_hit(fake);
        assert_int_equal(status, was_hit ? NACRE_NO_MEMORY : NACRE_OK);
        if (status == NACRE_OK) link_deinit(&linked);
        assert_int_equal(fake_live_allocations(fake), 0);
        fake_destroy(fake);
        if (!was_hit) break;
    }
    free_files(files, ARRAY_COUNT(files));
}

/* Objects are our own; if one is damaged all the same, the sanitizers see that nothing worse than
 * an error comes of it. */
static void test_damage(void **state) {
    struct allocator allocator = port_default_allocator();
    struct object_file file = compile(IMAGE_X86_64, source_c);
    (void)state;
    for (size_t at = 0; at < file.size; at++) {
        struct linked linked;
        uint8_t was = file.bytes[at];
        file.bytes[at] ^= at % 3 == 0 ? 0xFF : at % 3 == 1 ? 0x01 : 0x80;
        if (link_files(&linked, &allocator, IMAGE_X86_64, &file, 1, NULL) == NACRE_OK)
            link_deinit(&linked);
        file.bytes[at] = was;
    }
    while (file.size > 0) {
        struct linked linked;
        file.size -= file.size > 97 ? 97 : file.size;
        file.bytes = realloc(file.bytes, file.size + 1);
        if (link_files(&linked, &allocator, IMAGE_X86_64, &file, 1, NULL) == NACRE_OK)
            link_deinit(&linked);
    }
    free_files(&file, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run),       cmocka_unit_test(test_other_machine),
        cmocka_unit_test(test_instructions), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
