/* helper.c - see helper.h */
#include "helper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Beside the command, or where it is installed: as nacre-compiler. */
static const char *const places[] = {"nacre-helper", "../libexec/nacre/nacre-helper"};
enum { PLACES = sizeof places / sizeof places[0] };

static bool find_places(char paths[PLACES][PATH_MAX]) {
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    if (size <= 0) return false;
    own[size] = 0;
    char *slash = strrchr(own, '/');
    if (!slash) return false;
    slash[1] = 0;
    for (size_t i = 0; i < PLACES; i++)
        if (snprintf(paths[i], PATH_MAX, "%s%s", own, places[i]) >= PATH_MAX) return false;
    return true;
}

/* In the new process, which has our memory until it is another program. It has nothing of ours: a
 * reader of our output must not wait for it. */
static void become(const char places_found[PLACES][PATH_MAX], char *const *argv, int socket) {
    if (dup2(socket, 0) < 0 || syscall(SYS_close_range, 1u, ~0u, 0u) != 0) return;
    for (size_t i = 0; i < PLACES; i++) execv(places_found[i], argv);
}

static bool start(struct helper *helper, char *const *argv) {
    char found[PLACES][PATH_MAX];
    int ends[2];
    if (!find_places(found) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t child = vfork();
    if (child == 0) {
        become(found, argv, ends[1]);
        _exit(127); /* which is seen by whoever asks it */
    }
    close(ends[1]);
    if (child < 0) close(ends[0]);
    else *helper = (struct helper){child, ends[0]};
    return child > 0;
}

bool helper_start(struct helper *helper, const nacre_compile_options *options,
                  const char *const *paths, size_t count) {
    static char name[] = "nacre-helper", set[] = "1", unset[] = "0";
    char level[16];
    char **argv = calloc(HELPER_MODULES + count + 1, sizeof *argv);
    if (!argv) return false;
    snprintf(level, sizeof level, "%u", options->level);
    argv[0] = name;
    argv[HELPER_LEVEL] = level;
    argv[HELPER_METERING] = options->metering ? set : unset;
    argv[HELPER_DETERMINISTIC] = options->deterministic ? set : unset;
    memcpy(argv + HELPER_MODULES, paths, count * sizeof *paths);
    bool started = start(helper, argv);
    free(argv);
    return started;
}

bool helper_ask(const struct helper *helper, const struct helper_request *request) {
    uint8_t made = 0;
    ssize_t moved;
    do moved = write(helper->socket, request, sizeof *request);
    while (moved < 0 && errno == EINTR);
    if (moved != (ssize_t)sizeof *request) return false;
    do moved = read(helper->socket, &made, sizeof made);
    while (moved < 0 && errno == EINTR);
    return moved == (ssize_t)sizeof made && made;
}

void helper_release(struct helper *helper) {
    if (helper->socket >= 0) close(helper->socket);
    helper->socket = -1;
}
