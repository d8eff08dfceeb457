/* fake.c - faults, clocks, random bytes, memory; the tests' side of streams. See fake.h. */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <sys/mman.h>

#include "port/fake/inside.h"

/* Faults. */

static bool fault_due(struct fake *fake) {
    if (fake->calls++ != fake->fail_at) return false;
    fake->fault_hit = true;
    return true;
}

enum port_errno fake_call(struct fake *fake, const char *name) {
    if (fake->on_call && !fake->in_hook) {
        fake->in_hook = true;
        fake->on_call(fake->on_call_env, name);
        fake->in_hook = false;
    }
    return fault_due(fake) ? fake->fail_with : PORT_OK;
}

void fake_fail(struct fake *fake, uint64_t calls, enum port_errno error) {
    fake->fail_at = calls > UINT64_MAX - fake->calls ? UINT64_MAX : fake->calls + calls;
    fake->fail_with = error;
    fake->fault_hit = false;
}

bool fake_fault_hit(const struct fake *fake) { return fake->fault_hit; }
uint64_t fake_calls(const struct fake *fake) { return fake->calls; }
uint32_t fake_open_files(const struct fake *fake) { return fake->open_count; }
uint64_t fake_live_allocations(const struct fake *fake) { return fake->live_allocations; }

void fake_on_call(struct fake *fake, void (*call)(void *env, const char *name), void *env) {
    fake->on_call = call;
    fake->on_call_env = env;
}

/* Memory. */

static nacre_status pages_reserve(void *context, uint64_t size, uint8_t **base) {
    struct fake *fake = context;
    if (fault_due(fake)) return NACRE_NO_MEMORY;
    void *at = mmap(NULL, size ? (size_t)size : 1, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return NACRE_NO_MEMORY;
    fake->live_allocations++;
    *base = at;
    return NACRE_OK;
}

static nacre_status pages_commit(void *context, uint8_t *base, uint64_t size) {
    if (fault_due(context)) return NACRE_NO_MEMORY;
    if (size == 0) return NACRE_OK;
    int failed = mprotect(base, (size_t)size, PROT_READ | PROT_WRITE);
    return failed ? NACRE_NO_MEMORY : NACRE_OK;
}

/* New pages in place of the old: one call, where to forbid and to forget are two. */
static nacre_status pages_uncommit(void *context, uint8_t *base, uint64_t size) {
    if (fault_due(context)) return NACRE_NO_MEMORY;
    void *at = mmap(base, (size_t)size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return at == MAP_FAILED ? NACRE_NO_MEMORY : NACRE_OK;
}

static nacre_status pages_clear(void *context, uint8_t *base, uint64_t size) {
    if (fault_due(context)) return NACRE_NO_MEMORY;
    memset(base, 0, (size_t)size);
    return NACRE_OK;
}

static void pages_release(void *context, uint8_t *base, uint64_t size) {
    struct fake *fake = context;
    fake->live_allocations--;
    munmap(base, size ? (size_t)size : 1);
}

static void *resize(void *context, void *pointer, size_t old_size, size_t new_size) {
    struct fake *fake = context;
    if (new_size == 0) {
        if (pointer) fake->live_allocations--;
        free(pointer);
        return NULL;
    }
    if (fault_due(fake)) return NULL;
    /* Always moves, so that a pointer kept too long is found. */
    void *moved = malloc(new_size);
    if (!moved) return NULL;
    memset(moved, 0xA5, new_size);
    if (pointer) memcpy(moved, pointer, old_size < new_size ? old_size : new_size);
    if (!pointer) fake->live_allocations++;
    free(pointer);
    return moved;
}

const struct allocator *fake_allocator(struct fake *fake) { return &fake->allocator; }

/* Clocks and random bytes. */

static nacre_status clock_now(void *context, enum port_clock clock, uint64_t *now_ns) {
    struct fake *fake = context;
    if (fault_due(fake)) return NACRE_UNSUPPORTED;
    *now_ns = fake->clocks[clock];
    return NACRE_OK;
}

static nacre_status clock_step(void *context, enum port_clock clock, uint64_t *step_ns) {
    (void)clock;
    if (fault_due(context)) return NACRE_UNSUPPORTED;
    *step_ns = 1;
    return NACRE_OK;
}

void fake_set_clock(struct fake *fake, enum port_clock clock, uint64_t now_ns) {
    fake->clocks[clock] = now_ns;
}

static nacre_status random_bytes(void *context, uint8_t *bytes, size_t size) {
    struct fake *fake = context;
    if (fault_due(fake)) return NACRE_IO;
    for (size_t i = 0; i < size; i++) { /* Knuth's linear congruential generator */
        fake->random = fake->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        bytes[i] = (uint8_t)(fake->random >> 56);
    }
    return NACRE_OK;
}

static void yield(void *context) {
    struct fake *fake = context;
    fake->clocks[PORT_CLOCK_MONOTONIC] += 1000; /* so that whoever waits by yielding gets on */
}

static uint64_t cpu_features(void *context) {
    const struct fake *fake = context;
    return fake->cpu_features;
}

void fake_be_lenient(struct fake *fake) { fake->is_lenient = true; }

void fake_set_cpu_features(struct fake *fake, uint64_t features) {
    fake->cpu_features = features;
}

/* Counters. */

static struct fake_counter *find_counter(struct fake *fake, const uint8_t name[16]) {
    for (uint32_t i = 0; i < fake->counter_count; i++)
        if (memcmp(fake->counters[i].name, name, 16) == 0) return &fake->counters[i];
    return NULL;
}

static nacre_status counter_read(void *context, const uint8_t name[16], uint64_t *value) {
    struct fake *fake = context;
    if (fault_due(fake)) return NACRE_IO;
    const struct fake_counter *counter = find_counter(fake, name);
    if (!counter) return NACRE_NOT_FOUND;
    *value = counter->value;
    return NACRE_OK;
}

static nacre_status counter_advance(void *context, const uint8_t name[16], uint64_t from,
                                    uint64_t to) {
    struct fake *fake = context;
    if (fault_due(fake)) return NACRE_IO;
    struct fake_counter *counter = find_counter(fake, name);
    if ((counter ? counter->value : PORT_COUNTER_NONE) != from) return NACRE_INTEGRITY;
    if (!counter) {
        if (fake->counter_count == FAKE_COUNTERS_MAX) abort();
        counter = &fake->counters[fake->counter_count++];
        memcpy(counter->name, name, 16);
    } else if (to <= from) {
        return NACRE_INTEGRITY;
    }
    counter->value = to;
    return NACRE_OK;
}

void fake_use_counters(struct fake *fake) {
    static const struct port_counter counter = {counter_read, counter_advance};
    fake->port.counter = &counter;
}

void fake_set_counters(struct fake *fake, uint64_t value) {
    for (uint32_t i = 0; i < fake->counter_count; i++) fake->counters[i].value = value;
}

/* Streams, from the tests' side. */

void fake_input(struct fake *fake, const void *bytes, size_t size, bool ends) {
    struct pipe *streams = &fake->streams;
    buffer_write(&streams->input, streams->input.size, bytes, size);
    streams->input_ends = ends;
}

const uint8_t *fake_output(const struct fake *fake, uint32_t number, size_t *size) {
    const struct buffer *output = number == 2 ? &fake->errors.output : &fake->streams.output;
    *size = output->size;
    return output->bytes;
}

uint32_t fake_connect(struct fake *fake, const void *bytes, size_t size, bool ends) {
    if (fake->connection_count == FAKE_CONNECTIONS_MAX) abort();
    struct pipe *connection = &fake->connections[fake->connection_count];
    buffer_write(&connection->input, 0, bytes, size);
    connection->input_ends = ends;
    return fake->connection_count++;
}

const uint8_t *fake_sent(const struct fake *fake, uint32_t connection, size_t *size) {
    *size = fake->connections[connection].output.size;
    return fake->connections[connection].output.bytes;
}

/* The whole. */

struct fake *fake_create(void) {
    struct fake *fake = calloc(1, sizeof *fake);
    if (!fake) abort();
    fake->fail_at = UINT64_MAX;
    fake->clocks[PORT_CLOCK_REALTIME] = UINT64_C(1600000000000000000);
    fake->clocks[PORT_CLOCK_MONOTONIC] = 1000000000;
    fake->cpu_features = UINT64_MAX;
    fake->streams.input_ends = true;
    fake->root = fake_node(fake, PORT_TYPE_DIRECTORY);
    fake->root->names = 1;
    fake->allocator = (struct allocator){.resize = resize, .context = fake};
    fake_names_fill(&fake->files);
    fake_streams_fill(&fake->files);
    fake->port = (struct port){
        .context = fake,
        .pages_reserve = pages_reserve,
        .pages_commit = pages_commit,
        .pages_commit_any = pages_commit,
        .pages_uncommit = pages_uncommit,
        .pages_clear = pages_clear,
        .pages_release = pages_release,
        .clock_now = clock_now,
        .clock_step = clock_step,
        .random = random_bytes,
        .yield = yield,
        .cpu_features = cpu_features,
        .files = &fake->files,
        .files_context = fake,
    };
    return fake;
}

void fake_destroy(struct fake *fake) {
    if (!fake) return;
    struct node *next;
    for (struct node *node = fake->nodes; node; node = next) {
        next = node->next;
        free(node->data.bytes);
        free(node->children);
        free(node);
    }
    free(fake->streams.input.bytes);
    free(fake->streams.output.bytes);
    free(fake->errors.output.bytes);
    for (uint32_t i = 0; i < fake->connection_count; i++) {
        free(fake->connections[i].input.bytes);
        free(fake->connections[i].output.bytes);
    }
    free(fake);
}

const struct port *fake_port(struct fake *fake) { return &fake->port; }
