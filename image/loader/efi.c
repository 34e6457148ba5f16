/* Entered by UEFI: copies the image to where it belongs, collects parameters, memory map and ACPI's root pointer into a
 * zero page, ends the firmware's services and enters the stub like a boot loader. Read first: UEFI 2.10 sections 4.3
 * (system table), 7 (boot services), 9.1 (loaded image), 13.4 and 13.5 (files). The code runs wherever it was loaded, so
 * nothing here refers to an absolute address of its own but `leave`, which is meant: the copy in low memory. */
#include "loader.h"

typedef uint64_t word;

/* Where the fields that are used lie in UEFI's tables. */
enum { SYSTEM_OUT = 64, SYSTEM_BOOT = 96, SYSTEM_TABLE_COUNT = 104, SYSTEM_TABLES = 112, OUT_STRING = 8 };
enum { BOOT_ALLOCATE = 40, BOOT_MEMORY_MAP = 56, BOOT_HANDLE_PROTOCOL = 152, BOOT_LOCATE = 184, BOOT_EXIT = 232 };
enum { IMAGE_DEVICE = 24, IMAGE_OPTIONS_SIZE = 48, IMAGE_OPTIONS = 56, IMAGE_BASE = 64 };
enum { VOLUME_OPEN = 8, FILE_OPEN = 8, FILE_READ = 32, LOADER_LOAD = 0 };
enum { DESCRIPTOR_TYPE = 0, DESCRIPTOR_ADDRESS = 8, DESCRIPTOR_PAGES = 24 };
enum { ANY_ADDRESS_BELOW = 1, THIS_ADDRESS = 2, LOADER_CODE = 1, LOADER_DATA = 2, BOOT_DATA = 4, CONVENTIONAL = 7 };
enum { PAGE = 4096, OPEN_TO_READ = 1, TEXT_MAX = 0x10001, MODULE_MAX = 0x100000, MAP_SIZE = 0x10000, E820_RAM = 1 };
#define BELOW_4GB 0xffffffffull
#define ERROR (1ull << 63)

static const word loaded_image_guid[2] = {0x11d295625b1b31a1, 0x3b7269c9a0003f8e};
static const word file_system_guid[2] = {0x11d26459964e5b22, 0x3b7269c9a000398e};
static const word load_file2_guid[2] = {0x403efcb34006c0c1, 0x6de024876c4a6d99};
/* The device path under which a boot loader offers an initrd (Linux: LINUX_EFI_INITRD_MEDIA_GUID). */
static const uint16_t initrd_path[12] = {0x0304, 20,     0xe427, 0x5568, 0x68fc, 0x4f3d,
                                         0x74ac, 0x55ca, 0x3152, 0x68cc, 0xff7f, 4};

static word field(word table, int offset) { return *(word *)(table + (word)offset); }

/* Calls the function that a table has at this offset; arguments that it does not have do no harm. */
#define CALL(table, offset, ...) call_at(field(table, offset), __VA_ARGS__)
static word call_at(word function, word a, word b, word c, word d, word e) {
  return ((__attribute__((ms_abi)) word (*)(word, word, word, word, word))function)(a, b, c, d, e);
}

/* Never returns: out of long mode, as UEFI left it, and into the stub. Runs in the copy at low addresses. */
__asm__("leave: cli\n"
        "lgdt flat_pointer(%rip)\n"
        "pushq $0x10\n"
        "pushq $1f\n"
        "lretq\n"
        ".code32\n"
        "1: movl %cr0, %eax\n"
        "andl $0x7fffffff, %eax\n" /* paging off, and long mode with it */
        "movl %eax, %cr0\n"
        "movl %edi, %esi\n"
        "jmp *%edx\n"
        ".code64\n"
        ".balign 8\n"
        "flat_table: .quad 0, 0, 0x00cf9a000000ffff, 0x00cf92000000ffff\n"
        "flat_pointer: .word 31\n"
        ".quad flat_table\n");

static word fail(word system, const uint16_t *text, word why) {
  word out = field(system, SYSTEM_OUT);
  CALL(out, OUT_STRING, out, (word)text, 0, 0, 0);
  return why | ERROR;
}

/* Memory below 4 GB, where the image can read it; 0 when there is none. */
static word allocate(word boot, word bytes) {
  word address = BELOW_4GB;
  word pages = (bytes + PAGE - 1) / PAGE;
  return CALL(boot, BOOT_ALLOCATE, ANY_ADDRESS_BELOW, LOADER_DATA, pages, (word)&address, 0) ? 0 : address;
}

/* The load options as text, one byte a character; what is no text (a boot entry of firmware may hold anything) is none. */
static uint32_t command_line(word boot, word image) {
  uint32_t length = (uint32_t)field(image, IMAGE_OPTIONS_SIZE) / 2;
  const uint16_t *options = (void *)field(image, IMAGE_OPTIONS);
  uint8_t *text = (uint8_t *)(length && length < TEXT_MAX ? allocate(boot, length + 1) : 0);
  if (!options || !text) return 0;
  uint32_t i;
  for (i = 0; i < length && options[i]; i++) {
    if (options[i] < ' ' || options[i] > '~') return 0;
    text[i] = (uint8_t)options[i];
  }
  text[i] = 0;
  return (uint32_t)(word)text;
}

/* What a boot loader offers as initrd, or else EPIPHYTE.TXT of the file system that we were loaded from. One byte more than
 * that may have is read, so that a text that is too long is seen to be (appliance/config.ts says so). */
static void load_module(word boot, word image, struct boot_params *params) {
  word path = (word)initrd_path, handle, loader, volume, folder, file, size = 0, into = 0;
  if (!CALL(boot, BOOT_LOCATE, (word)load_file2_guid, (word)&path, (word)&handle, 0, 0) &&
      !CALL(boot, BOOT_HANDLE_PROTOCOL, handle, (word)load_file2_guid, (word)&loader, 0, 0)) {
    CALL(loader, LOADER_LOAD, loader, path, 0, (word)&size, 0);
    into = size && size <= MODULE_MAX ? allocate(boot, size) : 0;
    if (!into || CALL(loader, LOADER_LOAD, loader, path, 0, (word)&size, into)) return;
  } else {
    size = TEXT_MAX;
    word device = field(image, IMAGE_DEVICE);
    if (!device || CALL(boot, BOOT_HANDLE_PROTOCOL, device, (word)file_system_guid, (word)&volume, 0, 0)) return;
    if (CALL(volume, VOLUME_OPEN, volume, (word)&folder, 0, 0, 0)) return;
    if (CALL(folder, FILE_OPEN, folder, (word)&file, (word)u"EPIPHYTE.TXT", OPEN_TO_READ, 0)) return;
    into = allocate(boot, size);
    if (!into || CALL(file, FILE_READ, file, (word)&size, into, 0, 0)) return;
  }
  params->ramdisk = (uint32_t)into;
  params->ramdisk_size = (uint32_t)size;
}

/* Ends UEFI's services, and gives its memory map as a BIOS would, neighbours joined. False when they do not end. */
static int end_services(word handle, word boot, struct boot_params *params) {
  word map = allocate(boot, MAP_SIZE), size, key, each, version;
  /* The firmware may change the map between the two calls: then once more (7.4.6). */
  for (int tries = 0;; tries++) {
    size = MAP_SIZE;
    if (!map || tries == 4) return 0;
    if (CALL(boot, BOOT_MEMORY_MAP, (word)&size, map, (word)&key, (word)&each, (word)&version)) return 0;
    if (!CALL(boot, BOOT_EXIT, handle, key, 0, 0, 0)) break;
  }
  struct e820_entry *next = params->e820;
  for (word at = map; at + each <= map + size && next < params->e820 + E820_MAX; at += each) {
    uint32_t type = (uint32_t)field(at, DESCRIPTOR_TYPE);
    word address = field(at, DESCRIPTOR_ADDRESS), length = field(at, DESCRIPTOR_PAGES) * PAGE;
    if (type < LOADER_CODE || (type > BOOT_DATA && type != CONVENTIONAL)) continue;
    if (next > params->e820 && next[-1].address + next[-1].size == address) next[-1].size += length;
    else *next++ = (struct e820_entry){address, length, E820_RAM};
  }
  params->e820_entries = (uint8_t)(next - params->e820);
  return 1;
}

__attribute__((ms_abi, section(".text.first"))) word efi_main(word handle, word system) {
  word boot = field(system, SYSTEM_BOOT), image, kernel = KERNEL, low, pages = (STUB_END - KERNEL) / PAGE;
  struct boot_params *params = (void *)BOOT_PARAMS;
  if (CALL(boot, BOOT_HANDLE_PROTOCOL, handle, (word)loaded_image_guid, (word)&image, 0, 0)) return ERROR;
  word s = CALL(boot, BOOT_ALLOCATE, THIS_ADDRESS, LOADER_CODE, pages, (word)&kernel, 0);
  if (s) return fail(system, u"Epiphyte: the memory from 1 MB on is not free; this firmware cannot start it\r\n", s);
  copy((void *)KERNEL, (void *)(field(image, IMAGE_BASE) + HEAD_SIZE), STUB + STUB_SIZE - KERNEL);
  clear(params, sizeof *params);
  params->command_line = command_line(boot, image);
  load_module(boot, image, params);
  params->rsdp = find_rsdp(field(system, SYSTEM_TABLES), (uint32_t)field(system, SYSTEM_TABLE_COUNT));
  if (!end_services(handle, boot, params))
    return fail(system, u"Epiphyte: the firmware does not end its services\r\n", 0);
  __asm__("movabsq $leave, %0" : "=r"(low)); /* the copy's, not this one */
  __asm__ volatile("jmp *%0" ::"r"(low), "D"(params), "d"(STUB));
  __builtin_unreachable();
}
