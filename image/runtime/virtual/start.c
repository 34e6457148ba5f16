/* From start info to a C library that believes it was started by Linux. Read first: Xen
 * xen/include/public/arch-x86/hvm/start_info.h; System V ABI x86-64 3.4.1 (initial process stack). */
#include "machine.h"
#include "start_info.h"
#include <elf.h>
#include <string.h>

enum { TYPE_RAM = 1, MEMORY_MAX = 64, TAKEN_MAX = 8, FIRST_MEGABYTE = 0x100000 };
enum { PARAMETERS_MAX = 65536, MODULE_MAX = 1 << 20, STACK_MIN = 1 << 20, STACK_MAX = 8 << 20 };

extern char image_start[], image_end[];
struct hypervisor hypervisor = {"bare", 0};
uint64_t stack_bottom, stack_top;

struct span ram[MEMORY_MAX];         /* copied: the original lies in memory that will be unmapped or given out */
static struct span taken[TAKEN_MAX]; /* what the heap must leave alone */
int ram_count;
static int taken_count;
static const char *parameters, *module_text; /* copies: the originals are given out */

/* CPUID leaves of hypervisors begin at 0x40000000, another 0x100 further for each that is imitated. */
static void find_hypervisor(void) {
  static const struct {
    char signature[13], name[5];
  } known[] = {{"KVMKVMKVM\0\0\0", "kvm"}, {"XenVMMXenVMM", "xen"}, {"TCGTCGTCGTCG", "tcg"}};
  if (!(cpuid(1, 0).c >> 31)) return;
  for (uint32_t leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
    struct registers r = cpuid(leaf, 0);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
      if (!memcmp(known[i].signature, &r.b, 12)) hypervisor = (struct hypervisor){known[i].name, leaf};
    if (hypervisor.leaf) return;
  }
}

/* Vector state for the C library and AWS-LC: SSE always, AVX where the processor has it. */
static void start_processor(void) {
  uint64_t cr4;
  struct registers one = cpuid(1, 0), seven = cpuid(0, 0).a >= 7 ? cpuid(7, 0) : (struct registers){0};
  __asm__("mov %%cr4, %0" : "=r"(cr4));
  cr4 |= (seven.b >> 7 & 1) << 20 | (uint64_t)(seven.b >> 20 & 1) << 21 | (seven.c >> 2 & 1) << 11; /* SMEP SMAP UMIP */
  if (one.c >> 26 & 1) cr4 |= 1 << 18;                                                              /* OSXSAVE */
  __asm__ volatile("mov %0, %%cr4" ::"r"(cr4));
  if (one.c >> 26 & 1) {
    uint32_t want = 3 | (one.c >> 28 & 1) << 2;
    __asm__ volatile("xsetbv" ::"c"(0), "a"(want & cpuid(13, 0).a), "d"(0));
  }
}

static void take_span(uint64_t from, uint64_t length) {
  if (!length || from + length <= FIRST_MEGABYTE) return; /* that is never given out */
  if (taken_count == TAKEN_MAX) platform_panic("start info: more than %d pieces", TAKEN_MAX);
  taken[taken_count++] = (struct span){from, from + length};
}

/* Gives the heap [from, to) without what is taken. */
static void give(uint64_t from, uint64_t to) {
  for (int i = 0; i < taken_count && from < to; i++) {
    if (taken[i].to <= from || taken[i].from >= to) continue;
    if (taken[i].from > from) give(from, taken[i].from);
    from = taken[i].to;
  }
  if (from < to) heap_add((void *)from, to - from);
}

/* Stack above the image, behind a page that stays unmapped: a sixteenth of the memory, 1 to 8 MB. */
static void place_stack(void) {
  uint64_t total = 0, size, base = (uint64_t)image_end;
  for (int i = 0; i < ram_count; i++) total += ram[i].to - ram[i].from;
  size = total / 16 & -(uint64_t)PAGE;
  size = size < STACK_MIN ? STACK_MIN : size > STACK_MAX ? STACK_MAX : size;
  for (int i = 0; i < taken_count; i++) { /* Xen puts start info right behind the image */
    if (taken[i].from >= base + PAGE + size || taken[i].to <= base) continue;
    base = (taken[i].to + PAGE - 1) & -(uint64_t)PAGE;
    i = -1; /* another piece may lie where the stack has moved to */
  }
  for (int i = 0; i < ram_count; i++) /* firmware leaves holes: it ends before the next one */
    if (ram[i].from <= base && base < ram[i].to && ram[i].to < base + PAGE + size) size = ram[i].to - base - PAGE;
  stack_bottom = base + PAGE;
  stack_top = stack_bottom + size;
}

/* Returns argc, argv, environment and auxiliary vector in the layout of an initial stack. */
long *start(const struct start_info *info) {
  static long vector[32];
  static uint8_t seed[16];
  uint64_t entry_tsc = rdtsc();
  console_start();
  find_hypervisor();
  traps_start();
  start_processor();
  if (info->magic != START_MAGIC || info->version < 1) platform_panic("no PVH start info; -append above 4,000 bytes?");

  const struct memory_entry *map = (void *)info->memory_map;
  for (uint32_t i = 0; i < info->memory_entries && ram_count < MEMORY_MAX; i++) {
    uint64_t from = (map[i].address + PAGE - 1) & -(uint64_t)PAGE,
             to = (map[i].address + map[i].size) & -(uint64_t)PAGE;
    if (from < FIRST_MEGABYTE) from = FIRST_MEGABYTE;
    if (map[i].type == TYPE_RAM && from < to) ram[ram_count++] = (struct span){from, to};
  }
  const struct module *module = info->module_count ? (void *)info->modules : NULL;
  size_t command_length = info->command_line ? strnlen((void *)info->command_line, PARAMETERS_MAX) : 0;
  take_span((uint64_t)info, sizeof *info);
  take_span(info->memory_map, info->memory_entries * sizeof *map);
  take_span(info->modules, info->module_count * sizeof *module);
  take_span(info->command_line, command_length + 1);
  if (module) take_span(module->address, module->size);
  place_stack();
  take_span(0, stack_top);

  /* Only the first 4 GB are mapped so far; the page tables come out of the heap. */
  for (int i = 0; i < ram_count; i++)
    if (ram[i].to <= 1ul << 32) give(ram[i].from, ram[i].to);
  if (module && module->size > MODULE_MAX) platform_panic("the boot module is longer than %d bytes", MODULE_MAX);
  parameters = strndup((void *)info->command_line, command_length);
  module_text = module ? strndup((void *)module->address, module->size) : "";
  acpi_start(info->rsdp);
  paging_start();
  xen_start();
  for (int i = 0; i < ram_count; i++)
    if (ram[i].to > 1ul << 32) give(ram[i].from, ram[i].to);

  lapic_start();
  clock_start(entry_tsc);
  entropy_start();
  if (!platform_random(seed, sizeof seed))
    memcpy(seed, &entry_tsc, sizeof entry_tsc); /* for stack canaries: better than none */
  const Elf64_Ehdr *header = (void *)image_start;
  long initial[] = {1,         (long)"epiphyte",
                    0,         0,
                    AT_PAGESZ, PAGE,
                    AT_RANDOM, (long)seed,
                    AT_PHDR,   (long)image_start + (long)header->e_phoff,
                    AT_PHENT,  header->e_phentsize,
                    AT_PHNUM,  header->e_phnum,
                    AT_NULL,   0};
  return memcpy(vector, initial, sizeof initial);
}

const char *platform_target(void) { return "virtual"; }
const char *platform_hypervisor(void) { return hypervisor.name; }
const char *platform_parameters(void) { return parameters; }
const char *platform_module(void) { return module_text; }
size_t platform_stack_size(void) { return stack_top - stack_bottom; }

uint32_t platform_port_read(uint16_t port, int size) {
  uint32_t value = 0;
  if (size == 1) __asm__ volatile("inb %1, %b0" : "+a"(value) : "Nd"(port) : "memory");
  else if (size == 2) __asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port) : "memory");
  else __asm__ volatile("inl %1, %0" : "+a"(value) : "Nd"(port) : "memory");
  return value;
}

void platform_port_write(uint16_t port, int size, uint32_t value) {
  if (size == 1) __asm__ volatile("outb %b0, %1" ::"a"(value), "Nd"(port) : "memory");
  else if (size == 2) __asm__ volatile("outw %w0, %1" ::"a"(value), "Nd"(port) : "memory");
  else __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
