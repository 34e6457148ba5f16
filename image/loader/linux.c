/* From the zero page to PVH start info. */
#include "../runtime/virtual/start_info.h"
#include "loader.h"

enum { EFI_SIGNATURE_64 = 0x34364c45, MEMORY_MAX = 128 };

struct page {
  struct start_info info;
  struct module module;
  struct memory_entry memory[MEMORY_MAX];
};
_Static_assert(sizeof(struct page) <= 0x2000, "leaves the stack a page");

/* Writes start info to START_INFO, and clears what the ELF's memory has beyond its file: whatever was there before. */
void start_info(const struct boot_params *b) {
  struct page *page = (void *)START_INFO;
  clear(page, sizeof *page);
  clear((void *)BSS_START, STUB - BSS_START);
  for (int i = 0; i < b->e820_entries && i < MEMORY_MAX; i++) {
    page->memory[i].address = b->e820[i].address;
    page->memory[i].size = b->e820[i].size;
    page->memory[i].type = b->e820[i].type;
  }
  if (b->ramdisk && b->ramdisk_size) {
    page->module.address = b->ramdisk;
    page->module.size = b->ramdisk_size;
    page->info.module_count = 1;
    page->info.modules = (uint32_t)&page->module;
  }
  page->info.magic = START_MAGIC;
  page->info.version = 1;
  page->info.command_line = b->command_line;
  page->info.rsdp = b->rsdp;
  /* A boot loader that was itself started by UEFI leaves the system table, and no root pointer where a BIOS has it. */
  const uint64_t *system = (void *)b->efi_system_table;
  if (!b->rsdp && b->efi_signature == EFI_SIGNATURE_64 && !b->efi_system_table_high && !(system[14] >> 32))
    page->info.rsdp = find_rsdp(system[14], (uint32_t)system[13]);
  page->info.memory_map = (uint32_t)page->memory;
  page->info.memory_entries = b->e820_entries < MEMORY_MAX ? b->e820_entries : MEMORY_MAX;
}
