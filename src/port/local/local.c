/* local.c - see local.h. The default port of the program that it is linked into. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "port/local/local.h"
#include "local/ring.h"
#include "port/calls/calls.h"
#include "port/default.h"
#include "port/posix/posix.h"

static struct calls_port state;
static struct port port;
static struct port_code code;
static struct port_contents contents;

/* The images: mapped once, readable and executable. */
static struct image {
    const uint8_t *bytes;
    uint64_t size;
} images[LOCAL_IMAGES_MAX];
static uint32_t image_count;

static void exchange(void *env, uint32_t slot) { ring_ask(env, slot); }

static void yield(void *env) {
    (void)env;
    sched_yield();
}

static void sleep_on(void *env, const uint32_t *word, uint32_t expected) {
    (void)env;
    port_posix()->threads->wait(NULL, word, expected, UINT64_MAX);
}

static void wake(void *env, const uint32_t *word) {
    (void)env;
    port_posix()->threads->wake(NULL, word, 1);
}

/* --- The images --- */

static nacre_status map_image(int file, struct image *image) {
    struct stat about;
    if (fstat(file, &about) || !S_ISREG(about.st_mode) || about.st_size <= 0) return NACRE_IO;
    void *at = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    if (at == MAP_FAILED) return NACRE_NO_MEMORY;
    *image = (struct image){at, (uint64_t)about.st_size};
    return NACRE_OK;
}

/* They end where no file is open. */
static nacre_status map_images(void) {
    for (; image_count < LOCAL_IMAGES_MAX; image_count++) {
        const int file = LOCAL_IMAGE_FILE + (int)image_count;
        if (fcntl(file, F_GETFD) < 0) break;
        TRY(map_image(file, &images[image_count]));
    }
    return NACRE_OK;
}

static bool find_number(const char *path, uint32_t *number) {
    const size_t prefix = sizeof PORT_IMAGE_NAME - 1;
    if (strncmp(path, PORT_IMAGE_NAME, prefix) != 0) return false;
    for (uint32_t i = 0; i < image_count; i++) {
        char digits[12];
        struct text text;
        text_init(&text, digits, sizeof digits);
        text_add_u64(&text, i);
        *number = i;
        if (strcmp(path + prefix, digits) == 0) return true;
    }
    return false;
}

static nacre_status find_image(void *context, const char *path, const uint8_t **bytes,
                               uint64_t *size, uint64_t *file) {
    uint32_t number;
    (void)context;
    if (!find_number(path, &number)) return NACRE_NOT_FOUND;
    *bytes = images[number].bytes;
    *size = images[number].size;
    *file = LOCAL_IMAGE_FILE + number;
    return NACRE_OK;
}

static nacre_status allow(void *context, uint64_t file, uint64_t offset, const uint8_t *bytes,
                          uint64_t size) {
    (void)context;
    (void)file;
    (void)offset;
    (void)bytes;
    (void)size;
    return NACRE_OK; /* it was, from the beginning */
}

static void keep(void *context, const uint8_t *bytes, uint64_t size) {
    (void)context;
    (void)bytes;
    (void)size;
}

/* No file can be made for contents: they are copied, but for the images'. */
static nacre_status make_none(void *context, uint64_t size, const struct port_part *parts,
                              uint32_t count, uint64_t *made) {
    (void)context;
    (void)size;
    (void)parts;
    (void)count;
    (void)made;
    return NACRE_UNSUPPORTED;
}

static void keep_contents(void *context, uint64_t kept) {
    (void)context;
    (void)kept;
}

/* --- The port --- */

nacre_status local_open(struct ring *ring) {
    code = (struct port_code){.map = find_image, .allow = allow, .unmap = keep};
    contents = (struct port_contents){.make = make_none, .map = port_posix()->contents->map,
                                      .release = keep_contents};
    state.calls = (struct calls){.slots = ring->slots, .slot_count = RING_SLOTS, .env = ring,
                                 .exchange = exchange, .yield = yield, .sleep = sleep_on,
                                 .wake = wake};
    port = *port_posix();
    port.context = &state;
    port.files = &calls_files;
    port.files_context = &state;
    port.counter = &calls_counter;
    port.caught = calls_port_caught;
    port.code = &code;
    port.contents = &contents;
    return map_images();
}

struct calls *local_calls(void) { return &state.calls; }

const struct port *port_default(void) { return &port; }

struct allocator port_default_allocator(void) { return *port_posix_allocator(); }
