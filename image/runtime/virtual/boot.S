/* From the hypervisor to C, and from traps and system calls to C and back (interrupts: timer.c).
 * Read first: Xen docs/misc/pvh.pandoc (entry state: 32-bit, flat segments, paging off, %ebx = start info);
 * Intel SDM 3A 10.8.5 (entering IA-32e mode), 6.14 (64-bit interrupt handling), SYSCALL in volume 2B. */

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18              /* XEN_ELFNOTE_PHYS32_ENTRY; QEMU reads eight bytes of address */
    .asciz "Xen"
    .quad entry

    .section .text.boot, "ax", @progbits
    .code32
    .globl entry
entry:
    cld
    movl $boot_stack, %esp
    movl %ebx, %ebp             /* start info */

    /* Long mode and no-execute (CPUID 80000001h): without them nothing but these words, on COM1, 0xe9 and a BIOS's screen. */
    movl $0x80000001, %eax; cpuid
    notl %edx; testl $0x20100000, %edx; jz 6f
    movl $lacking, %esi; movl $0xb8000, %edi
4:  movb (%esi), %al; movw $0x3f8, %dx; outb %al, %dx; outb %al, $0xe9
    movsb; incl %edi
    cmpb $0, (%esi); jne 4b
5:  cli; hlt; jmp 5b
6:

    /* The first 4 GB one to one in 2 MB pages, until paging_start() knows better. */
    movl $early_directory + 3, %eax
    movl $early_pointers, %edi
    movl $early_pointers + 3, early_root
1:  movl %eax, (%edi)
    addl $4096, %eax; addl $8, %edi
    cmpl $early_pointers + 4 * 8, %edi
    jne 1b
    movl $0x83, %eax            /* present, writable, large */
    movl $early_directory, %edi
2:  movl %eax, (%edi)
    addl $8, %edi; addl $0x200000, %eax
    jnc 2b

    movl $0x620, %eax           /* CR4: PAE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $early_root, %eax; movl %eax, %cr3
    movl $0xc0000080, %ecx      /* EFER: SCE, LME, NXE */
    rdmsr; orl $0x901, %eax; wrmsr
    movl $0x80010033, %eax      /* CR0: PG, WP, NE, ET, MP, PE */
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $3f

    .code64
3:  movl $16, %eax
    movl %eax, %ds; movl %eax, %es; movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs; movl %eax, %gs
    fninit
    pushq $0x1f80               /* all SSE exceptions masked */
    ldmxcsr (%rsp)
    movl $boot_stack, %esp; movl %ebp, %edi
    call start                  /* -> rax: where __libc_start_main finds argc, argv, environment, auxv */
    movq stack_top, %rsp
    movl $main, %edi
    movl (%rax), %esi           /* argc */
    leaq 8(%rax), %rdx          /* argv; what _init, _fini and the dynamic linker would be is ignored */
    xorl %ecx, %ecx; xorl %r8d, %r8d; xorl %r9d, %r9d; xorl %ebp, %ebp
    call __libc_start_main
    ud2

/* Traps. Vectors 8, 10-14, 17, 21, 29, 30 push an error code; the others get a zero. */
    .section .text.traps, "ax", @progbits
    .globl trap_stubs
    .balign 16
trap_stubs:
    .set vector, 0
    .rept 32
    .balign 16
    .if !((0x60227d00 >> vector) & 1)
    pushq $0
    .endif
    pushq $vector; jmp trap_entry
    .set vector, vector + 1
    .endr

trap_entry:                     /* struct frame in trap.c */
    .irp r, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    pushq %\r
    .endr
    movq %rsp, %rdi; cld
    call trap                   /* does not return */

/* The C library's `syscall`, made in ring 0: rax number, rdi rsi rdx r10 r8 r9 arguments, rcx where to return.
 * SYSCALL does not change stacks, so the red zone of the caller is stepped over; SYSRET would go to ring 3. */
    .globl syscall_entry
syscall_entry:
    leaq -128(%rsp), %rsp
    pushq %rbp; movq %rsp, %rbp
    .irp r, rcx, r11, rdi, rsi, rdx, r8, r9, r10
    pushq %\r
    .endr
    andq $-16, %rsp
    movq %r10, %rcx; movq %rax, %r9
    call system_call
    leaq -64(%rbp), %rsp
    .irp r, r10, r9, r8, rdx, rsi, rdi, r11, rcx, rbp
    popq %\r
    .endr
    leaq 128(%rsp), %rsp
    jmp *%rcx

/* Sleeps until an interrupt: the only place where they are let in. `sti` holds them off for one more instruction, so
 * none is lost before `hlt`. */
    .globl wait_for_interrupt
wait_for_interrupt:
    sti; hlt; cli
    ret

    .section .rodata
lacking: .asciz "panic: this processor has no 64-bit mode, or no NX: choose another model (QEMU: -cpu max, libvirt: host-model)\r\n"

    .data
    .balign 8
    .globl gdt
gdt:
    .quad 0
    .quad 0x00af9a000000ffff    /* 8: code, 64-bit, ring 0 */
    .quad 0x00cf92000000ffff    /* 16: data */
    .quad 0, 0                  /* 24: task state segment, filled in by traps_start() */
gdt_pointer:
    .word . - gdt - 1
    .quad gdt

    .bss
    .balign 4096
early_root: .skip 4096
early_pointers: .skip 4096
early_directory: .skip 4 * 4096
    .globl boot_stack, fault_stack, nmi_stack
    .skip 32768; boot_stack:    /* later the stack of traps and interrupts */
    .skip 4096; fault_stack:
    .skip 4096; nmi_stack:

    .section .note.GNU-stack, "", @progbits
