/* end.h - with what status a nacre-core ends. */
#ifndef LOCAL_END_H
#define LOCAL_END_H

enum local_end {
    LOCAL_NO_RING = 70, /* it was not given what it needs: it is not for starting by hand */
    LOCAL_NO_SANDBOX,   /* it could not give up its privileges */
    LOCAL_NO_ORDERS,    /* the host's answers made no sense */
};

#endif
