/*
 * fake.h - a port in memory, for tests and fuzzers: a small file system, streams, connections,
 * clocks that only move when told to, repeatable random bytes, and faults at will.
 *
 * It checks that its callers keep the contract of port/files.h (names are single components,
 * files are open) and aborts when they do not. Not for several threads.
 */
#ifndef PORT_FAKE_FAKE_H
#define PORT_FAKE_FAKE_H

#include "base/alloc.h"
#include "port/files.h"
#include "port/port.h"

struct fake;

struct fake *fake_create(void);
void fake_destroy(struct fake *fake);
const struct port *fake_port(struct fake *fake);

/* An allocator whose calls count as calls of the port. */
const struct allocator *fake_allocator(struct fake *fake);

/* The call number `calls` from now (0: the next) fails with `error`, NACRE_NO_MEMORY or NACRE_IO;
 * closing and giving memory back never do. fake_fault_hit: has that happened? */
void fake_fail(struct fake *fake, uint64_t calls, enum port_errno error);
bool fake_fault_hit(const struct fake *fake);
uint64_t fake_calls(const struct fake *fake);

/* What is in use, to find leaks (allocations: of the allocator, and pages). */
uint32_t fake_open_files(const struct fake *fake);
uint64_t fake_live_allocations(const struct fake *fake);

/* Called before every call of the port's files (but close) with its name, e.g. "open"; may
 * change the file system: this is how tests play the other side of a race. */
void fake_on_call(struct fake *fake, void (*call)(void *env, const char *name), void *env);

/* From now on a file in place of a directory gives PORT_ENOTDIR, as on a system, and does not end
 * the test; nor does waiting for ever. Files are small. */
void fake_be_lenient(struct fake *fake);

/* From now on the port has counters, which count in the test's memory. */
void fake_use_counters(struct fake *fake);
/* Turns all of them back, or on. */
void fake_set_counters(struct fake *fake, uint64_t value);

/* Clocks. Waiting in poll moves the monotonic and the realtime clock. */
void fake_set_clock(struct fake *fake, enum port_clock clock, uint64_t now_ns);

/* What the processor is said to have; at first everything. */
void fake_set_cpu_features(struct fake *fake, uint64_t features);

/* The file system: paths from its root, parents must exist. The port's open_root takes the same.
 * fake_file's contents are copied. */
void fake_dir(struct fake *fake, const char *path);
void fake_file(struct fake *fake, const char *path, const void *bytes, size_t size);
void fake_link(struct fake *fake, const char *path, const char *target);
void fake_remove(struct fake *fake, const char *path);
void fake_move(struct fake *fake, const char *from, const char *to);
bool fake_exists(struct fake *fake, const char *path);
/* The bytes of a file; NULL when there is none. */
const uint8_t *fake_contents(struct fake *fake, const char *path, size_t *size);

/* Standard input: what can be read, and whether it ends there or more may come. */
void fake_input(struct fake *fake, const void *bytes, size_t size, bool ends);
/* What was written to stream 1 or 2. */
const uint8_t *fake_output(const struct fake *fake, uint32_t number, size_t *size);

/* A connection that waits to be accepted by any listener, with what its peer sends. Returns its
 * index. fake_sent: what the guest sent on it. */
uint32_t fake_connect(struct fake *fake, const void *bytes, size_t size, bool ends);
const uint8_t *fake_sent(const struct fake *fake, uint32_t connection, size_t *size);

#endif
