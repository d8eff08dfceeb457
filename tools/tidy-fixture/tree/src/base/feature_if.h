/* Conditional code. */
#ifndef BASE_FEATURE_IF_H
#define BASE_FEATURE_IF_H

#if defined(__x86_64__)
#elif 1
#endif
#ifdef __cplusplus
#endif

#endif
