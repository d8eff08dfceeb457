/*
 * handles.h - what the files of this folder share.
 *
 * A file of the port is a file descriptor in the low 32 bits, and above it what kind of file it
 * is where that matters: writing to a pipe or socket without a reader must not raise SIGPIPE.
 */
#ifndef PORT_POSIX_HANDLES_H
#define PORT_POSIX_HANDLES_H

#include "port/files.h"

struct stat;
struct timespec;

#define POSIX_PIPE (UINT64_C(1) << 32)
#define POSIX_SOCKET (UINT64_C(1) << 33)

static inline int posix_fd(uint64_t file) { return (int)(uint32_t)file; }

extern const struct port_files posix_files;
extern const struct port_threads posix_threads; /* threads.c */
extern const struct port_faults posix_faults;   /* faults.c */
extern const struct port_contents posix_contents; /* contents.c */
extern const struct port_counter posix_counter; /* counter.c */
extern const struct port_code posix_code;       /* code.c */
uint64_t posix_cpu_features(void *context);     /* cpu.c */
nacre_status posix_pages_clear(void *context, uint8_t *base, uint64_t size); /* clear.c */

/* The port's number for one of the system's; and for `errno`, never PORT_OK. */
enum port_errno posix_errno(int number);
enum port_errno posix_failed(void);

/* Adds what kind of file it is to a descriptor. */
uint64_t posix_file(int fd);

void posix_stat_convert(const struct stat *from, struct port_stat *to);

/* files.c has the table; these are from the other files. */
enum port_errno posix_listen(void *context, const char *address, uint64_t *file);
enum port_errno posix_accept(void *context, uint64_t file, uint64_t *connection);
enum port_errno posix_receive(void *context, uint64_t file, const struct port_span *spans,
                              uint32_t count, bool peek, size_t *size);
enum port_errno posix_send(void *context, uint64_t file, const struct port_span *spans,
                           uint32_t count, size_t *size);
enum port_errno posix_shutdown(void *context, uint64_t file, uint32_t how);
enum port_errno posix_poll(void *context, struct port_poll *items, uint32_t count,
                           uint64_t deadline_ns);
enum port_errno posix_read(void *context, uint64_t file, const struct port_span *spans,
                           uint32_t count, size_t *size);
enum port_errno posix_write(void *context, uint64_t file, const struct port_span *spans,
                            uint32_t count, size_t *size);
enum port_errno posix_read_at(void *context, uint64_t file, const struct port_span *spans,
                              uint32_t count, uint64_t offset, size_t *size);
enum port_errno posix_write_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size);
enum port_errno posix_seek(void *context, uint64_t file, int64_t offset, enum port_whence whence,
                           uint64_t *position);
enum port_errno posix_file_stat(void *context, uint64_t file, struct port_stat *stat);
enum port_errno posix_file_set_times(void *context, uint64_t file,
                                     const struct port_times *times);
enum port_errno posix_resize(void *context, uint64_t file, uint64_t size);
enum port_errno posix_allocate(void *context, uint64_t file, uint64_t offset, uint64_t size);
enum port_errno posix_advise(void *context, uint64_t file, uint64_t offset, uint64_t size,
                             enum port_advice advice);
enum port_errno posix_sync(void *context, uint64_t file, bool data_only);
enum port_errno posix_set_append(void *context, uint64_t file, bool append);
enum port_errno posix_lock(void *context, uint64_t file, bool exclusive);
enum port_errno posix_read_dir(void *context, uint64_t dir, uint64_t cookie,
                               struct port_entry *entries, uint32_t capacity, uint32_t *count);

/* A timespec pair for utimensat. */
void posix_times_convert(const struct port_times *from, struct timespec to[2]);

/* Spans as the system's vectors; both have the same layout. */
struct iovec;
enum { POSIX_SPANS_MAX = 1024 };

#endif
