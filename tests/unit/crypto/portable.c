/* portable.c - AES-GCM as it is on processors without instructions for it, under other names, so
 * that both can be in one program. */
#include "crypto/config.h"

#undef CONFIG_HAS_AES
#define CONFIG_HAS_AES false
#define crypto_gcm_begin portable_begin
#define crypto_gcm_seal portable_seal
#define crypto_gcm_open portable_open
#define crypto_gcm_end portable_end
#include "crypto/gcm.c"
