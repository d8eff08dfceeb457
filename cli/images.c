/* images.c - see images.h */
#include "images.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nacre/image.h>

#include "background.h"
#include "flags.h"
#include "helper.h"
#include "keys.h"
#include "report.h"

/* Who ends before this does not wish to pay for a compilation. Loops are looked at this often at
 * first, then more seldom, until none was stuck for so long. */
enum { PATIENCE_MS = 100, LOOK_MS = 10, LOOKED_MS = 10000, STACK_SIZE = 256 * 1024 };

struct pending {
    const char *path;
    const void *bytes;
    size_t size;
    nacre_module *module;
    uint8_t digest[32];
    bool has_image; /* which has come while it ran */
};

/* With `watching`, the watcher owns the whole of it from when it is busy. */
struct images {
    struct image_flags flags;
    nacre_cache *cache; /* NULL: there is none */
    nacre_compile_options options;
    struct helper helper;
    uint8_t key[KEY_SIZE];
    struct pending *pending;
    size_t pending_count;
    pthread_t watcher;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool watching;
    bool busy; /* compiles; under the lock, as is the next */
    bool stop;
};

/* --- Which images --- */

static int check_flags(const struct verb *verb, const struct image_flags *f) {
    if (f->level > 3) return flags_misused(verb, "--optimize takes 0 to 3");
    if (f->compiled + f->interpret + (f->image != NULL) > 1)
        return flags_misused(verb, "one of --compiled, --interpret and --image");
    if (f->profile && (f->compiled || f->image))
        return flags_misused(verb, "--profile interprets");
    if (f->key && !f->image)
        return flags_misused(verb, "--require-signature is about an --image");
    return -1;
}

bool images_insist(const struct images *images) {
    const struct image_flags *f = &images->flags;
    return f->compiled || f->image || f->key;
}

static void release(struct images *images) {
    nacre_cache_close(images->cache);
    helper_release(&images->helper);
    pthread_mutex_destroy(&images->lock);
    pthread_cond_destroy(&images->wake);
    free(images->pending);
    free(images);
}

static struct images *make(const struct image_flags *flags) {
    struct images *images = calloc(1, sizeof *images);
    pthread_condattr_t monotonic;
    if (!images) return NULL;
    images->flags = *flags;
    images->helper.socket = -1;
    nacre_compile_options_init(&images->options);
    images->options.metering = flags->metering;
    images->options.deterministic = flags->deterministic;
    images->options.level = (uint32_t)flags->level;
    pthread_mutex_init(&images->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&images->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return images;
}

static int fail_cache(const nacre_error *error) {
    report_error_with("cache", error, "NACRE_CACHE names another folder; or use nacre compile, "
                                      "and nacre run --image");
    return CLI_FAILED;
}

int images_open(const struct verb *verb, const struct image_flags *flags,
                struct images **opened) {
    int misused = check_flags(verb, flags);
    if (misused >= 0) return misused;
    struct images *images = make(flags);
    if (!images) return report_no_memory();
    int status = -1;
    if (flags->key && !key_read(flags->key, images->key)) status = CLI_FAILED;
    if (status < 0 && !flags->interpret && !flags->profile) {
        nacre_error error;
        /* Without a cache there is the interpreter. */
        if (nacre_cache_open(NULL, 0, &images->cache, &error) != NACRE_OK && flags->compiled)
            status = fail_cache(&error);
    }
    if (status < 0) *opened = images;
    else release(images);
    return status;
}

/* --- Attaching --- */

static int use_file(struct images *images, const struct module_file *file) {
    nacre_error error;
    const uint8_t *key = images->flags.key ? images->key : NULL;
    if (nacre_module_use_image(file->module, images->flags.image, key, &error) == NACRE_OK)
        return -1;
    /* Of statuses, texts of modules are what is printed; this is none. */
    report(images->flags.image, "%s", error.text[0] ? error.text
                                                    : nacre_status_text(error.status));
    if (error.status == NACRE_UNSUPPORTED)
        report_hint("nacre inspect shows what it was made for");
    else if (error.status == NACRE_MALFORMED)
        report_hint("nacre compile makes images");
    return CLI_FAILED;
}

static const char *hint_for(nacre_status status) {
    if (status == NACRE_LIMIT) return "nacre compile can be given more";
    if (status == NACRE_NOT_FOUND)
        return "build and install nacre-compiler too, or name it in NACRE_COMPILER";
    return NULL;
}

/* Was an image of the cache refused for what it is, so that it is worth making again? Damage may
 * look like an image for something else; one that is whole would be made as it is. */
static bool is_damaged(nacre_status status, const nacre_cache_entry *entry) {
    nacre_image_description whole;
    if (status == NACRE_OK) return false;
    return status == NACRE_MALFORMED || status == NACRE_NOT_FOUND ||
           nacre_image_describe(entry->path, &whole, NULL) == NACRE_MALFORMED;
}

/* Compiles if need be. A damaged image is made again, once. */
static int use_compiled(struct images *images, const struct module_file *file) {
    nacre_cache_entry entry;
    nacre_error error;
    nacre_status status = NACRE_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        status = nacre_cache_compile(images->cache, file->bytes, file->size, &images->options,
                                     &entry, &error);
        if (status == NACRE_IO) return fail_cache(&error);
        if (status != NACRE_OK) {
            report_error_with(file->path, &error, hint_for(status));
            return CLI_FAILED;
        }
        status = nacre_module_use_image(file->module, entry.path, NULL, &error);
        if (status == NACRE_OK) return -1;
        if (!is_damaged(status, &entry)) break;
        nacre_cache_remove(images->cache, &entry);
    }
    report_error(file->path, &error);
    return CLI_FAILED;
}

/* Later, if it runs for longer. Without memory it is not. */
static void defer(struct images *images, const struct module_file *file,
                  const uint8_t digest[32]) {
    struct pending *pending =
        realloc(images->pending, (images->pending_count + 1) * sizeof *pending);
    if (!pending) return;
    images->pending = pending;
    pending += images->pending_count++;
    *pending = (struct pending){.path = file->path, .bytes = file->bytes, .size = file->size,
                                .module = file->module};
    memcpy(pending->digest, digest, sizeof pending->digest);
}

static void use_if_there(struct images *images, const struct module_file *file,
                         const uint8_t digest[32]) {
    nacre_cache_entry entry;
    nacre_status status =
        nacre_cache_find(images->cache, digest, &images->options, &entry, NULL);
    bool found = status == NACRE_OK;
    if (found) status = nacre_module_use_image(file->module, entry.path, NULL, NULL);
    if (found && is_damaged(status, &entry)) {
        nacre_cache_remove(images->cache, &entry);
        status = NACRE_NOT_FOUND;
    }
    if (status == NACRE_NOT_FOUND) defer(images, file, digest);
}

static int use_image(struct images *images, const struct module_file *file) {
    uint8_t digest[32];
    nacre_module_sha256(file->module, digest);
    nacre_cache_remember(images->cache, &file->identity, digest);
    if (images->flags.compiled) return use_compiled(images, file);
    use_if_there(images, file, digest);
    return -1;
}

/* A file that was seen before, and whose image is there: little of it has to be looked at. */
static bool load_known(struct images *images, nacre_engine *engine, const char *path,
                       struct module_file *file) {
    nacre_cache_entry entry;
    uint8_t digest[32];
    nacre_image_file image = {.path = entry.path, .module_sha256 = digest};
    if (file_map(file, path) &&
        nacre_cache_recall(images->cache, &file->identity, digest) == NACRE_OK &&
        nacre_cache_find(images->cache, digest, &images->options, &entry, NULL) == NACRE_OK &&
        nacre_module_create_compiled(engine, file->bytes, file->size, &image, &file->module,
                                     NULL) == NACRE_OK)
        return true;
    file_release(file);
    return false;
}

int images_load(struct images *images, nacre_engine *engine, const char *path, bool is_program,
                struct module_file *file) {
    bool is_named = is_program && images->flags.image;
    if (images->cache && !is_named && load_known(images, engine, path, file)) return -1;
    if (!file_load_or_report(file, engine, path)) return CLI_FAILED;
    if (is_named) return use_file(images, file);
    return images->cache ? use_image(images, file) : -1;
}

/* --- For a run elsewhere --- */

static int locate_compiled(struct images *images, const struct module_file *file,
                           nacre_cache_entry *entry) {
    nacre_error error;
    nacre_status status = nacre_cache_compile(images->cache, file->bytes, file->size,
                                              &images->options, entry, &error);
    if (status == NACRE_OK) return -1;
    if (status == NACRE_IO) return fail_cache(&error);
    report_error_with(file->path, &error, hint_for(status));
    return CLI_FAILED;
}

void images_check_bounds(struct images *images) { images->options.explicit_bounds = true; }

int images_locate(struct images *images, const char *path, bool is_program,
                  struct module_file *file, char image[NACRE_CACHE_PATH], const uint8_t **key) {
    bool is_named = is_program && images->flags.image;
    nacre_cache_entry entry = {.path = ""};
    nacre_error error;
    uint8_t digest[32];
    int status = -1;
    if (!file_read(file, path, &error)) {
        report_error(path, &error);
        return CLI_FAILED;
    }
    if (is_named)
        snprintf(entry.path, sizeof entry.path, "%s", images->flags.image);
    else if (images->cache && images->flags.compiled)
        status = locate_compiled(images, file, &entry);
    else if (images->cache &&
             nacre_cache_recall(images->cache, &file->identity, digest) == NACRE_OK &&
             nacre_cache_find(images->cache, digest, &images->options, &entry, NULL) != NACRE_OK)
        entry.path[0] = 0;
    memcpy(image, entry.path, NACRE_CACHE_PATH);
    *key = is_named && images->flags.key ? images->key : NULL;
    return status;
}

/* --- Compiling beside the run --- */

/* An image is complete: what runs goes on in it at its next call or loop. With the lock held, as
 * below. */
static void arrived(const struct images *images, struct pending *pending) {
    nacre_cache_entry entry;
    nacre_status status =
        nacre_cache_find(images->cache, pending->digest, &images->options, &entry, NULL);
    if (status == NACRE_OK)
        status = nacre_module_use_image(pending->module, entry.path, NULL, NULL);
    pending->has_image = status == NACRE_OK;
}

/* False: it is time to stop. */
static bool sleep_for(struct images *images, long ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    int failed = 0;
    while (!images->stop && failed == 0)
        failed = pthread_cond_timedwait(&images->wake, &images->lock, &until);
    return !images->stop;
}

/* Has a module compiled, or a continuation of it; gives up the lock meanwhile. False: there is
 * none, or it is time to stop. */
static bool compile(struct images *images, const struct pending *pending,
                    const nacre_loop *loop) {
    struct helper_request request = {.module = (uint32_t)(pending - images->pending),
                                     .continues = loop != NULL};
    nacre_compilation *compilation = NULL;
    const bool has_helper = images->helper.socket >= 0;
    if (loop) request.loop = *loop;
    if (!has_helper) { /* with the lock: whoever wants the bytes back waits for it */
        compilation = background_start(images->cache, &images->options, pending->bytes,
                                       pending->size, loop);
        if (!compilation) return false;
    }
    images->busy = true;
    pthread_mutex_unlock(&images->lock);
    bool made = has_helper ? helper_ask(&images->helper, &request) : background_wait(compilation);
    pthread_mutex_lock(&images->lock);
    images->busy = false;
    return made && !images->stop;
}

/* A loop that stays in the interpreter, because it calls nothing, gets a continuation. False: it
 * can have none, nor can others of the module. */
static bool continue_loop(struct images *images, const struct pending *pending,
                          const nacre_loop *loop) {
    char path[NACRE_CACHE_PATH];
    background_continuation(images->cache,
                            images->helper.socket >= 0 ? images->helper.process : getpid(), path);
    bool made = compile(images, pending, loop) &&
                nacre_module_continue(pending->module, loop, path, NULL, NULL) == NACRE_OK;
    unlinkat(AT_FDCWD, path, 0); /* which a confined process may call; unlink it may not */
    return made;
}

/* Looks after the loops of modules that got their image late, for as long as it is worth it. */
static void watch_loops(struct images *images) {
    long ms = LOOK_MS;
    for (long quiet = 0; quiet < LOOKED_MS && sleep_for(images, ms); quiet += ms, ms += ms / 2) {
        for (size_t i = 0; i < images->pending_count && !images->stop; i++) {
            struct pending *pending = &images->pending[i];
            nacre_loop loop;
            if (!pending->has_image || !nacre_module_stuck(pending->module, &loop)) continue;
            quiet = 0;
            ms = LOOK_MS;
            if (!continue_loop(images, pending, &loop)) pending->has_image = false;
        }
    }
}

static void *watch(void *argument) {
    struct images *images = argument;
    pthread_mutex_lock(&images->lock);
    bool more = sleep_for(images, PATIENCE_MS);
    for (size_t i = 0; more && i < images->pending_count; i++) {
        struct pending *pending = &images->pending[i];
        if (compile(images, pending, NULL)) arrived(images, pending);
        more = !images->stop;
    }
    if (more) watch_loops(images);
    pthread_mutex_unlock(&images->lock);
    return NULL;
}

bool images_delegate(struct images *images) {
    const char **paths = calloc(images->pending_count + 1, sizeof *paths);
    if (!paths) return false;
    for (size_t i = 0; i < images->pending_count; i++) paths[i] = images->pending[i].path;
    bool done = images->pending_count > 0 &&
                helper_start(&images->helper, &images->options, paths,
                             images->pending_count);
    free(paths);
    return done;
}

void images_undelegate(struct images *images) { helper_release(&images->helper); }

void images_watch(struct images *images) {
    pthread_attr_t attributes;
    if (images->pending_count == 0) return;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    images->watching = pthread_create(&images->watcher, &attributes, watch, images) == 0;
    pthread_attr_destroy(&attributes);
}

/* A watcher that waits for the compiler is left behind with all that it uses: the process ends. */
void images_close(struct images *images) {
    if (!images) return;
    if (images->watching) {
        pthread_mutex_lock(&images->lock);
        images->stop = true;
        bool busy = images->busy;
        pthread_cond_signal(&images->wake);
        pthread_mutex_unlock(&images->lock);
        if (busy) return;
        pthread_join(images->watcher, NULL);
    }
    release(images);
}
