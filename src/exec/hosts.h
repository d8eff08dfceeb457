/* hosts.h - sets of host functions: what an engine knows of them. */
#ifndef EXEC_HOSTS_H
#define EXEC_HOSTS_H

#include "exec/code.h"
#include "exec/host.h"

/* The canonical ids of the functions' types, the same for all stores of the engine, which need no
 * lock for them after the first. NACRE_NO_MEMORY, NACRE_LIMIT. */
nacre_status hosts_types(struct engine *engine, const struct host_set *set,
                         const uint32_t **types);
/* When the engine ends. */
void hosts_deinit(struct engine *engine);

/* The number of the set's function of this name, or UINT32_MAX. */
uint32_t hosts_find(const struct host_set *set, const struct wasm_name *module,
                    const struct wasm_name *name);

#endif
