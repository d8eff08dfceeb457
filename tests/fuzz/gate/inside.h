/*
 * inside.h - included before each source of an enclave that sgx_gate has in its own process (see
 * sgx_gate.c): what the enclave remembers stands in sections of its own, so that the next input
 * finds it as a new enclave does; the port is beside that of the process; and each turn in which
 * the enclave waits for the host is one of the host's.
 */
#ifndef TESTS_FUZZ_GATE_INSIDE_H
#define TESTS_FUZZ_GATE_INSIDE_H

/* An enclave is made without these warnings. */
#pragma clang diagnostic ignored "-Wshadow"
#pragma clang diagnostic ignored "-Wunterminated-string-initialization"
#pragma clang section bss = "gate_bss" data = "gate_data"

#define port_default gate_port_default
#define port_default_allocator gate_port_default_allocator
#define session_run gate_session_run
#define __builtin_ia32_pause() gate_pause()

void gate_pause(void);

#endif
