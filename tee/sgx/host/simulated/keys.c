/*
 * keys.c - EREPORT and EGETKEY of a simulated processor; see simulated.h. Its keys come from a
 * secret of this machine's user, and from what the manual derives them from (volume 3D, "Key
 * derivation"), so that each enclave and each signer has others. Who can read the secret's file
 * can make them all: nothing that a simulated enclave seals or reports is safe.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "sgx/host/simulated/simulated.h"

/* Versions of the simulated processor: a key for a later one than this is refused. */
static const uint8_t cpusvn[16] = {1};

/* --- The machine's secret --- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint8_t secret[16];
static bool has_secret;

static bool read_secret(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return false;
    ssize_t got = read(file, secret, sizeof secret);
    close(file);
    return got == (ssize_t)sizeof secret;
}

/* Whole, and under a name of its own first: of two who make it at once, both use the first. */
static void make_secret(const char *path) {
    char temporary[PATH_MAX + 16];
    uint8_t bytes[sizeof secret];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return;
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return;
    bool is_whole = write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes;
    is_whole = close(file) == 0 && is_whole;
    if (is_whole) (void)link(temporary, path);
    unlink(temporary);
}

static void make_parents(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(path, 0700);
        *slash = '/';
    }
}

/* As the XDG Base Directory Specification says: data that lasts, and is of this machine. */
static void find_secret(void) {
    char path[PATH_MAX];
    const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
    int size = state && state[0] == '/'
        ? snprintf(path, sizeof path, "%s/nacre/simulated-sgx", state)
        : snprintf(path, sizeof path, "%s/.local/state/nacre/simulated-sgx", home ? home : "");
    if (size < 0 || (size_t)size >= sizeof path) return;
    has_secret = read_secret(path);
    if (has_secret) return;
    make_parents(path);
    make_secret(path);
    has_secret = read_secret(path);
}

/* Without a place for it, a secret of this process's: what is sealed is not read again. */
static void make_ready(void) {
    find_secret();
    if (!has_secret) has_secret = getrandom(secret, sizeof secret, 0) == (ssize_t)sizeof secret;
    if (!has_secret) abort();
}

/* --- Keys --- */

/* What a key comes from. */
struct dependencies {
    uint16_t keyname, isvprodid, isvsvn, keypolicy;
    uint8_t cpusvn[16];
    struct sgx_attributes attributes, attributemask;
    uint8_t mrenclave[32], mrsigner[32], keyid[32];
};

static bool derive(const struct dependencies *from, uint8_t key[16]) {
    (void)pthread_once(&once, make_ready);
    return crypto_cmac(secret, (const uint8_t *)from, sizeof *from, key) == NACRE_OK;
}

static struct dependencies report_dependencies(const uint8_t mrenclave[32],
                                               const struct sgx_attributes *attributes,
                                               const uint8_t keyid[32]) {
    struct dependencies d = {.keyname = SGX_KEY_REPORT, .attributes = *attributes};
    memcpy(d.cpusvn, cpusvn, sizeof d.cpusvn);
    memcpy(d.mrenclave, mrenclave, sizeof d.mrenclave);
    memcpy(d.keyid, keyid, sizeof d.keyid);
    return d;
}

static struct dependencies seal_dependencies(const struct sgx_secs *secs,
                                             const struct sgx_keyrequest *r) {
    const uint64_t always = SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_DEBUG;
    struct dependencies d = {.keyname = SGX_KEY_SEAL, .isvprodid = secs->isvprodid,
                             .isvsvn = r->isvsvn, .keypolicy = r->keypolicy,
                             .attributemask = r->attributemask};
    d.attributes.flags = secs->attributes.flags & (r->attributemask.flags | always);
    d.attributes.xfrm = secs->attributes.xfrm & r->attributemask.xfrm;
    memcpy(d.cpusvn, r->cpusvn, sizeof d.cpusvn);
    memcpy(d.keyid, r->keyid, sizeof d.keyid);
    if (r->keypolicy & SGX_POLICY_MRENCLAVE) memcpy(d.mrenclave, secs->mrenclave, 32);
    if (r->keypolicy & SGX_POLICY_MRSIGNER) memcpy(d.mrsigner, secs->mrsigner, 32);
    return d;
}

static bool is_later(const uint8_t wanted[16]) {
    for (size_t i = 0; i < sizeof cpusvn; i++)
        if (wanted[i] > cpusvn[i]) return true;
    return false;
}

uint32_t simulated_get_key(struct simulated *s, struct sgx_gpr *r) {
    const struct sgx_keyrequest *in = simulated_operand(s, r->rbx, sizeof *in, 512, SGX_R);
    uint8_t *out = simulated_operand(s, r->rcx, 16, 16, SGX_R | SGX_W);
    struct dependencies d;
    uint8_t key[16];
    if (!in || !out) return SGX_VECTOR_GP;
    const struct sgx_keyrequest request = *in;
    const uint16_t known = SGX_POLICY_MRENCLAVE | SGX_POLICY_MRSIGNER;
    if (request.keypolicy & ~known) return SGX_VECTOR_GP;
    if (request.keyname == SGX_KEY_REPORT) {
        d = report_dependencies(s->secs.mrenclave, &s->secs.attributes, request.keyid);
    } else if (request.keyname == SGX_KEY_SEAL) {
        if (is_later(request.cpusvn)) return simulated_answer(r, SGX_INVALID_CPUSVN);
        if (request.isvsvn > s->secs.isvsvn) return simulated_answer(r, SGX_INVALID_ISVSVN);
        d = seal_dependencies(&s->secs, &request);
    } else {
        return simulated_answer(r, SGX_INVALID_KEYNAME);
    }
    if (!derive(&d, key)) abort();
    memcpy(out, key, sizeof key);
    return simulated_answer(r, SGX_KEY_OK);
}

uint32_t simulated_report(struct simulated *s, struct sgx_gpr *r) {
    const struct sgx_targetinfo *target = simulated_operand(s, r->rbx, sizeof *target, 512, SGX_R);
    const uint8_t *data = simulated_operand(s, r->rcx, SGX_REPORT_DATA, 128, SGX_R);
    struct sgx_report *out = simulated_operand(s, r->rdx, sizeof *out, 512, SGX_R | SGX_W);
    struct sgx_report report = {.miscselect = s->secs.miscselect,
                                .attributes = s->secs.attributes,
                                .isvprodid = s->secs.isvprodid, .isvsvn = s->secs.isvsvn};
    uint8_t key[16];
    if (!target || !data || !out) return SGX_VECTOR_GP;
    memcpy(report.cpusvn, cpusvn, sizeof report.cpusvn);
    memcpy(report.mrenclave, s->secs.mrenclave, sizeof report.mrenclave);
    memcpy(report.mrsigner, s->secs.mrsigner, sizeof report.mrsigner);
    memcpy(report.reportdata, data, sizeof report.reportdata);
    const struct dependencies d =
        report_dependencies(target->mrenclave, &target->attributes, report.keyid);
    if (!derive(&d, key) ||
        crypto_cmac(key, (const uint8_t *)&report, SGX_REPORT_BODY, report.mac) != NACRE_OK)
        abort();
    /* 432 bytes: what fills the structure up is not written. */
    memcpy(out, &report, SGX_REPORT_BODY + sizeof report.keyid + sizeof report.mac);
    return 0;
}
