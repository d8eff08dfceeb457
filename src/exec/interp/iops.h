/* iops.h - the numbers of the interpreter's own ops. */
#ifndef EXEC_INTERP_IOPS_H
#define EXEC_INTERP_IOPS_H

enum iop {
#define IOP(name) IOP_##name,
#include "exec/interp/iops.def"
#undef IOP
    IOP_COUNT
};

#endif
