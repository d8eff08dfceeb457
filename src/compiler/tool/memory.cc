/* memory.cc - when LLVM has no memory, or gives up; see tool.h. The C interface can't say the first. */
#include <new>

#include <unistd.h>

#include <llvm/Support/ErrorHandling.h>

#include "compiler/tool/tool.h"
#include "nacre/status.h"

static void say(const char *text, size_t size) {
    ssize_t put = write(STDERR_FILENO, text, size);
    (void)put;
}

/* There may be no memory to print with. */
static void end_without_memory() {
    static const char text[] = "nacre-compiler: out of memory\n";
    say(text, sizeof text - 1);
    _exit(NACRE_NO_MEMORY);
}

static void give_up(void *, const char *reason, bool) {
    static const char name[] = "nacre-compiler: LLVM: ";
    say(name, sizeof name - 1);
    say(reason, __builtin_strlen(reason));
    say("\n", 1);
    _exit(NACRE_COMPILER);
}

extern "C" void memory_watch(void) {
    std::set_new_handler(end_without_memory);
    llvm::install_bad_alloc_error_handler(
        [](void *, const char *, bool) { end_without_memory(); }, nullptr);
    llvm::install_fatal_error_handler(give_up, nullptr);
}
