/* seat.c - see seat.h */
#define _GNU_SOURCE 1
#include <string.h>

#include "host/server.h"
#include "local/host/seat.h"

enum {
    BURST_CALLS = 8,    /* so many, within ... */
    BURST_NS = 200000,  /* ... this time */
};

void seat_init(struct seat *s) {
    memset(s, 0, sizeof *s);
    s->cpu = SEAT_NONE;
    s->is_of_use = sched_getaffinity(0, sizeof s->all, &s->all) == 0 && CPU_COUNT(&s->all) > 1;
}

void seat_take(struct seat *s, uint32_t cpu) {
    cpu_set_t one;
    if (cpu == s->cpu || !s->is_of_use || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &s->all)) return;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one)) return;
    s->cpu = cpu;
    s->burst = 0;
}

void seat_leave_if_busy(struct seat *s) {
    if (s->cpu == SEAT_NONE) return;
    const uint64_t now = server_now_ns();
    if (now - s->burst_ns > BURST_NS) {
        s->burst_ns = now;
        s->burst = 0;
    }
    if (++s->burst < BURST_CALLS) return;
    cpu_set_t others = s->all; /* else it would stay, and look where the core is to run */
    CPU_CLR(s->cpu, &others);
    (void)sched_setaffinity(0, sizeof others, &others);
    if (sched_setaffinity(0, sizeof s->all, &s->all) == 0) s->cpu = SEAT_NONE;
}
