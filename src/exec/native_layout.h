/* native_layout.h - distances that assembly needs; native.c asserts that they are right. */
#ifndef EXEC_NATIVE_LAYOUT_H
#define EXEC_NATIVE_LAYOUT_H

#define HEAD_THREAD (65536 + 80) /* struct image_head's `thread`, below the context */
#define THREAD_HOST_SP 104       /* in struct thread */
#define THREAD_NATIVE_FP 112

#endif
