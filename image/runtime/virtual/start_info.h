/* What a hypervisor hands over at a PVH entry, and the loader (image/loader) like one: Xen
 * xen/include/public/arch-x86/hvm/start_info.h. */
#ifndef EPIPHYTE_START_INFO_H
#define EPIPHYTE_START_INFO_H
#include <stdint.h>

enum { START_MAGIC = 0x336ec578 };

struct start_info {
  uint32_t magic, version, flags, module_count;
  uint64_t modules, command_line, rsdp, memory_map;
  uint32_t memory_entries, reserved;
};
struct module {
  uint64_t address, size, command_line, reserved;
};
struct memory_entry {
  uint64_t address, size;
  uint32_t type, reserved;
};

#endif
