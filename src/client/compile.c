/*
 * compile.c - one compilation: the module goes in through descriptor 0, the image comes out of 1,
 * what there is to say out of 2, and how it went is the exit status (a nacre_status).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/client.h"
#include "client/config.h"

/* What a thread may write to without having asked for it, and what it maps without using it; what
 * the program has of both, with LLVM. */
enum {
    THREAD_DATA = 8 << 20,
    THREAD_ADDRESSES = 80 << 20, /* its heap's, too */
    PROGRAM_DATA = 32 << 20,
    PROGRAM_ADDRESSES = 512 << 20,
    MESSAGE_BYTES = 1024
};

struct nacre_compilation {
    pid_t pid;
    int output;   /* the image until it is in its place; -1: the compiler puts it there */
    int messages;
    bool alone, done, cancelled, has_key;
    bool named; /* the output is at `temporary` */
    uint8_t secret_key[32];
    uint64_t memory_bytes;
    uint32_t cpu_seconds;
    nacre_status status; /* once done */
    nacre_error error;
    char temporary[PATH_MAX], path[PATH_MAX];
};

/* --- Start --- */

bool client_write_all(int fd, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

/* The module as a file without a name, that nobody can change any more. */
static int open_module(const void *bytes, size_t size) {
    int fd = memfd_create("nacre-module", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    if (client_write_all(fd, bytes, size) && lseek(fd, 0, SEEK_SET) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    close(fd);
    return -1;
}

enum { OPTION_BYTES = 96, OPTION_COUNT = 10 };

struct command {
    char texts[OPTION_COUNT][OPTION_BYTES];
    char *argv[OPTION_COUNT + 4]; /* its name, options, module, image, NULL */
};

static void fill_command(struct command *c, char *program, const nacre_compile_options *o,
                         char *image) {
    size_t count = 0;
    if (o->explicit_bounds) snprintf(c->texts[count++], OPTION_BYTES, "--explicit");
    if (o->metering) snprintf(c->texts[count++], OPTION_BYTES, "--fuel");
    if (o->deterministic) snprintf(c->texts[count++], OPTION_BYTES, "--deterministic");
    if (o->debug) snprintf(c->texts[count++], OPTION_BYTES, "-g");
    snprintf(c->texts[count++], OPTION_BYTES, "--target=%s", o->target);
    snprintf(c->texts[count++], OPTION_BYTES, "--jobs=%u", o->jobs);
    snprintf(c->texts[count++], OPTION_BYTES, "-O%u", o->level);
    if (o->continues)
        snprintf(c->texts[count++], OPTION_BYTES, "--continue=%u:%u", o->function, o->loop);
    size_t arg = 0;
    c->argv[arg++] = program;
    for (size_t i = 0; i < count; i++) c->argv[arg++] = c->texts[i];
    static char standard[] = "-";
    c->argv[arg++] = standard;
    c->argv[arg++] = image ? image : standard;
    c->argv[arg] = NULL;
}

static void limit_memory(const nacre_compile_options *o, struct process *process) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = o->jobs ? o->jobs : processors > 0 ? (uint64_t)processors : 1;
    jobs = u64_min(jobs, 64);
    if (!CLIENT_LIMITS_ADDRESSES || o->memory_bytes >= UINT64_MAX / 2) return;
    process->data_bytes = o->memory_bytes + PROGRAM_DATA + jobs * THREAD_DATA;
    process->address_bytes = o->memory_bytes + PROGRAM_ADDRESSES + jobs * THREAD_ADDRESSES;
}

static nacre_status spawn(nacre_compilation *c, const struct compile_job *job,
                          nacre_error *error) {
    char program[PATH_MAX];
    struct command command;
    TRY(program_find(&program_compiler, job->options->compiler, program, error));
    int module = open_module(job->bytes, job->size);
    if (module < 0) return client_fail_io(error, "the module's copy", errno);
    fill_command(&command, program, job->options, job->alone ? c->path : NULL);
    struct process process = {
        .program = program,
        .argv = command.argv,
        .input = module,
        .output = job->alone ? c->messages : c->output,
        .messages = c->messages,
        .lock = job->lock,
        .cpu_seconds = job->options->cpu_seconds,
        .bound = job->bound,
        .low_priority = job->options->low_priority,
    };
    limit_memory(job->options, &process);
    int number = process_start(&process, &c->pid);
    close(module);
    return number == 0 ? NACRE_OK : client_fail_io(error, program, number);
}

/* The image grows in the same folder without a name, so that nothing is left of it if this process
 * is ended; or under another name, where a file system has only those with one. */
static nacre_status open_output(nacre_compilation *c, mode_t mode, nacre_error *error) {
    char folder[PATH_MAX];
    if (!client_temporary_name(c->path, c->temporary, sizeof c->temporary))
        return client_fail(error, NACRE_ARGUMENT, "the image's path is too long");
    const char *slash = strrchr(c->path, '/');
    int size = slash ? (int)(slash - c->path) + 1 : 0;
    snprintf(folder, sizeof folder, "%.*s", size, c->path);
    c->output = open(size ? folder : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    c->named = c->output < 0;
    if (c->named)
        c->output = open(c->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (c->output >= 0) return NACRE_OK;
    return client_fail_io(error, c->path, errno);
}

static void release(nacre_compilation *c) {
    if (c->output >= 0) {
        close(c->output);
        if (c->named) unlink(c->temporary);
    }
    if (c->messages >= 0) close(c->messages);
    explicit_bzero(c, sizeof *c);
    free(c);
}

nacre_status compile_start(const struct compile_job *job, nacre_compilation **compilation,
                           nacre_error *error) {
    const nacre_compile_options *o = job->options;
    nacre_compilation *c = malloc(sizeof *c);
    nacre_status status;
    if (!c) return client_fail(error, NACRE_NO_MEMORY, "%s", "");
    *c = (nacre_compilation){.output = -1, .alone = job->alone, .has_key = o->secret_key,
                             .memory_bytes = o->memory_bytes, .cpu_seconds = o->cpu_seconds};
    if (o->secret_key) memcpy(c->secret_key, o->secret_key, sizeof c->secret_key);
    c->messages = memfd_create("nacre-messages", MFD_CLOEXEC);
    if (c->messages < 0)
        status = client_fail_io(error, "the compiler's messages", errno);
    else if ((size_t)snprintf(c->path, PATH_MAX, "%s", job->image_path) >= PATH_MAX)
        status = client_fail(error, NACRE_ARGUMENT, "the image's path is too long");
    else
        status = job->alone ? NACRE_OK : open_output(c, job->mode, error);
    if (status == NACRE_OK) status = spawn(c, job, error);
    if (status == NACRE_OK) *compilation = c;
    else release(c);
    return status;
}

nacre_status nacre_compile_start(const void *bytes, size_t size, const char *image_path,
                                 const nacre_compile_options *options,
                                 nacre_compilation **compilation, nacre_error *error) {
    nacre_compile_options resolved;
    TRY(options_resolve(options, &resolved, error));
    struct compile_job job = {.bytes = bytes, .size = size, .image_path = image_path,
                              .options = &resolved, .mode = 0666, .lock = -1};
    return compile_start(&job, compilation, error);
}

/* --- End --- */

/* The last line that the compiler wrote, without its name: "0x1f: text" or "text". */
static void read_message(int fd, char text[MESSAGE_BYTES], uint64_t *offset) {
    static const char name[] = "nacre-compiler: ";
    struct stat info;
    ssize_t got = 0;
    *offset = NACRE_NO_OFFSET;
    if (fstat(fd, &info) == 0) {
        off_t at = info.st_size < MESSAGE_BYTES ? 0 : info.st_size - (MESSAGE_BYTES - 1);
        got = pread(fd, text, MESSAGE_BYTES - 1, at);
    }
    while (got > 0 && text[got - 1] == '\n') got--;
    text[got > 0 ? got : 0] = 0;
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    if (strncmp(line, name, sizeof name - 1) == 0) line += sizeof name - 1;
    if (line[0] == '0' && line[1] == 'x') {
        char *end;
        unsigned long long number = strtoull(line, &end, 16);
        if (end[0] == ':' && end[1] == ' ') {
            *offset = number;
            line = end + 2;
        }
    }
    memmove(text, line, strlen(line) + 1);
}

static nacre_status fail_memory(const nacre_compilation *c, nacre_error *error) {
    return client_fail(error, NACRE_LIMIT,
                       "the compiler wants more than the %llu MiB of memory that it may have",
                       (unsigned long long)(c->memory_bytes >> 20));
}

static nacre_status explain_signal(const nacre_compilation *c, int number, const char *message,
                                   nacre_error *error) {
    if (c->cancelled) return client_fail(error, NACRE_COMPILER, "cancelled");
    if (number == SIGXCPU)
        return client_fail(error, NACRE_LIMIT,
                           "the compiler wants more than the %u s of processor time that it may "
                           "have", c->cpu_seconds);
    const char *name = sigdescr_np(number);
    return client_fail(error, NACRE_COMPILER, "the compiler was ended by signal %d (%s)%s%s",
                       number, name ? name : "unknown", message[0] ? ": " : "", message);
}

/* What the exit status of a failed compilation means. */
static nacre_status explain(const nacre_compilation *c, int status, nacre_error *error) {
    char message[MESSAGE_BYTES];
    uint64_t offset;
    read_message(c->messages, message, &offset);
    if (WIFSIGNALED(status)) return explain_signal(c, WTERMSIG(status), message, error);
    int code = WEXITSTATUS(status);
    switch (code) {
    case NACRE_NO_MEMORY: return fail_memory(c, error);
    case NACRE_LIMIT:
    case NACRE_ARGUMENT:
    case NACRE_NOT_WASM:
    case NACRE_MALFORMED:
    case NACRE_INVALID:
    case NACRE_UNSUPPORTED:
    case NACRE_IO:
    case NACRE_COMPILER: {
        nacre_status reason = client_fail(error, (nacre_status)code, "%s", message);
        if (error) error->offset = offset;
        return reason;
    }
    default:
        return client_fail(error, NACRE_COMPILER, "the compiler ended with status %d%s%s", code,
                           message[0] ? ": " : "", message);
    }
}

/* Signs the image and gives it its name. */
static nacre_status put_in_place(nacre_compilation *c, nacre_error *error) {
    struct stat info;
    if (c->alone) return NACRE_OK;
    if (fstat(c->output, &info) != 0 || info.st_size == 0)
        return client_fail(error, NACRE_COMPILER, "the compiler made nothing");
    if (c->has_key) TRY(sign_image(c->output, c->secret_key, error));
    /* Only a rename replaces what is there. */
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", c->output);
    if (!c->named && linkat(AT_FDCWD, link, AT_FDCWD, c->temporary, AT_SYMLINK_FOLLOW) != 0)
        return client_fail_io(error, c->path, errno);
    c->named = true;
    if (rename(c->temporary, c->path) != 0) return client_fail_io(error, c->path, errno);
    close(c->output);
    c->output = -1;
    return NACRE_OK;
}

/* Notes how it ended, when it has; waits for it if `wait`. */
static void collect(nacre_compilation *c, bool wait) {
    int status;
    pid_t got;
    if (c->done) return;
    do got = waitpid(c->pid, &status, wait ? 0 : WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0) return;
    c->done = true;
    if (got < 0)
        c->status = client_fail(&c->error, NACRE_IO,
                                "somebody else took the compiler's exit status");
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 0) c->status = NACRE_OK;
    else c->status = explain(c, status, &c->error);
}

bool nacre_compilation_done(nacre_compilation *compilation) {
    collect(compilation, false);
    return compilation->done;
}

nacre_status nacre_compilation_wait(nacre_compilation *compilation, nacre_error *error) {
    collect(compilation, true);
    if (compilation->status == NACRE_OK && (compilation->output >= 0))
        compilation->status = put_in_place(compilation, &compilation->error);
    if (compilation->status != NACRE_OK && error) *error = compilation->error;
    return compilation->status;
}

void nacre_compilation_cancel(nacre_compilation *compilation) {
    collect(compilation, false);
    if (compilation->done) return;
    compilation->cancelled = true;
    kill(compilation->pid, SIGKILL); /* not collected yet: the number is still its own */
}

void nacre_compilation_destroy(nacre_compilation *compilation) {
    if (!compilation) return;
    if (!compilation->alone) {
        nacre_compilation_cancel(compilation);
        collect(compilation, true);
    } else {
        collect(compilation, false);
    }
    release(compilation);
}

nacre_status compile_and_wait(const struct compile_job *job, nacre_error *error) {
    nacre_compilation *compilation = NULL;
    TRY(compile_start(job, &compilation, error));
    nacre_status status = nacre_compilation_wait(compilation, error);
    nacre_compilation_destroy(compilation);
    return status;
}

nacre_status nacre_compile(const void *bytes, size_t size, const char *image_path,
                           const nacre_compile_options *options, nacre_error *error) {
    nacre_compile_options resolved;
    TRY(options_resolve(options, &resolved, error));
    struct compile_job job = {.bytes = bytes, .size = size, .image_path = image_path,
                              .options = &resolved, .mode = 0666, .lock = -1,
                              .bound = true};
    return compile_and_wait(&job, error);
}
