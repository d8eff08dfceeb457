/*
 * seal.c - sealing, by keys that EGETKEY gives to this enclave, or to those of its signer, and to
 * nobody else. What is sealed:
 *
 *   0   "NSL1"
 *   4   policy (SGX_POLICY_...), ISVSVN: 16 bits each
 *   8   CPUSVN
 *   24  KEYID: 31 random bytes, and 0
 *   56  0
 *   80  tag
 *   96  encrypted bytes
 *
 * EGETKEY's keys have 128 bits: that of KEYID and that of KEYID with 1 at its end are one key of
 * AES-256. No two seals have the same, so the nonce may be 0. The tag is over the first 80 bytes
 * too, and then what the caller binds it to.
 */
#include "crypto/crypto.h"
#include "port/default.h"
#include "port/sgx/handles.h"
#include "sgx/enclave/enclave.h"

enum { SEAL_TAG = 80, KEY_BYTES = 16 };
static const uint8_t nonce[12];

struct head {
    uint8_t magic[4];
    uint16_t policy, isvsvn;
    uint8_t cpusvn[16], keyid[32], zero[24], tag[16];
};
_Static_assert(sizeof(struct head) == PORT_SEAL_BYTES && offsetof(struct head, tag) == SEAL_TAG,
               "the layout above");

static const uint16_t policies[PORT_SEAL_TO_COUNT] = {
    [PORT_SEAL_TO_PROGRAM] = SGX_POLICY_MRENCLAVE, [PORT_SEAL_TO_SIGNER] = SGX_POLICY_MRSIGNER};

/* Debugging changes every key; which vector registers there are changes none. */
static nacre_status get_key(const struct head *head, uint8_t key[2 * KEY_BYTES]) {
    struct sgx_keyrequest request = {
        .keyname = SGX_KEY_SEAL, .keypolicy = head->policy, .isvsvn = head->isvsvn,
        .attributemask = {.flags = ~UINT64_C(0), .xfrm = 0}};
    uint8_t half[KEY_BYTES] __attribute__((aligned(16)));
    nacre_status status = NACRE_OK;
    memcpy(request.cpusvn, head->cpusvn, sizeof request.cpusvn);
    memcpy(request.keyid, head->keyid, sizeof request.keyid);
    for (uint8_t i = 0; i < 2 && status == NACRE_OK; i++) {
        request.keyid[sizeof request.keyid - 1] = i;
        if (enclave_leaf(SGX_EGETKEY, &request, half, NULL) != SGX_KEY_OK)
            status = NACRE_INTEGRITY;
        memcpy(key + i * KEY_BYTES, half, KEY_BYTES);
    }
    crypto_clear(half, sizeof half);
    return status;
}

/* What this enclave and this processor are now. */
static void take_versions(struct head *head) {
    static const struct sgx_targetinfo target;
    static const uint8_t data[SGX_REPORT_DATA] __attribute__((aligned(128)));
    struct sgx_report report;
    (void)enclave_leaf(SGX_EREPORT, &target, data, &report);
    head->isvsvn = report.isvsvn;
    memcpy(head->cpusvn, report.cpusvn, sizeof head->cpusvn);
}

/* The first bytes of the head, and the caller's. */
static uint8_t *join(const struct allocator *a, const struct head *head, const uint8_t *extra,
                     size_t extra_size) {
    if (extra_size > SIZE_MAX - SEAL_TAG) return NULL;
    uint8_t *bytes = a->resize(a->context, NULL, 0, SEAL_TAG + extra_size);
    if (!bytes) return NULL;
    memcpy(bytes, head, SEAL_TAG);
    memcpy(bytes + SEAL_TAG, extra, extra_size);
    return bytes;
}

static nacre_status seal(void *context, enum port_seal_to to, const uint8_t *extra,
                         size_t extra_size, const uint8_t *plain, size_t size, uint8_t *sealed) {
    const struct allocator a = port_default_allocator();
    struct head head = {.magic = "NSL1", .policy = policies[to]};
    struct crypto_gcm gcm;
    uint8_t key[2 * KEY_BYTES];
    TRY(sgx_random(context, head.keyid, sizeof head.keyid - 1));
    take_versions(&head);
    TRY(get_key(&head, key));
    uint8_t *bound = join(&a, &head, extra, extra_size);
    nacre_status status = bound ? crypto_gcm_begin(&gcm, key) : NACRE_NO_MEMORY;
    crypto_clear(key, sizeof key);
    if (status == NACRE_OK) {
        status = crypto_gcm_seal(&gcm, nonce, bound, SEAL_TAG + extra_size, plain, size,
                                 sealed + sizeof head, head.tag);
        crypto_gcm_end(&gcm);
    }
    if (status == NACRE_OK) memcpy(sealed, &head, sizeof head);
    if (bound) alloc_free(&a, bound, SEAL_TAG + extra_size, 1);
    return status;
}

static bool is_head(const struct head *head) {
    static const struct head form = {.magic = "NSL1"};
    return memcmp(head->magic, form.magic, sizeof form.magic) == 0 &&
           (head->policy == SGX_POLICY_MRENCLAVE || head->policy == SGX_POLICY_MRSIGNER) &&
           memcmp(head->zero, form.zero, sizeof form.zero) == 0 &&
           head->keyid[sizeof head->keyid - 1] == 0;
}

static nacre_status unseal(void *context, const uint8_t *extra, size_t extra_size,
                           const uint8_t *sealed, size_t size, uint8_t *plain) {
    const struct allocator a = port_default_allocator();
    struct head head;
    struct crypto_gcm gcm;
    uint8_t key[2 * KEY_BYTES];
    (void)context;
    if (size < sizeof head) return NACRE_INTEGRITY;
    memcpy(&head, sealed, sizeof head);
    if (!is_head(&head)) return NACRE_INTEGRITY;
    TRY(get_key(&head, key));
    uint8_t *bound = join(&a, &head, extra, extra_size);
    nacre_status status = bound ? crypto_gcm_begin(&gcm, key) : NACRE_NO_MEMORY;
    crypto_clear(key, sizeof key);
    if (status == NACRE_OK) {
        status = crypto_gcm_open(&gcm, nonce, bound, SEAL_TAG + extra_size,
                                 sealed + sizeof head, size - sizeof head, head.tag, plain);
        crypto_gcm_end(&gcm);
    }
    if (bound) alloc_free(&a, bound, SEAL_TAG + extra_size, 1);
    return status;
}

const struct port_seal sgx_seal = {seal, unseal};
