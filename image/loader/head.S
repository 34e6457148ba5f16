/* The real-mode part of epiphyte.efi (Linux boot.rst, "Running the Kernel"): entered with ds at the head of the file, cs
 * 0x20 paragraphs above it. The headers before it are written by image/build/headers.ts. */
#include "loader.h"
#include "real.S"

    .code16
    .text
    cld
    movw %ds, %ax
    pushw %ax
    pushw $1f
    lretw                       /* so that a label is its offset from the head */
1:  to_protected_mode STUB
    .section .note.GNU-stack, "", @progbits
