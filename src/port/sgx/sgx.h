/*
 * sgx.h - the port of a core inside of an SGX enclave: memory is the enclave's heap, random bytes
 * and keys are the processor's; files, clocks and threads to run on are the host's, across the
 * boundary.
 */
#ifndef PORT_SGX_SGX_H
#define PORT_SGX_SGX_H

#include "port/port.h"

struct calls;
struct gate_host;

/* Before anything else, once: takes what the host offers. False: it can't be. */
bool sgx_open(const struct gate_host *host);
struct calls *sgx_calls(void);

/* Does what a new thread is for, in the thread that has entered. False: there is nothing to do. */
bool sgx_run_thread(void);

/* 64 bits of the processor's random number generator. False: it has none, time and again. */
bool sgx_random_word(uint64_t *word);

#endif
