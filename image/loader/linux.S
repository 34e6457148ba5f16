/* The start of the stub, entered in protected mode by a Linux boot loader, head.S, disk.c or efi.c, with %esi at the zero
 * page: PVH start info is made of it, and the image entered as a hypervisor would. */
#include "loader.h"

    .code32
    .section .text.start, "ax"
    .globl stub
stub:
    cld
    movl $0x18, %eax
    movl %eax, %ds; movl %eax, %es; movl %eax, %ss
    movl $STUB_END, %esp
    pushl %esi
    call start_info
    movl $START_INFO, %ebx
    movl $ENTRY, %eax
    jmp *%eax
    .section .note.GNU-stack, "", @progbits
