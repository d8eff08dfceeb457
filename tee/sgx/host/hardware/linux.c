/* linux.c - the system that hardware.h means */
#define _GNU_SOURCE 1
#include <cpuid.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sgx/host/hardware/hardware.h"

static int open_device(void *env) {
    (void)env;
    return open("/dev/sgx_enclave", O_RDWR | O_CLOEXEC);
}

static int control(void *env, int file, unsigned long request, void *argument) {
    (void)env;
    return ioctl(file, request, argument);
}

static void *map(void *env, void *at, uint64_t size, int protection, int file, uint64_t offset) {
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    (void)env;
    return mmap(at, size, protection, file < 0 ? anonymous : MAP_SHARED | MAP_FIXED, file,
                (off_t)offset);
}

static int protect(void *env, void *at, uint64_t size, int protection) {
    (void)env;
    return mprotect(at, size, protection);
}

static int unmap(void *env, void *at, uint64_t size) {
    (void)env;
    return munmap(at, size);
}

static int close_device(void *env, int file) {
    (void)env;
    return close(file);
}

/* --- The vDSO: a shared object that the kernel maps, and knows to be sound. --- */

struct symbols {
    const uint8_t *base; /* to which addresses in it are added */
    const Elf64_Sym *table;
    const char *names;
    uint32_t count;
};

/* The old hash table's second word, or for the new one, where its last chain ends. */
static uint32_t count_by_gnu_hash(const uint32_t *hash) {
    const uint32_t bucket_count = hash[0], first = hash[1], filter_words = hash[2];
    const uint32_t *buckets = hash + 4 + filter_words * 2, *chains = buckets + bucket_count;
    uint32_t last = 0;
    for (uint32_t i = 0; i < bucket_count; i++)
        if (buckets[i] > last) last = buckets[i];
    if (last < first) return first;
    while (!(chains[last - first] & 1)) last++;
    return last + 1;
}

static void read_dynamic(struct symbols *s, const Elf64_Dyn *dynamic) {
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        const uint8_t *at = s->base + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_SYMTAB) s->table = (const Elf64_Sym *)(const void *)at;
        if (dynamic->d_tag == DT_STRTAB) s->names = (const char *)at;
        if (dynamic->d_tag == DT_HASH) s->count = ((const uint32_t *)(const void *)at)[1];
        if (dynamic->d_tag == DT_GNU_HASH && !s->count)
            s->count = count_by_gnu_hash((const uint32_t *)(const void *)at);
    }
}

static const void *find_enter(void *env) {
    const uint8_t *vdso = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Dyn *dynamic = NULL;
    struct symbols s = {.base = NULL};
    (void)env;
    if (!vdso) return NULL;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)vdso;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(vdso + header->e_phoff);
    for (uint32_t i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *p = &segments[i];
        if (p->p_type == PT_LOAD && !s.base) s.base = vdso + p->p_offset - p->p_vaddr;
        if (p->p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)(const void *)(vdso + p->p_offset);
    }
    if (!dynamic || !s.base) return NULL;
    read_dynamic(&s, dynamic);
    for (uint32_t i = 0; s.table && s.names && i < s.count; i++)
        if (s.table[i].st_shndx != SHN_UNDEF &&
            strcmp(s.names + s.table[i].st_name, "__vdso_sgx_enter_enclave") == 0)
            return s.base + s.table[i].st_value;
    return NULL;
}

static uint64_t kept_state(void *env) {
    const unsigned osxsave = 1u << 27;
    unsigned a, b, c, d;
    (void)env;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & osxsave)) return SGX_XFRM_LEGACY;
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (uint64_t)d << 32 | a;
}

const struct sgx_system hardware_linux = {open_device, control, map, protect, unmap, close_device,
                                          find_enter, kept_state, NULL};
