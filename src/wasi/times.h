/* times.h - what fd_filestat_set_times and path_filestat_set_times share. */
#ifndef WASI_TIMES_H
#define WASI_TIMES_H

#include "port/files.h"

/* From times and a fstflags. PORT_EINVAL for flags that are unknown or contradict each other. */
enum port_errno times_from(uint64_t access_ns, uint64_t modify_ns, uint32_t flags,
                           struct port_times *times);

#endif
