/* no_argon.c - what enclaves have in place of Argon2id, under another name. */
#define crypto_argon2id no_argon2id
#include "crypto/no_argon/argon.c"
