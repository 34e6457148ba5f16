/* Real mode, shared by head.S and disk.S: from ds:0, where the zero page lies, to protected mode. */

/* Asks the BIOS for the memory map (ACPI 6.4, 15.1: INT 15h, E820h) and writes it into the zero page; opens address line
 * 20, which a BIOS may have left shut; and goes on at `target` in protected mode with flat segments, code 0x10, data
 * 0x18, as the Linux boot protocol wants them, %esi at the zero page. */
    .macro to_protected_mode target
    movw %ds, %ax; movw %ax, %es
    movw $BP_E820_TABLE, %di
    movb $0, BP_E820_ENTRIES
    xorl %ebx, %ebx
1:  movl $0xe820, %eax
    movl $20, %ecx
    movl $0x534d4150, %edx      /* "SMAP" */
    int $0x15
    jc 2f
    addw $20, %di
    incb BP_E820_ENTRIES
    cmpb $E820_MAX, BP_E820_ENTRIES
    je 2f
    testl %ebx, %ebx
    jnz 1b

2:  movw $0x2401, %ax
    int $0x15
    cli
    xorl %esi, %esi
    movw %ds, %si
    shll $4, %esi
    xorl %eax, %eax
    movw %cs, %ax
    shll $4, %eax
    addl $flat_table, %eax
    movl %eax, %cs:flat_pointer + 2
    lgdtl %cs:flat_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $0x10, $\target

    .balign 8
flat_table:
    .quad 0, 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
flat_pointer:
    .word . - flat_table - 1
    .long 0
    .endm
