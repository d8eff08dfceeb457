/* streams.c - open files of the fake port: contents, standard streams, connections, polling. */
#include <stdlib.h>

#include "port/fake/inside.h"

#define CALL(name)                                        \
    struct fake *fake = context;                          \
    do {                                                  \
        enum port_errno fault_ = fake_call(fake, (name)); \
        if (fault_ != PORT_OK) return fault_;             \
    } while (0)

struct handle *fake_handle(struct fake *fake, uint64_t file) {
    if (file == 0 || file >= FAKE_HANDLES_MAX) abort();
    struct handle *handle = &fake->handles[file];
    if (handle->kind == KIND_CLOSED) abort();
    return handle;
}

uint64_t fake_handle_add(struct fake *fake, struct handle handle) {
    uint64_t file = 1;
    while (file < FAKE_HANDLES_MAX && fake->handles[file].kind != KIND_CLOSED) file++;
    if (file == FAKE_HANDLES_MAX) abort();
    fake->handles[file] = handle;
    fake->open_count++;
    return file;
}

static enum port_errno close_file(void *context, uint64_t file) {
    struct fake *fake = context;
    struct handle *handle = fake_handle(fake, file);
    handle->kind = KIND_CLOSED;
    fake->open_count--;
    if (handle->node) {
        handle->node->opens--;
        fake_node_check(fake, handle->node);
        handle->node = NULL;
    }
    return PORT_OK;
}

static enum port_errno standard(void *context, uint32_t number, uint64_t *file) {
    CALL("standard");
    uint32_t how = number == 0 ? PORT_OPEN_READ : PORT_OPEN_WRITE;
    *file = fake_handle_add(
        fake, (struct handle){.kind = KIND_STREAM, .number = number, .how = how});
    return PORT_OK;
}

static enum port_errno listen_at(void *context, const char *address, uint64_t *file) {
    CALL("listen");
    if (!address[0]) return PORT_EINVAL;
    *file = fake_handle_add(fake, (struct handle){.kind = KIND_LISTENER});
    return PORT_OK;
}

static struct pipe *pipe_of(struct fake *fake, const struct handle *handle) {
    if (handle->kind == KIND_CONNECTION) return &fake->connections[handle->number];
    return handle->number == 2 ? &fake->errors : &fake->streams;
}

static size_t total(const struct port_span *spans, uint32_t count) {
    size_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += spans[i].size;
    return sum;
}

/* Copies bytes out to spans; how many. */
static size_t scatter(const struct port_span *spans, uint32_t count, const uint8_t *from,
                      size_t size) {
    size_t done = 0;
    for (uint32_t i = 0; i < count && done < size; i++) {
        size_t n = spans[i].size < size - done ? spans[i].size : size - done;
        if (n) memcpy(spans[i].bytes, from + done, n);
        done += n;
    }
    return done;
}

static void gather(struct buffer *to, size_t at, const struct port_span *spans, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        buffer_write(to, at, spans[i].bytes, spans[i].size);
        at += spans[i].size;
    }
}

static enum port_errno pipe_read(struct pipe *pipe, const struct port_span *spans,
                                 uint32_t count, bool peek, size_t *size) {
    size_t left = pipe->shut_read ? 0 : pipe->input.size - pipe->at;
    if (left == 0 && !pipe->input_ends && !pipe->shut_read) return PORT_EAGAIN;
    *size = left ? scatter(spans, count, pipe->input.bytes + pipe->at, left) : 0;
    if (!peek) pipe->at += *size;
    return PORT_OK;
}

static enum port_errno pipe_write(struct pipe *pipe, const struct port_span *spans,
                                  uint32_t count, size_t *size) {
    if (pipe->shut_write) return PORT_EPIPE;
    gather(&pipe->output, pipe->output.size, spans, count);
    *size = total(spans, count);
    return PORT_OK;
}

/* A file's size. */
static uint64_t largest(const struct fake *fake) {
    return fake->is_lenient ? 1 << 16 : UINT32_MAX / 4;
}

static enum port_errno node_read(struct handle *handle, const struct port_span *spans,
                                 uint32_t count, uint64_t offset, size_t *size) {
    const struct buffer *data = &handle->node->data;
    if (handle->node->type == PORT_TYPE_DIRECTORY) return PORT_EISDIR;
    if (!(handle->how & PORT_OPEN_READ)) return PORT_EBADF;
    *size = offset >= data->size ? 0
                                 : scatter(spans, count, data->bytes + offset,
                                           data->size - (size_t)offset);
    return PORT_OK;
}

static enum port_errno node_write(struct fake *fake, struct handle *handle,
                                  const struct port_span *spans, uint32_t count,
                                  uint64_t offset, size_t *size) {
    if (!(handle->how & PORT_OPEN_WRITE)) return PORT_EBADF;
    *size = total(spans, count);
    if (offset > largest(fake)) return PORT_EFBIG;
    gather(&handle->node->data, (size_t)offset, spans, count);
    fake_touch(fake, handle->node);
    return PORT_OK;
}

static enum port_errno read_file(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, size_t *size) {
    CALL("read");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) {
        return pipe_read(pipe_of(fake, handle), spans, count, false, size);
    }
    enum port_errno e = node_read(handle, spans, count, handle->position, size);
    if (e == PORT_OK) handle->position += *size;
    return e;
}

static enum port_errno write_file(void *context, uint64_t file, const struct port_span *spans,
                                  uint32_t count, size_t *size) {
    CALL("write");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return pipe_write(pipe_of(fake, handle), spans, count, size);
    uint64_t at =
        handle->how & PORT_OPEN_APPEND ? handle->node->data.size : handle->position;
    enum port_errno e = node_write(fake, handle, spans, count, at, size);
    if (e == PORT_OK) handle->position = at + *size;
    return e;
}

static enum port_errno read_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size) {
    CALL("read_at");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return PORT_ESPIPE;
    return node_read(handle, spans, count, offset, size);
}

static enum port_errno write_at(void *context, uint64_t file, const struct port_span *spans,
                                uint32_t count, uint64_t offset, size_t *size) {
    CALL("write_at");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return PORT_ESPIPE;
    return node_write(fake, handle, spans, count, offset, size);
}

static enum port_errno seek(void *context, uint64_t file, int64_t offset,
                            enum port_whence whence, uint64_t *position) {
    CALL("seek");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return PORT_ESPIPE;
    uint64_t origin = whence == PORT_SEEK_SET       ? 0
                      : whence == PORT_SEEK_CURRENT ? handle->position
                                                    : handle->node->data.size;
    int64_t target;
    if (__builtin_add_overflow((int64_t)origin, offset, &target)) return PORT_EOVERFLOW;
    if (target < 0) return PORT_EINVAL;
    *position = handle->position = (uint64_t)target;
    return PORT_OK;
}

static enum port_errno resize(void *context, uint64_t file, uint64_t size) {
    CALL("resize");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE || !(handle->how & PORT_OPEN_WRITE)) return PORT_EINVAL;
    if (size > largest(fake)) return PORT_EFBIG;
    buffer_resize(&handle->node->data, (size_t)size);
    fake_touch(fake, handle->node);
    return PORT_OK;
}

static enum port_errno allocate(void *context, uint64_t file, uint64_t offset, uint64_t size) {
    CALL("allocate");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return PORT_ESPIPE;
    if (offset > largest(fake) || size > largest(fake)) return PORT_EFBIG;
    if (offset + size > handle->node->data.size) {
        buffer_resize(&handle->node->data, (size_t)(offset + size));
    }
    return PORT_OK;
}

static enum port_errno advise(void *context, uint64_t file, uint64_t offset, uint64_t size,
                              enum port_advice advice) {
    CALL("advise");
    (void)offset;
    (void)size;
    (void)advice;
    return fake_handle(fake, file)->kind == KIND_NODE ? PORT_OK : PORT_ESPIPE;
}

static enum port_errno sync_file(void *context, uint64_t file, bool data_only) {
    CALL(data_only ? "datasync" : "sync");
    return fake_handle(fake, file)->kind == KIND_NODE ? PORT_OK : PORT_EINVAL;
}

static enum port_errno set_append(void *context, uint64_t file, bool append) {
    CALL("set_append");
    struct handle *handle = fake_handle(fake, file);
    handle->how &= ~(uint32_t)PORT_OPEN_APPEND;
    if (append) handle->how |= PORT_OPEN_APPEND;
    return PORT_OK;
}

static enum port_errno lock(void *context, uint64_t file, bool exclusive) {
    CALL("lock");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return PORT_EINVAL;
    for (uint32_t i = 1; i < FAKE_HANDLES_MAX; i++) {
        const struct handle *other = &fake->handles[i];
        if (other == handle || other->kind != KIND_NODE || other->node != handle->node) continue;
        if (other->is_locked_alone || (other->is_locked && exclusive)) return PORT_EBUSY;
    }
    handle->is_locked = true;
    handle->is_locked_alone = exclusive;
    return PORT_OK;
}

static void poll_one(struct fake *fake, struct port_poll *item) {
    struct handle *handle = fake_handle(fake, item->file);
    uint32_t ready = PORT_READY_READ | PORT_READY_WRITE;
    item->ready = 0;
    item->error = PORT_OK;
    item->size_bytes = 0;
    if (handle->kind == KIND_NODE) {
        size_t size = handle->node->data.size;
        item->size_bytes = handle->position < size ? size - handle->position : 0;
    } else if (handle->kind == KIND_LISTENER) {
        if (fake->accepted_count == fake->connection_count) ready = 0;
    } else {
        const struct pipe *pipe = pipe_of(fake, handle);
        item->size_bytes = pipe->input.size - pipe->at;
        if (item->size_bytes == 0) {
            ready = pipe->input_ends ? ready | PORT_READY_HANGUP : PORT_READY_WRITE;
        }
    }
    if (ready & item->wanted) item->ready = ready & (item->wanted | PORT_READY_HANGUP);
    if (!(item->wanted & PORT_READY_READ)) item->ready &= ~(uint32_t)PORT_READY_HANGUP;
}

static enum port_errno poll(void *context, struct port_poll *items, uint32_t count,
                            uint64_t deadline_ns) {
    CALL("poll");
    uint64_t *now = &fake->clocks[PORT_CLOCK_MONOTONIC];
    bool ready = false;
    for (uint32_t i = 0; i < count; i++) {
        poll_one(fake, &items[i]);
        ready |= items[i].ready != 0;
    }
    if (ready || deadline_ns <= *now) return PORT_OK;
    if (deadline_ns == UINT64_MAX) {
        if (!fake->is_lenient) abort(); /* a test that would wait for ever */
        return PORT_OK;
    }
    fake->clocks[PORT_CLOCK_REALTIME] += deadline_ns - *now;
    *now = deadline_ns;
    return PORT_OK;
}

static enum port_errno accept_one(void *context, uint64_t file, uint64_t *connection) {
    CALL("accept");
    if (fake_handle(fake, file)->kind != KIND_LISTENER) return PORT_EINVAL;
    if (fake->accepted_count == fake->connection_count) return PORT_EAGAIN;
    *connection = fake_handle_add(
        fake, (struct handle){.kind = KIND_CONNECTION, .number = fake->accepted_count++});
    return PORT_OK;
}

static enum port_errno receive(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, bool peek, size_t *size) {
    CALL("receive");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_CONNECTION) return PORT_ENOTCONN;
    return pipe_read(pipe_of(fake, handle), spans, count, peek, size);
}

static enum port_errno send_some(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, size_t *size) {
    CALL("send");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_CONNECTION) return PORT_ENOTCONN;
    return pipe_write(pipe_of(fake, handle), spans, count, size);
}

static enum port_errno shut_down(void *context, uint64_t file, uint32_t how) {
    CALL("shutdown");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_CONNECTION) return PORT_ENOTCONN;
    struct pipe *pipe = pipe_of(fake, handle);
    if (how & PORT_SHUT_READ) pipe->shut_read = true;
    if (how & PORT_SHUT_WRITE) pipe->shut_write = true;
    return PORT_OK;
}

void fake_streams_fill(struct port_files *files) {
    files->standard = standard;
    files->listen = listen_at;
    files->read = read_file;
    files->write = write_file;
    files->read_at = read_at;
    files->write_at = write_at;
    files->seek = seek;
    files->resize = resize;
    files->allocate = allocate;
    files->advise = advise;
    files->sync = sync_file;
    files->set_append = set_append;
    files->lock = lock;
    files->poll = poll;
    files->accept = accept_one;
    files->receive = receive;
    files->send = send_some;
    files->shutdown = shut_down;
    files->close = close_file;
}
