/* What the parts of the loader agree upon: where things lie, and the Linux boot protocol's "zero page", into which every
 * way in writes what it knows. Read first: Linux Documentation/arch/x86/boot.rst and zero-page.rst.
 *
 *   build/epiphyte.efi          in memory
 *   0       head (4 KB)         where the boot loader likes (real mode), or nowhere
 *   4 KB    the ELF as it is    KERNEL: its own physical address; .bss is there as zeros
 *   then    stub                STUB, right behind the ELF's memory; then its pages that are not in the file */
#ifndef EPIPHYTE_LOADER_H
#define EPIPHYTE_LOADER_H

#define HEAD_SIZE 0x1000
#define KERNEL 0x100000
/* Given by the builder: ENTRY of the ELF; BSS_START, the end of its file; STUB, the end of its memory. */
#define STUB_SIZE 0x2000 /* in the file: linux.S at its start, efi.c at EFI_OFFSET */
#define EFI_OFFSET 0x800
#define BOOT_PARAMS (STUB + STUB_SIZE)    /* the zero page that efi.c fills */
#define START_INFO (BOOT_PARAMS + 0x1000) /* start info, module list, memory map: linux.c */
#define STUB_STACK (START_INFO + 0x3000)  /* grows down towards START_INFO */
#define STUB_END STUB_STACK

/* disk.S and disk.c, in memory that the BIOS leaves alone. */
#define MBR 0x7c00
#define DISK_LOADER 0x8000 /* sectors 1 to 62 of the disk */
#define DISK_LOADER_SECTORS 62
#define DISK_PARAMS 0x10000 /* its zero page */
#define BOUNCE 0x20000      /* 32 KB, through which the BIOS reads */
#define DISK_TEXT 0x30000   /* EPIPHYTE.TXT, at most DISK_TEXT_MAX bytes */
#define DISK_TEXT_MAX 0x10000
#define PARTITION 0x800000 /* the whole partition, read before anything in it is understood */
#define PIECE_SECTORS 64
#define PARTITION_MAX_SECTORS 0x4000 /* 8 MB: it ends below 16 MB */

/* Offsets in the zero page (zero-page.rst), for assembly. */
#define BP_E820_ENTRIES 0x1e8
#define BP_E820_TABLE 0x2d0
#define E820_MAX 128

#ifndef __ASSEMBLER__
#include <stdint.h>

struct e820_entry {
  uint64_t address, size;
  uint32_t type; /* 1: RAM */
} __attribute__((packed));

struct boot_params {
  uint8_t screen[0x70];
  uint64_t rsdp; /* 0x70 */
  uint8_t unused1[0x1c0 - 0x78];
  uint32_t efi_signature, efi_system_table, efi_unused[4], efi_system_table_high, efi_unused2; /* 0x1c0 */
  uint8_t unused2[0x1e8 - 0x1e0];
  uint8_t e820_entries; /* 0x1e8 */
  uint8_t unused3[0x202 - 0x1e9];
  uint32_t signature; /* 0x202: "HdrS" */
  uint8_t unused4[0x214 - 0x206];
  uint32_t code32_start, ramdisk, ramdisk_size; /* 0x214 */
  uint8_t unused5[0x228 - 0x220];
  uint32_t command_line; /* 0x228 */
  uint8_t unused6[BP_E820_TABLE - 0x22c];
  struct e820_entry e820[E820_MAX];
} __attribute__((packed));

_Static_assert(sizeof(struct boot_params) <= 0x1000, "the zero page is a page");

static inline void copy(void *to, const void *from, uint32_t length) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length)::"memory");
}
static inline void clear(void *to, uint32_t length) {
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(0) : "memory");
}

/* ACPI's root pointer among EFI's configuration tables (UEFI 2.10, 4.6), 0 when it is not there. */
static inline uint64_t find_rsdp(uint64_t tables, uint32_t count) {
  const struct {
    uint64_t guid[2], address;
  } *table = (void *)(uintptr_t)tables; /* 8868e871-e4f1-11d3-bc22-0080c73c8881 */
  for (uint32_t i = 0; i < count; i++)
    if (table[i].guid[0] == 0x11d3e4f18868e871 && table[i].guid[1] == 0x81883cc7800022bc) return table[i].address;
  return 0;
}
#endif
#endif
