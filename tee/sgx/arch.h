/*
 * arch.h - Intel SGX as the processor has it: the leaves of ENCLU, and the structures that they
 * read and write. Names and offsets are those of the Intel Software Developer's Manual, volume 3D,
 * chapters 33 ("Enclave data structures") to 36; sizes in bytes, numbers little-endian.
 */
#ifndef SGX_ARCH_H
#define SGX_ARCH_H

#define SGX_PAGE 4096
#define SGX_EXTEND 256 /* what EEXTEND measures at once */

/* Leaves of ENCLU: EAX. */
#define SGX_EREPORT 0
#define SGX_EGETKEY 1
#define SGX_EENTER 2
#define SGX_ERESUME 3
#define SGX_EEXIT 4
#define SGX_EACCEPT 5
#define SGX_EMODPE 6

/* Of an SSA frame the last bytes: registers, as an asynchronous exit leaves them. */
#define SGX_GPR_BYTES 184
#define SGX_GPR_URSP 144
#define SGX_GPR_URBP 152

/* A frame has one page. Its begin is what XSAVE would write. */
#define SGX_SSA_PAGES 1
#define SGX_SSA_FRAMES 2
#define SGX_SSA_BYTES (SGX_SSA_PAGES * SGX_PAGE)

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct sgx_tcs {
    uint64_t state; /* the processor's own */
    uint64_t flags;
    uint64_t ossa;  /* offset in the enclave, as all below */
    uint32_t cssa, nssa;
    uint64_t oentry, unused, ofsbase, ogsbase;
    uint32_t fslimit, gslimit;
    uint8_t reserved[SGX_PAGE - 72];
};

struct sgx_gpr {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags, rip, ursp, urbp;
    uint32_t exitinfo, reserved;
    uint64_t fsbase, gsbase;
};

/* exitinfo */
#define SGX_EXIT_VALID (UINT32_C(1) << 31)
enum { SGX_EXIT_HARDWARE = 3, SGX_EXIT_SOFTWARE = 6 }; /* its type: bits 8 to 10 */
enum { SGX_VECTOR_DE = 0, SGX_VECTOR_BP = 3, SGX_VECTOR_UD = 6, SGX_VECTOR_GP = 13,
       SGX_VECTOR_PF = 14 };

struct sgx_attributes {
    uint64_t flags, xfrm;
};
#define SGX_ATTRIBUTE_INIT UINT64_C(1)
#define SGX_ATTRIBUTE_DEBUG UINT64_C(2)
#define SGX_ATTRIBUTE_MODE64BIT UINT64_C(4)
#define SGX_XFRM_LEGACY UINT64_C(3) /* x87 and SSE: always */
#define SGX_XFRM_AVX UINT64_C(4)
#define SGX_XFRM_AVX512 UINT64_C(0xE0)

/* Kinds of pages, and what may be done with one: SECINFO.FLAGS. */
#define SGX_R UINT64_C(1)
#define SGX_W UINT64_C(2)
#define SGX_X UINT64_C(4)
#define SGX_PENDING UINT64_C(8)
#define SGX_RESTRICTED UINT64_C(0x20) /* PR: rights are being taken away */
#define SGX_TCS UINT64_C(0x100)
#define SGX_REG UINT64_C(0x200)

struct sgx_secinfo {
    uint64_t flags;
    uint8_t reserved[56];
} __attribute__((aligned(64)));

struct sgx_targetinfo {
    uint8_t mrenclave[32];
    struct sgx_attributes attributes;
    uint8_t cet, reserved;
    uint16_t configsvn;
    uint32_t miscselect;
    uint8_t reserved2[8], configid[64], reserved3[384];
} __attribute__((aligned(512)));

struct sgx_report {
    uint8_t cpusvn[16];
    uint32_t miscselect;
    uint8_t cet, reserved[11], isvextprodid[16];
    struct sgx_attributes attributes;
    uint8_t mrenclave[32], reserved2[32], mrsigner[32], reserved3[32], configid[64];
    uint16_t isvprodid, isvsvn, configsvn;
    uint8_t reserved4[42], isvfamilyid[16], reportdata[64];
    uint8_t keyid[32], mac[16]; /* of all before these */
} __attribute__((aligned(512)));
enum { SGX_REPORT_BODY = 384, SGX_REPORT_DATA = 64 };

enum { SGX_KEY_REPORT = 3, SGX_KEY_SEAL = 4 };              /* keyname */
enum { SGX_POLICY_MRENCLAVE = 1, SGX_POLICY_MRSIGNER = 2 }; /* keypolicy */
enum { SGX_KEY_OK = 0, SGX_INVALID_ATTRIBUTE = 2, SGX_INVALID_CPUSVN = 32,
       SGX_INVALID_ISVSVN = 64, SGX_INVALID_KEYNAME = 256 };  /* EGETKEY's answers */

struct sgx_keyrequest {
    uint16_t keyname, keypolicy, isvsvn;
    uint8_t cetmask, reserved, cpusvn[16];
    struct sgx_attributes attributemask;
    uint8_t keyid[32];
    uint32_t miscmask;
    uint16_t configsvn;
    uint8_t reserved2[434];
} __attribute__((aligned(512)));

/* Who made an enclave, and which one: signed with RSA-3072, exponent 3, PKCS #1 v1.5, SHA-256 over
 * the first 128 bytes and those from miscselect to isvsvn. */
struct sgx_sigstruct {
    uint8_t header[16];
    uint32_t vendor, date; /* date: decimal digits, 0xYYYYMMDD */
    uint8_t header2[16];
    uint32_t swdefined;
    uint8_t reserved[84];
    uint8_t modulus[384];
    uint32_t exponent;
    uint8_t signature[384];
    uint32_t miscselect, miscmask;
    uint8_t cet, cetmask, reserved2[2], isvfamilyid[16];
    uint8_t attributes[16], attributemask[16]; /* struct sgx_attributes */
    uint8_t enclavehash[32];
    uint8_t reserved3[16], isvextprodid[16];
    uint16_t isvprodid, isvsvn;
    uint8_t reserved4[12];
    uint8_t q1[384], q2[384];
};
enum {
    SGX_SIGNED_BEFORE = 128,
    SGX_SIGNED_FROM = 900,
    SGX_SIGNED_END = 1028,
    SGX_KEY_BYTES = 384
};

struct sgx_secs {
    uint64_t size, baseaddr;
    uint32_t ssaframesize, miscselect;
    uint8_t cet[24];
    struct sgx_attributes attributes;
    uint8_t mrenclave[32], reserved[32], mrsigner[32], reserved2[32], configid[64];
    uint16_t isvprodid, isvsvn, configsvn;
    uint8_t reserved3[3834];
};

_Static_assert(sizeof(struct sgx_tcs) == SGX_PAGE && sizeof(struct sgx_secs) == SGX_PAGE &&
                   sizeof(struct sgx_gpr) == SGX_GPR_BYTES &&
                   offsetof(struct sgx_gpr, ursp) == SGX_GPR_URSP &&
                   offsetof(struct sgx_gpr, urbp) == SGX_GPR_URBP &&
                   sizeof(struct sgx_secinfo) == 64 && sizeof(struct sgx_targetinfo) == 512 &&
                   offsetof(struct sgx_report, keyid) == SGX_REPORT_BODY &&
                   sizeof(struct sgx_report) == 512 /* 432, and what fills it up */ &&
                   sizeof(struct sgx_keyrequest) == 512 &&
                   offsetof(struct sgx_sigstruct, modulus) == SGX_SIGNED_BEFORE &&
                   offsetof(struct sgx_sigstruct, miscselect) == SGX_SIGNED_FROM &&
                   offsetof(struct sgx_sigstruct, reserved4) == SGX_SIGNED_END &&
                   sizeof(struct sgx_sigstruct) == 1808,
               "as in the manual");
#endif
#endif
