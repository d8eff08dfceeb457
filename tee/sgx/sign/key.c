/* key.c - files with keys that sign enclaves; see sign.h */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "client/client.h"
#include "sgx/sign/sign.h"

int enclave_random(void *env, unsigned char *bytes, size_t size) {
    (void)env;
    while (size > 0) {
        ssize_t got = getrandom(bytes, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        bytes += got;
        size -= (size_t)got;
    }
    return 0;
}

nacre_status enclave_key_load(const char *path, struct rsa_key **key, nacre_error *error) {
    struct file_bytes file = {0};
    TRY(file_bytes_load(path, &file, error));
    nacre_status status =
        rsa_read((const char *)file.bytes, (size_t)file.size + 1, enclave_random, NULL, key);
    file_bytes_free(&file);
    switch (status) {
    case NACRE_OK: return NACRE_OK;
    case NACRE_MALFORMED:
        return client_fail(error, status, "%s: no secret key in PEM, or one with a password",
                           path);
    case NACRE_UNSUPPORTED:
        return client_fail(error, status,
                           "%s: enclaves are signed with RSA of 3072 bits and the exponent 3, "
                           "which this key is not", path);
    default: return client_fail(error, status, "%s: %s", path, nacre_status_text(status));
    }
}

static nacre_status write_new(const char *path, const char *text, nacre_error *error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return client_fail_io(error, path, errno);
    bool done = client_write_all(fd, (const uint8_t *)text, strlen(text));
    int number = errno;
    if (close(fd) != 0 && done) {
        number = errno;
        done = false;
    }
    if (done) return NACRE_OK;
    (void)unlink(path);
    return client_fail_io(error, path, number);
}

nacre_status nacre_enclave_make_key(const char *path, nacre_error *error) {
    char pem[RSA_PEM_BYTES];
    struct rsa_key *key = NULL;
    if (access(path, F_OK) == 0) return client_fail_io(error, path, EEXIST); /* before the work */
    nacre_status status = rsa_generate(enclave_random, NULL, &key);
    if (status == NACRE_OK) status = rsa_write(key, pem);
    rsa_destroy(key);
    if (status == NACRE_OK) status = write_new(path, pem, error);
    else status = client_fail(error, status, "%s: a key can't be made", path);
    explicit_bzero(pem, sizeof pem);
    return status;
}
