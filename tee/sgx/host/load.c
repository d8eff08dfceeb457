/* load.c - what both loaders do; see loader.h */
#include "client/client.h"
#include "sgx/block.h"
#include "sgx/host/loader.h"

struct adding {
    struct sgx_enclave *enclave;
    nacre_error *error;
};

static nacre_status add(void *env, const struct enclave_pages *pages) {
    struct adding *adding = env;
    return adding->enclave->loader->add(adding->enclave, pages, adding->error);
}

static nacre_status build(struct sgx_enclave *e, nacre_error *error) {
    struct adding adding = {e, error};
    uint64_t begin = server_now_ns(), added, end;
    TRY(enclave_image_pages(&e->image, add, &adding));
    added = server_now_ns();
    TRY(e->loader->init(e, error));
    end = server_now_ns();
    e->times.measure_ns = added - begin;
    e->times.init_ns = end - added;
    return NACRE_OK;
}

nacre_status sgx_load(struct sgx_enclave *e, const struct sgx_loader *loader, uint8_t *file,
                      uint64_t size, nacre_error *error) {
    const char *text;
    *e = (struct sgx_enclave){.loader = loader};
    if (enclave_image_open(&e->image, file, size, &text) != NACRE_OK)
        return client_fail(error, NACRE_MALFORMED, "the enclave's file: %s", text);
    if (!enclave_image_is_laid_out(&e->image))
        return client_fail(error, NACRE_MALFORMED, "the enclave is not signed: nacre tee sign");
    e->size = e->image.config->size;
    uint64_t begin = server_now_ns();
    TRY(loader->create(e, error));
    e->times.create_ns = server_now_ns() - begin;
    nacre_status status = build(e, error);
    if (status != NACRE_OK) loader->destroy(e);
    return status;
}

void sgx_unload(struct sgx_enclave *e) { e->loader->destroy(e); }

uint64_t sgx_tcs(const struct sgx_enclave *e, uint32_t thread) {
    const struct enclave_config *c = e->image.config;
    return (uint64_t)e->base + c->threads_offset + thread * thread_bytes(c->stack_bytes) +
           thread_tcs_at(c->stack_bytes);
}
