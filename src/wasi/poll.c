/* poll.c - poll_oneoff. */
#include "wasi/clocks.h"
#include "wasi/functions.h"
#include "wasi/guest.h"

/* Few guests have use for more, and a guest's memory could hold millions. */
enum { SUBSCRIPTIONS_MAX = 4096 };

/* Setting the realtime clock does not end a wait on the monotonic one, so waiting for a moment of
 * the realtime clock is done in steps of this. */
#define REALTIME_STEP_NS UINT64_C(1000000000)

/* A subscription, and the event that it becomes. */
struct waiter {
    uint64_t userdata;
    uint8_t tag;
    bool ready;
    enum port_errno error;
    uint64_t size_bytes;
    uint32_t flags;
    bool realtime;    /* a clock: until_ns is a moment of the realtime, else of the monotonic */
    uint64_t until_ns;
    bool polls;       /* a file: items[item] of the port's poll */
    uint32_t item;
};

struct wait {
    struct waiter *waiters;
    struct port_poll *items;
    uint32_t count, item_count;
    uint64_t monotonic_ns, realtime_ns; /* now */
};

static void end_waiter(struct waiter *w, enum port_errno error) {
    w->ready = true;
    w->error = error;
}

/* Subscription +16: id:4 .:4 timeout:8 precision:8 flags:2 */
static void add_clock(const struct wait *wait, const uint8_t *from, struct waiter *w) {
    uint32_t clock = load_u32(from + 16), flags = (uint32_t)(load_u64(from + 40) & 0xFFFF);
    uint64_t timeout = load_u64(from + 24);
    bool absolute = flags & CLOCKFLAG_ABSTIME;
    if (clock > PORT_CLOCK_THREAD || flags & ~(uint32_t)CLOCKFLAG_ABSTIME) {
        end_waiter(w, PORT_EINVAL);
    } else if (clock > PORT_CLOCK_MONOTONIC) {
        end_waiter(w, PORT_ENOTSUP); /* the time that we use while we wait is none */
    } else {
        /* A span of the realtime clock is one of the monotonic clock. */
        w->realtime = absolute && clock == PORT_CLOCK_REALTIME;
        w->until_ns = timeout;
        if (!absolute && !u64_add(wait->monotonic_ns, timeout, &w->until_ns)) {
            w->until_ns = UINT64_MAX;
        }
    }
}

static void add_file(struct wasi_call *c, struct wait *wait, const uint8_t *from,
                     struct waiter *w) {
    bool writes = w->tag == EVENT_FD_WRITE;
    uint64_t right = writes ? RIGHT_FD_WRITE : RIGHT_FD_READ;
    struct wasi_fd *fd;
    enum port_errno e = fds_get(c->wasi, load_u32(from + 16), RIGHT_POLL_FD_READWRITE, &fd);
    /* A listener is read by accepting from it. */
    if (!e && fd->listener && !writes) right = RIGHT_SOCK_ACCEPT;
    if (!e && right & ~fd->rights) e = PORT_ENOTCAPABLE;
    if (e || fd->null) {
        end_waiter(w, e);
        return;
    }
    w->polls = true;
    w->item = wait->item_count++;
    wait->items[w->item] = (struct port_poll){
        .file = fd->file,
        .wanted = writes ? PORT_READY_WRITE : PORT_READY_READ,
    };
}

static enum port_errno add_all(struct wasi_call *c, struct wait *wait, const uint8_t *from) {
    for (uint32_t i = 0; i < wait->count; i++, from += SUBSCRIPTION_SIZE) {
        struct waiter *w = &wait->waiters[i];
        w->userdata = load_u64(from);
        w->tag = from[8];
        if (w->tag > EVENT_FD_WRITE) return PORT_EINVAL;
        if (w->tag == EVENT_CLOCK) add_clock(wait, from, w);
        else add_file(c, wait, from, w);
    }
    return PORT_OK;
}

static enum port_errno look_at_clocks(struct wasi_call *c, struct wait *wait) {
    bool realtime = false;
    for (uint32_t i = 0; i < wait->count; i++) realtime |= wait->waiters[i].realtime;
    TRY_ERRNO(clocks_now(c->wasi, PORT_CLOCK_MONOTONIC, &wait->monotonic_ns));
    if (!realtime) return PORT_OK;
    return clocks_now(c->wasi, PORT_CLOCK_REALTIME, &wait->realtime_ns);
}

/* Marks what is ready; gives how many are, and on the monotonic clock when to look again. */
static uint32_t update(struct wait *wait, uint64_t *again_ns) {
    uint32_t ready = 0;
    *again_ns = UINT64_MAX;
    for (uint32_t i = 0; i < wait->count; i++) {
        struct waiter *w = &wait->waiters[i];
        if (!w->ready && w->polls) {
            const struct port_poll *item = &wait->items[w->item];
            if (item->error || item->ready & item->wanted) end_waiter(w, item->error);
            w->size_bytes = w->tag == EVENT_FD_READ ? item->size_bytes : 0;
            w->flags = item->ready & PORT_READY_HANGUP ? EVENTFLAG_HANGUP : 0;
        } else if (!w->ready) {
            uint64_t now = w->realtime ? wait->realtime_ns : wait->monotonic_ns;
            uint64_t left = w->until_ns > now ? w->until_ns - now : 0, at;
            if (left == 0) end_waiter(w, PORT_OK);
            if (w->realtime) left = u64_min(left, REALTIME_STEP_NS);
            if (u64_add(wait->monotonic_ns, left, &at)) *again_ns = u64_min(*again_ns, at);
        }
        ready += w->ready;
    }
    return ready;
}

/* A port without files can only pass the time. */
static enum port_errno pause_until(const struct port *port, struct wait *wait, uint64_t until) {
    if (port->files) {
        return port->files->poll(port->files_context, wait->items, wait->item_count, until);
    }
    if (until) port->yield(port->context);
    return PORT_OK;
}

static enum port_errno wait_for_any(struct wasi_call *c, struct wait *wait, uint32_t *ready) {
    uint64_t again_ns;
    /* The files are asked even if a clock or an error is ready now. */
    TRY_ERRNO(pause_until(c->wasi->port, wait, 0));
    for (;;) {
        TRY_ERRNO(look_at_clocks(c, wait));
        *ready = update(wait, &again_ns);
        if (*ready) return PORT_OK;
        if (wait->monotonic_ns >= c->host->deadline_ns) return call_timed_out(c);
        again_ns = u64_min(again_ns, c->host->deadline_ns);
        call_pause(c);
        enum port_errno e = pause_until(c->wasi->port, wait, again_ns);
        call_resume(c);
        if (e) return e;
    }
}

static void put_events(const struct wait *wait, uint8_t *to) {
    for (uint32_t i = 0; i < wait->count; i++) {
        const struct waiter *w = &wait->waiters[i];
        if (!w->ready) continue;
        memset(to, 0, EVENT_SIZE);
        store_u64(to, w->userdata);
        store_u16(to + 8, (uint16_t)(w->error < PORT_ERRNO_COUNT ? w->error : PORT_EIO));
        to[10] = w->tag;
        store_u64(to + 16, w->size_bytes);
        store_u16(to + 24, (uint16_t)w->flags);
        to += EVENT_SIZE;
    }
}

enum port_errno wasi_poll_oneoff(struct wasi_call *c) {
    const struct allocator *a = &c->wasi->allocator;
    struct wait wait = {.count = arg_u32(c, 2)};
    enum port_errno e = PORT_ENOMEM;
    uint32_t ready;
    uint8_t *in, *out, *out_count;
    if (wait.count == 0 || wait.count > SUBSCRIPTIONS_MAX) return PORT_EINVAL;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 0), (uint64_t)wait.count * SUBSCRIPTION_SIZE, &in));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), (uint64_t)wait.count * EVENT_SIZE, &out));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 3), 4, &out_count));
    wait.waiters = ALLOC_ARRAY(a, struct waiter, wait.count);
    wait.items = ALLOC_ARRAY(a, struct port_poll, wait.count);
    if (!wait.waiters || !wait.items) goto out;
    if ((e = look_at_clocks(c, &wait)) != PORT_OK) goto out;
    if ((e = add_all(c, &wait, in)) != PORT_OK) goto out;
    if ((e = wait_for_any(c, &wait, &ready)) != PORT_OK) goto out;
    put_events(&wait, out);
    store_u32(out_count, ready);
out:
    ALLOC_FREE_ARRAY(a, wait.waiters, wait.count);
    ALLOC_FREE_ARRAY(a, wait.items, wait.count);
    return e;
}
