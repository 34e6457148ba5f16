/* Page tables: an address is a physical address, and no page is both writable and executable. Read first: Intel SDM 3A
 * 4.5 (4-level paging), 4.6 (access rights). The first megabyte, and with it page 0, and the page under the stack are
 * left out, but for the screen, and the tables that hypervisors put into its upper half when a driver asks for them. Only
 * what is not mapped yet is ever mapped, so nothing has to be flushed. */
#include "machine.h"

enum { PRESENT = 1, LARGE = 0x80, TABLE_SIZE = 512, FIRMWARE = 0x80000 };
#define LARGE_PAGE 0x200000ul
#define ADDRESS 0x000ffffffffff000ul
#define IDENTITY_END (1ul << 47) /* above, virtual addresses are not canonical */

extern char image_start[], text_start[], data_start[], image_end[];
static uint64_t *root;

static uint64_t *table_in(uint64_t *entry) {
  if (!(*entry & PRESENT)) {
    uint64_t *table = heap_pages(1);
    if (!table) return NULL;
    *entry = (uint64_t)table | PAGE_WRITE | PRESENT;
  }
  return (uint64_t *)(*entry & ADDRESS);
}

/* Maps what of [from, to) is not mapped yet; whole pages. 0: no memory for a table. */
int map_pages(uint64_t from, uint64_t to, uint64_t flags) {
  while (from < to) {
    uint64_t *pointers = table_in(&root[from >> 39 & 511]), *directory, *table;
    if (!pointers || !(directory = table_in(&pointers[from >> 30 & 511]))) return 0;
    uint64_t *entry = &directory[from >> 21 & 511], next = (from | (LARGE_PAGE - 1)) + 1;
    if (!(*entry & PRESENT) && from % LARGE_PAGE == 0 && next <= to) {
      *entry = from | flags | LARGE | PRESENT;
    } else if (!(*entry & LARGE)) {
      if (!(table = table_in(entry))) return 0;
      for (; from < to && from < next; from += PAGE)
        if (!(table[from >> 12 & 511] & PRESENT)) table[from >> 12 & 511] = from | flags | PRESENT;
    }
    from = next;
  }
  return 1;
}

int is_mapped(uint64_t address) {
  uint64_t *table = root;
  if (!root || address >= IDENTITY_END) return 0;
  for (int shift = 39;; shift -= 9) {
    uint64_t entry = table[address >> shift & 511];
    if (!(entry & PRESENT)) return 0;
    if (shift == 12 || (entry & LARGE)) return 1;
    table = (uint64_t *)(entry & ADDRESS);
  }
}

void paging_start(void) {
  uint64_t text = (uint64_t)text_start, data = (uint64_t)data_start, end = (uint64_t)image_end,
           guard = stack_bottom - PAGE;
  root = heap_pages(1);
  int good = root && map_pages((uint64_t)image_start, text, PAGE_NO_EXECUTE) && map_pages(text, data, 0) &&
      map_pages(data, guard, PAGE_WRITE | PAGE_NO_EXECUTE) &&
      map_pages(SCREEN, SCREEN + PAGE, PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_UNCACHED);
  for (int i = 0; i < ram_count && good; i++) {
    uint64_t from = ram[i].from < stack_bottom && ram[i].to > (uint64_t)image_start ? stack_bottom : ram[i].from;
    good = map_pages(from, ram[i].to, PAGE_WRITE | PAGE_NO_EXECUTE);
  }
  if (!good || end > guard) platform_panic("no memory for the page tables");
  __asm__ volatile("mov %0, %%cr3" ::"r"(root) : "memory");
}

int platform_map_device(uint64_t address, uint64_t length) {
  uint64_t from = address & -(uint64_t)PAGE, to = (address + length + PAGE - 1) & -(uint64_t)PAGE;
  if (!length || to <= from || to > IDENTITY_END || from < FIRMWARE) return 0;
  for (int i = 0; i < ram_count; i++)
    if (from < ram[i].to && ram[i].from < to) return 0;
  return map_pages(from, to, PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_UNCACHED);
}
