/* utf8.h - is it UTF-8? (Unicode 15 table 3-7: no overlong forms, no surrogates) */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/base.h"

bool utf8_valid(const uint8_t *bytes, size_t size);

#endif
