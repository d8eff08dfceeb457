/*
 * worker.h - calls without a switch: a thread that looks at all slots of an enclave, and answers
 * what is asked there, while the enclave's thread waits inside.
 *
 * Leaving an enclave and coming back takes a processor some thousand cycles, and a simulated one
 * system calls; but a thread that only looks takes a processor for itself. So it looks while there
 * are many calls, and sleeps else. Who is not answered because it answers another leaves soon.
 */
#ifndef SGX_HOST_WORKER_H
#define SGX_HOST_WORKER_H

#include "proto/host.h"
#include "sgx/gate.h"

struct sgx_worker {
    struct served *served;
    struct gate_host *host; /* its `worker` says whether it looks */
    uint32_t slot_count;
    bool is_of_use;      /* there is a second processor */
    uint32_t is_started; /* atomic */
    uint32_t wanted;     /* atomic: it is to look; who sets it wakes it */
    uint32_t *stop;      /* atomic */
    uint64_t burst_ns;   /* atomic: when the last few calls by leaving began */
    uint32_t burst;      /* atomic: how many there were since */
};

/* An enclave's thread has left for a call. True: the caller has to start the worker, now that
 * there are many. */
bool worker_note_exit(struct sgx_worker *w);

/* Until *stop is set, and worker_end called, which also ends what waits for the worker. */
void worker_run(struct sgx_worker *w);
void worker_end(struct sgx_worker *w);

/* By a thread that has left because the worker takes long: returns when it has answered, or *stop
 * is set. */
void worker_wait(const struct sgx_worker *w, struct calls_slot *slot);

#endif
