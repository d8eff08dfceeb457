/* sigstruct.c - see sigstruct.h */
#include "sgx/sign/sigstruct.h"

#include "crypto/crypto.h"

enum { EXPONENT = 3, VENDOR_INTEL = 0x8086 };

static const uint8_t header[16] = {6, 0, 0, 0, 0xE1, 0, 0, 0, 0, 0, 1};
static const uint8_t header2[16] = {1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1};

/* What has to be zero. CET's attributes are among it, because to processors without CET they are
 * reserved; family and extended product are KSS's, which is no attribute of ours. */
static const struct {
    uint32_t offset, size;
} zeros[] = {
    {offsetof(struct sgx_sigstruct, reserved), 84},
    {offsetof(struct sgx_sigstruct, cet), 2},
    {offsetof(struct sgx_sigstruct, reserved2), 2},
    {offsetof(struct sgx_sigstruct, isvfamilyid), 16},
    {offsetof(struct sgx_sigstruct, reserved3), 16},
    {offsetof(struct sgx_sigstruct, isvextprodid), 16},
    {offsetof(struct sgx_sigstruct, reserved4), 12},
};

/* --- Making one --- */

void sigstruct_fill(struct sgx_sigstruct *s, const struct sigstruct_content *content) {
    const struct sgx_attributes attributes = {
        .flags = SGX_ATTRIBUTE_MODE64BIT | (content->debug ? SGX_ATTRIBUTE_DEBUG : 0),
        .xfrm = SGX_XFRM_LEGACY | SGX_XFRM_AVX};
    /* INIT is what EINIT sets itself. */
    const struct sgx_attributes mask = {.flags = ~SGX_ATTRIBUTE_INIT,
                                        .xfrm = ~(SGX_XFRM_AVX | SGX_XFRM_AVX512)};
    *s = (struct sgx_sigstruct){.date = content->date, .exponent = EXPONENT,
                                .miscmask = UINT32_MAX, .isvprodid = content->product_id,
                                .isvsvn = content->svn};
    memcpy(s->header, header, sizeof header);
    memcpy(s->header2, header2, sizeof header2);
    memcpy(s->attributes, &attributes, sizeof attributes);
    memcpy(s->attributemask, &mask, sizeof mask);
    memcpy(s->enclavehash, content->mrenclave, sizeof content->mrenclave);
}

/* Of the two parts that are signed. */
static void digest_of(const struct sgx_sigstruct *s, uint8_t digest[32]) {
    uint8_t message[SGX_SIGNED_BEFORE + SGX_SIGNED_END - SGX_SIGNED_FROM];
    memcpy(message, s, SGX_SIGNED_BEFORE);
    memcpy(message + SGX_SIGNED_BEFORE, (const uint8_t *)s + SGX_SIGNED_FROM,
           SGX_SIGNED_END - SGX_SIGNED_FROM);
    crypto_sha256(message, sizeof message, digest);
}

nacre_status sigstruct_sign(struct sgx_sigstruct *s, struct rsa_key *key, rsa_random random,
                            void *env) {
    struct sgx_sigstruct made = *s;
    uint8_t digest[32];
    digest_of(&made, digest);
    TRY(rsa_modulus(key, made.modulus));
    TRY(rsa_sign(key, digest, random, env, made.signature));
    TRY(rsa_quotients(made.modulus, made.signature, made.q1, made.q2));
    *s = made;
    return NACRE_OK;
}

/* --- Checking one --- */

void sigstruct_mrsigner(const struct sgx_sigstruct *s, uint8_t mrsigner[32]) {
    crypto_sha256(s->modulus, sizeof s->modulus, mrsigner);
}

static bool has_form(const struct sgx_sigstruct *s) {
    for (size_t i = 0; i < ARRAY_COUNT(zeros); i++)
        for (uint32_t n = 0; n < zeros[i].size; n++)
            if (((const uint8_t *)s)[zeros[i].offset + n]) return false;
    return memcmp(s->header, header, sizeof header) == 0 &&
           memcmp(s->header2, header2, sizeof header2) == 0 && s->exponent == EXPONENT &&
           (s->vendor == 0 || s->vendor == VENDOR_INTEL);
}

static bool is_signed(const struct sgx_sigstruct *s) {
    uint8_t digest[32], q1[SGX_KEY_BYTES], q2[SGX_KEY_BYTES];
    digest_of(s, digest);
    return rsa_quotients(s->modulus, s->signature, q1, q2) == NACRE_OK &&
           memcmp(q1, s->q1, sizeof q1) == 0 && memcmp(q2, s->q2, sizeof q2) == 0 &&
           rsa_verify(s->modulus, digest, s->signature);
}

static bool has_attributes(const struct sgx_sigstruct *s, const struct sgx_secs *secs) {
    struct sgx_attributes wanted, mask;
    memcpy(&wanted, s->attributes, sizeof wanted);
    memcpy(&mask, s->attributemask, sizeof mask);
    return ((wanted.flags ^ secs->attributes.flags) & mask.flags) == 0 &&
           ((wanted.xfrm ^ secs->attributes.xfrm) & mask.xfrm) == 0 &&
           ((s->miscselect ^ secs->miscselect) & s->miscmask) == 0;
}

enum sigstruct_fault sigstruct_check(const struct sgx_sigstruct *s, struct sgx_secs *secs) {
    if (!has_form(s)) return SIGSTRUCT_INVALID_FORM;
    if (!is_signed(s)) return SIGSTRUCT_INVALID_SIGNATURE;
    if (memcmp(s->enclavehash, secs->mrenclave, sizeof s->enclavehash) != 0)
        return SIGSTRUCT_INVALID_MEASUREMENT;
    if (!has_attributes(s, secs)) return SIGSTRUCT_INVALID_ATTRIBUTE;
    sigstruct_mrsigner(s, secs->mrsigner);
    secs->isvprodid = s->isvprodid;
    secs->isvsvn = s->isvsvn;
    secs->attributes.flags |= SGX_ATTRIBUTE_INIT;
    return SIGSTRUCT_OK;
}

void sigstruct_secs(const struct sgx_sigstruct *s, const uint8_t mrenclave[32],
                    struct sgx_secs *secs) {
    *secs = (struct sgx_secs){.ssaframesize = SGX_SSA_PAGES, .miscselect = s->miscselect};
    memcpy(&secs->attributes, s->attributes, sizeof secs->attributes);
    memcpy(secs->mrenclave, mrenclave, sizeof secs->mrenclave);
}

const char *sigstruct_fault_text(enum sigstruct_fault fault) {
    switch (fault) {
    case SIGSTRUCT_OK: return "nothing";
    case SIGSTRUCT_INVALID_FORM: return "no signature, or not of the form that is known";
    case SIGSTRUCT_INVALID_ATTRIBUTE: return "the attributes are not those that were signed";
    case SIGSTRUCT_INVALID_MEASUREMENT: return "changed after it was signed";
    case SIGSTRUCT_INVALID_SIGNATURE: return "the signature is not that of its key";
    }
    return "unknown";
}
