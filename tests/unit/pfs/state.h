/* state.h - all that is in a volume, as one number. */
#ifndef TESTS_PFS_STATE_H
#define TESTS_PFS_STATE_H

#include "rig.h"

/* Of names, kinds, sizes and contents of all that can be reached, but no times. The error of the
 * first call that fails. */
enum port_errno state_digest(struct pfs *pfs, uint64_t *digest);

/* Is nothing wrong with it? What is, is printed unless it is to be quiet. */
bool state_is_whole(struct pfs *pfs, bool is_quiet);

#endif
