/*
 * main.c - nacre-helper: see cli/helper.h. `nacre run` starts it; it is not for starting by hand.
 *
 * Few runs last long enough to ask for anything. So it waits before it does anything else, even
 * before the C library starts (start.S), and ends when the run has ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "background.h"
#include "file.h"
#include "helper.h"

/* The module as it is now: if it is not any more what the run has, its image has another digest,
 * and is not found by the run. What is no file, such as a pipe, can't be read twice. */
static bool read_module(const char *path, struct module_file *file) {
    struct stat info;
    nacre_error error;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && file_read(file, path, &error);
}

static bool serve(nacre_cache *cache, const nacre_compile_options *options, const char *path,
                  const struct helper_request *request) {
    struct module_file file = {0};
    nacre_compilation *compilation = NULL;
    if (read_module(path, &file))
        compilation = background_start(cache, options, file.bytes, file.size,
                                       request->continues ? &request->loop : NULL);
    file_release(&file);
    return compilation && background_wait(compilation);
}

/* The standard streams are nobody's: what is opened must not be taken for one. */
static void fill_streams(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 2);
}

int main(int argc, char **argv) {
    nacre_cache *cache;
    nacre_compile_options options;
    struct helper_request request;
    if (argc <= HELPER_MODULES) return 2;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* also while it compiles */
    signal(SIGPIPE, SIG_IGN);
    fill_streams();
    nacre_compile_options_init(&options);
    options.level = (uint32_t)strtoul(argv[HELPER_LEVEL], NULL, 10);
    options.metering = strcmp(argv[HELPER_METERING], "1") == 0;
    options.deterministic = strcmp(argv[HELPER_DETERMINISTIC], "1") == 0;
    if (nacre_cache_open(NULL, 0, &cache, NULL) != NACRE_OK) return 1;
    while (read(0, &request, sizeof request) == (ssize_t)sizeof request) {
        uint8_t made = request.module < (uint32_t)(argc - HELPER_MODULES) &&
                       serve(cache, &options, argv[HELPER_MODULES + request.module], &request);
        if (write(0, &made, sizeof made) != (ssize_t)sizeof made) break;
    }
    nacre_cache_close(cache);
    return 0;
}
