/*
 * workload.h - every call of the boundary, with a host that may lie: whatever the calls give, it
 * must be possible. What they write is in memory of exactly the size that they were told.
 */
#ifndef TESTS_UNIT_TEE_WORKLOAD_H
#define TESTS_UNIT_TEE_WORKLOAD_H

#include <stdlib.h>
#include <string.h>

#include "port/fake/fake.h"
#include "unit/tee/direct.h"

#define MUST(condition)              \
    do {                             \
        if (!(condition)) abort();   \
    } while (0)

enum { WORK_NOTHING = 4090 }; /* a number that no file has */

static inline void *work_take(size_t size) {
    void *bytes = calloc(1, size ? size : 1);
    MUST(bytes);
    return bytes;
}

static inline struct fake *work_fake(void) {
    struct fake *fake = fake_create();
    fake_dir(fake, "/data");
    fake_dir(fake, "/data/sub");
    fake_file(fake, "/data/tide", "6.1 2.9 10.9", 12);
    fake_link(fake, "/data/link", "tide");
    fake_input(fake, "input", 5, true);
    (void)fake_connect(fake, "hello", 5, true);
    fake_set_clock(fake, PORT_CLOCK_MONOTONIC, 1000);
    return fake;
}

/* The fake port has no shortcut: here it has one, for paths of one component. */
struct work_host {
    struct port port;
    struct port_files files;
};

static inline enum port_errno work_open_beneath(void *context, uint64_t dir, const char *path,
                                                uint64_t *file) {
    if (!calls_is_component(path, strlen(path))) return PORT_ENOSYS;
    return fake_port(context)->files->open(context, dir, path, 0, file);
}

static inline const struct port *work_host(struct work_host *host, struct fake *fake) {
    fake_use_counters(fake);
    host->port = *fake_port(fake);
    host->files = *host->port.files;
    host->files.open_beneath = work_open_beneath;
    host->port.files = &host->files;
    return &host->port;
}

static inline void work_stat(enum port_errno e, const struct port_stat *stat) {
    MUST(e != PORT_OK || (stat->type < PORT_TYPE_COUNT && stat->size <= INT64_MAX));
}

static inline void work_move(const struct port *port, uint64_t file, bool writes, bool at,
                             uint32_t total) {
    uint8_t *bytes = work_take(total);
    const struct port_span spans[] = {{bytes, total / 3}, {bytes + total / 3, total - total / 3}};
    const struct port_files *f = port->files;
    void *c = port->context;
    size_t size = 0;
    enum port_errno e = writes ? (at ? f->write_at(c, file, spans, 2, 3, &size)
                                     : f->write(c, file, spans, 2, &size))
                               : (at ? f->read_at(c, file, spans, 2, 3, &size)
                                     : f->read(c, file, spans, 2, &size));
    MUST(e < PORT_ERRNO_COUNT && (e != PORT_OK || size <= total));
    free(bytes);
}

static inline void work_file(const struct port *port, uint64_t dir) {
    const struct port_files *f = port->files;
    const struct port_times times = {PORT_TIME_SET, PORT_TIME_NOW, 5, 0};
    struct port_stat stat;
    void *c = port->context;
    uint64_t file = WORK_NOTHING, position;
    (void)f->open(c, dir, "new", PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE, &file);
    work_stat(f->file_stat(c, file, &stat), &stat); /* as WASI does: it is a regular file */
    work_move(port, file, true, true, 3000);
    if (f->seek(c, file, 7, PORT_SEEK_SET, &position) == PORT_OK) MUST(position == 7);
    work_move(port, file, true, false, CALLS_DATA + 10);
    (void)f->seek(c, file, 0, PORT_SEEK_SET, &position);
    work_move(port, file, false, false, CALLS_DATA + 10);
    work_move(port, file, false, true, 3000);
    work_stat(f->file_stat(c, file, &stat), &stat);
    (void)f->file_set_times(c, file, &times);
    (void)f->resize(c, file, 100);
    (void)f->allocate(c, file, 0, 200);
    (void)f->advise(c, file, 0, 10, PORT_ADVICE_RANDOM);
    (void)f->sync(c, file, true);
    (void)f->set_append(c, file, true);
    (void)f->lock(c, file, true);
    (void)f->close(c, file);
}

static inline void work_counter(const struct port *port) {
    static const uint8_t name[16] = "a counter of it";
    uint64_t value = 0;
    (void)port->counter->advance(port->context, name, PORT_COUNTER_NONE, 5);
    if (port->counter->read(port->context, name, &value) != NACRE_OK) value = 5;
    (void)port->counter->advance(port->context, name, value, 7);
}

static inline void work_names(const struct port *port, uint64_t dir) {
    const struct port_files *f = port->files;
    const struct port_times times = {PORT_TIME_SET, PORT_TIME_NOW, 5, 0};
    struct port_stat stat;
    void *c = port->context;
    uint64_t beneath = WORK_NOTHING;
    size_t size = 0;
    char *target = work_take(3);
    work_stat(f->stat(c, dir, "tide", &stat), &stat);
    (void)f->set_times(c, dir, "tide", &times);
    (void)f->make_dir(c, dir, "made");
    (void)f->rename(c, dir, "made", dir, "renamed");
    (void)f->link(c, dir, "tide", dir, "second");
    (void)f->symlink(c, "second", dir, "third");
    if (f->read_link(c, dir, "link", target, 3, &size) == PORT_OK) MUST(size <= 3);
    if (f->open_beneath(c, dir, "sub", &beneath) == PORT_OK) (void)f->close(c, beneath);
    (void)f->unlink(c, dir, "second");
    (void)f->remove_dir(c, dir, "renamed");
    free(target);
}

static inline void work_entries(const struct port *port, uint64_t dir) {
    enum { CAPACITY = 3 };
    struct port_entry *entries = work_take(CAPACITY * sizeof *entries);
    uint32_t count = 0;
    enum port_errno e = port->files->read_dir(port->context, dir, 0, entries, CAPACITY, &count);
    MUST(e != PORT_OK || count <= CAPACITY);
    for (uint32_t i = 0; e == PORT_OK && i < count; i++)
        MUST(entries[i].type < PORT_TYPE_COUNT &&
             calls_is_component(entries[i].name, entries[i].name_size));
    free(entries);
}

static inline void work_streams(const struct port *port) {
    const struct port_files *f = port->files;
    void *c = port->context;
    uint64_t listener = WORK_NOTHING, connection = WORK_NOTHING, in = WORK_NOTHING;
    uint8_t *bytes = work_take(10);
    const struct port_span span = {bytes, 10};
    size_t size = 0;
    (void)f->standard(c, 0, &in);
    (void)f->listen(c, "127.0.0.1:0", &listener);
    (void)f->accept(c, listener, &connection);
    struct port_poll *items = work_take(3 * sizeof *items);
    items[0] = (struct port_poll){.file = in, .wanted = PORT_READY_READ};
    items[1] = (struct port_poll){.file = connection, .wanted = PORT_READY_WRITE};
    items[2] = (struct port_poll){.file = connection, .wanted = PORT_READY_READ};
    if (f->poll(c, items, 3, 2000) == PORT_OK)
        for (int i = 0; i < 3; i++) MUST(items[i].ready < 8 && items[i].error < PORT_ERRNO_COUNT);
    if (f->receive(c, connection, &span, 1, true, &size) == PORT_OK) MUST(size <= 10);
    if (f->send(c, connection, &span, 1, &size) == PORT_OK) MUST(size <= 10);
    (void)f->shutdown(c, connection, PORT_SHUT_WRITE);
    (void)f->close(c, connection);
    (void)f->close(c, listener);
    (void)f->close(c, in);
    free(items);
    free(bytes);
}

static inline void work_clocks(const struct port *port) {
    uint64_t first = 0, second = 0, step;
    bool knows = port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &first) == NACRE_OK;
    if (port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &second) == NACRE_OK && knows)
        MUST(second >= first);
    (void)port->clock_step(port->context, PORT_CLOCK_REALTIME, &step);
}

static inline void work(const struct port *port) {
    uint64_t dir = WORK_NOTHING;
    (void)port->files->open_root(port->context, "/data", &dir);
    work_file(port, dir);
    work_names(port, dir);
    if (port->counter) work_counter(port);
    work_entries(port, dir);
    work_streams(port);
    work_clocks(port);
    (void)port->files->close(port->context, dir);
}

#endif
