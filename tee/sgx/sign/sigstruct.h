/*
 * sigstruct.h - SIGSTRUCT: who made an enclave, and which one. Made by the signer; checked as
 * EINIT checks it, for who describes a file, and for a processor that is played.
 */
#ifndef SGX_SIGN_SIGSTRUCT_H
#define SGX_SIGN_SIGSTRUCT_H

#include "crypto/rsa.h"
#include "sgx/arch.h"

/* Fills in all but what the key makes. Attributes: 64 bits, AVX, and nothing else but DEBUG if it
 * is asked for. The masks have the processor demand exactly these flags and the registers that all
 * processors have; AVX and AVX-512 may be there or not, what else there is may not. */
struct sigstruct_content {
    uint8_t mrenclave[32];
    uint32_t date; /* decimal digits, 0xYYYYMMDD */
    uint16_t product_id, svn;
    bool debug;
};
void sigstruct_fill(struct sgx_sigstruct *s, const struct sigstruct_content *content);

/* Then signs it: modulus, signature, q1 and q2. NACRE_NO_MEMORY, NACRE_IO (no random bytes). */
nacre_status sigstruct_sign(struct sgx_sigstruct *s, struct rsa_key *key, rsa_random random,
                            void *env);

/* MRSIGNER: SHA-256 of the modulus. */
void sigstruct_mrsigner(const struct sgx_sigstruct *s, uint8_t mrsigner[32]);

/* EINIT's answers. */
enum sigstruct_fault {
    SIGSTRUCT_OK = 0,
    SIGSTRUCT_INVALID_FORM = 1, /* the manual's SGX_INVALID_SIG_STRUCT */
    SIGSTRUCT_INVALID_ATTRIBUTE = 2,
    SIGSTRUCT_INVALID_MEASUREMENT = 4,
    SIGSTRUCT_INVALID_SIGNATURE = 8,
};

/* Does EINIT take this for the enclave of that SECS: MRENCLAVE, attributes, MISCSELECT? Then fills
 * in the SECS as EINIT does: MRSIGNER, ISVPRODID, ISVSVN, and that it is initialised. */
enum sigstruct_fault sigstruct_check(const struct sgx_sigstruct *s, struct sgx_secs *secs);

/* The SECS that a host is to make for an enclave that was signed so, with no more than everybody's
 * registers; size and base are the caller's. */
void sigstruct_secs(const struct sgx_sigstruct *s, const uint8_t mrenclave[32],
                    struct sgx_secs *secs);

/* What is wrong, for people. */
const char *sigstruct_fault_text(enum sigstruct_fault fault);

#endif
