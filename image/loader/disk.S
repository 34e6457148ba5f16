/* A disk, started by a BIOS: the master boot record, and what it loads. Read first: BIOS Boot Specification 1.01, 6.5.1;
 * Enhanced Disk Drive Specification 3.0 (INT 13h, function 42h).
 *
 * The record reads DISK_LOADER_SECTORS sectors to DISK_LOADER. That reads the whole first partition to PARTITION, piece
 * by piece through BOUNCE, and leaves the rest to disk.c in protected mode. */
#include "loader.h"
#include "real.S"

    .code16
    .section .mbr, "awx"
    xorw %ax, %ax
    movw %ax, %ds; movw %ax, %es; movw %ax, %ss
    movw $MBR, %sp
    cld
    ljmp $0, $1f                /* some BIOSes enter at 07c0:0000 */
1:  movb %dl, drive
    call read
    jmp disk_loader

/* Reads as `packet` says. */
read:
    movw $packet, %si
    movb drive, %dl
    movb $0x42, %ah
    int $0x13
    jc fail
    ret

fail:
    movw $message, %si
2:  lodsb
    testb %al, %al
    jz 3f
    movb $0x0e, %ah
    movw $7, %bx
    int $0x10
    jmp 2b
3:  hlt
    jmp 3b

message: .asciz "Epiphyte: the BIOS does not read this disk\r\n"
drive: .byte 0
    .balign 4
packet:                         /* EDD 3.0, table 1 */
    .word 16
count:
    .word DISK_LOADER_SECTORS, 0, DISK_LOADER >> 4
block:
    .quad 1
    .org 446                    /* the partition table, which the builder fills */
partition_table:
    .org 510
    .word 0xaa55

    .section .loader, "awx"
disk_loader:
    movl partition_table + 8, %eax      /* first block */
    movl %eax, block
    movl partition_table + 12, %ebp     /* blocks left: whole pieces, as the builder makes it */
    movw $(BOUNCE >> 4), count + 4
    movw $PIECE_SECTORS, count
    cmpl $PARTITION_MAX_SECTORS, %ebp
    ja fail
1:  call read
    movw $(PIECE_SECTORS * 512 / 2), %cx
    movw $move_table, %si
    movb $0x87, %ah             /* INT 15h: a block move above the first megabyte */
    int $0x15
    jc fail
    addl $PIECE_SECTORS, block
    addl $(PIECE_SECTORS * 512), move_to + 2    /* 24 bits: the partition ends below 16 MB */
    subl $PIECE_SECTORS, %ebp
    ja 1b
    movw $(DISK_PARAMS >> 4), %ax
    movw %ax, %ds
    to_protected_mode disk_start

    .balign 8
move_table:                     /* two empty, from, to, two for the BIOS */
    .quad 0, 0, 0x930000 << 24 | BOUNCE << 16 | 0xffff
move_to:
    .quad 0x930000 << 24 | PARTITION << 16 | 0xffff, 0, 0

    .code32
disk_start:
    movl $0x18, %eax
    movl %eax, %ds; movl %eax, %es; movl %eax, %ss
    movl $MBR, %esp
    movl %esi, %ebx             /* which C preserves */
    pushl %esi
    call load                   /* -> eax: where to go on */
    movl %ebx, %esi
    jmp *%eax
    .section .note.GNU-stack, "", @progbits
