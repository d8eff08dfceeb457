/* objects.S - runtime.c, compiled for each instruction set, as bytes of the compiler. */
    .section .rodata
    .balign 16
    .globl compiler_runtime_x86_64, compiler_runtime_x86_64_end
compiler_runtime_x86_64:
    .incbin "runtime-x86_64.o"
compiler_runtime_x86_64_end:
    .balign 16
    .globl compiler_runtime_aarch64, compiler_runtime_aarch64_end
compiler_runtime_aarch64:
    .incbin "runtime-aarch64.o"
compiler_runtime_aarch64_end:
    .section .note.GNU-stack, "", %progbits
