/* guest.c - see guest.h */
#include "wasi/guest.h"

/* What one call moves at most, so that the result fits and is positive for every guest. */
#define TRANSFER_MAX UINT64_C(0x7FFFF000)

enum port_errno guest_bytes(const struct wasi_call *c, uint32_t address, uint64_t size,
                            uint8_t **bytes) {
    if (!c->host->memory) return PORT_EFAULT;
    uint8_t *at = memory_range(c->host->memory, address, size);
    if (!at) return PORT_EFAULT;
    *bytes = at;
    return PORT_OK;
}

enum port_errno guest_spans(const struct wasi_call *c, uint32_t address, uint32_t count,
                            struct guest_spans *spans) {
    uint8_t *at;
    TRY_ERRNO(guest_bytes(c, address, (uint64_t)count * IOVEC_SIZE, &at));
    if (count > GUEST_IOVECS_MAX) return PORT_EINVAL;
    spans->count = 0;
    spans->total_bytes = 0;
    for (uint32_t i = 0; i < count && spans->count < GUEST_SPANS_MAX; i++) {
        struct port_span *span = &spans->spans[spans->count];
        uint32_t start = load_u32(at + (size_t)i * IOVEC_SIZE);
        uint32_t size = load_u32(at + (size_t)i * IOVEC_SIZE + 4);
        TRY_ERRNO(guest_bytes(c, start, size, &span->bytes));
        span->size = size;
        spans->count += size != 0;
        spans->total_bytes += size;
    }
    guest_spans_cut(spans, TRANSFER_MAX);
    return PORT_OK;
}

void guest_spans_cut(struct guest_spans *spans, uint64_t size) {
    uint64_t left = size;
    if (spans->total_bytes <= size) return;
    for (uint32_t i = 0; i < spans->count; i++) {
        struct port_span *span = &spans->spans[i];
        if (span->size > left) span->size = (size_t)left;
        left -= span->size;
        if (left == 0) spans->count = i + 1;
    }
    spans->total_bytes = size;
}

void guest_spans_skip(struct guest_spans *spans, uint64_t size) {
    uint32_t done = 0;
    spans->total_bytes -= size;
    while (done < spans->count && size >= spans->spans[done].size) {
        size -= spans->spans[done++].size;
    }
    spans->count -= done;
    memmove(spans->spans, spans->spans + done, spans->count * sizeof *spans->spans);
    if (size == 0) return;
    spans->spans[0].bytes += size;
    spans->spans[0].size -= (size_t)size;
}

void guest_put_stat(uint8_t *at, const struct port_stat *stat) {
    memset(at, 0, FILESTAT_SIZE);
    store_u64(at, stat->device);
    store_u64(at + 8, stat->inode);
    at[16] = stat->type < PORT_TYPE_COUNT ? (uint8_t)stat->type : PORT_TYPE_UNKNOWN;
    store_u64(at + 24, stat->links);
    store_u64(at + 32, stat->size);
    store_u64(at + 40, stat->access_ns);
    store_u64(at + 48, stat->modify_ns);
    store_u64(at + 56, stat->change_ns);
}
