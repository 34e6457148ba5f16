// A TCG plugin that counts the guest's instructions into files that are mapped by both sides: whoever reads them has the
// running totals without stopping the guest.
//
//   qemu-system-x86_64 -plugin count.so,counter=PATH[,blocks=PATH][,exits=PATH]
//
// counter: eight bytes, the total. blocks: BLOCKS times { address of a translated block, instructions executed in it }.
// exits: struct exits, what would leave the guest on hardware: writes to a virtqueue's doorbell, ends of interrupts, HLT,
// writes to the timer. To look at every store takes so long that a guest falls behind its devices and batches more than
// it would. So there are two phases: first each store is looked at, and the instructions that reach a device are
// remembered; when somebody writes 1 to `phase`, all code is translated anew, and only those are looked at.
//
// Read first: QEMU's "TCG Plugins" (docs/devel/tcg-plugins.rst). Debian ships no header, so the few prototypes that are
// needed stand here. QEMU refuses a plugin that was built for another version of the interface, hence API: 1 is QEMU 4.2
// to 8.x, where a counter may be any address and QEMU emits the addition into the translated code; from 9.0 on inline
// counters live in QEMU's own memory, so there each block calls back. Both count the same.
//
// A block that ends early by a fault is counted whole: within 0.1 % of a boot.

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef API
#define API 1
#endif
#define EXPORT __attribute__((visibility("default")))
#define BLOCKS 65536

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
enum { CB_NO_REGS = 0 };
enum { MEM_W = 2 };
enum { INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction,
                                      void (*stored)(unsigned, uint32_t, uint64_t, void *), int flags, int access,
                                      void *);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info, uint64_t address);
_Bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address);
const char *qemu_plugin_hwaddr_device_name(const struct qemu_plugin_hwaddr *address);
void qemu_plugin_register_vcpu_idle_cb(uint64_t id, void (*idle)(uint64_t, unsigned));
void qemu_plugin_reset(uint64_t id, void (*done)(uint64_t));
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t, struct qemu_plugin_tb *));
#if API == 1
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction, int operation, void *counter,
                                                uint64_t add);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t add);
#else
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*run)(unsigned, void *), int flags,
                                          void *);
#endif

EXPORT int qemu_plugin_version = API;

struct block {
  uint64_t address, instructions;
};

/* Read and written from outside while the guest runs. */
struct exits {
  uint64_t phase, doorbells, interrupts, halts, timers;
};

/* Intel SDM 2A, HLT; 3A, 11.4.1: the local APIC's registers, within its page. */
#define HLT 0xf4
#define APIC_EOI 0x0b0
#define APIC_INITIAL_COUNT 0x380
/* Instructions that have reached a device; a kernel has a few dozen in use. */
#define WRITERS 4096

static uint64_t *counter;
static struct block *blocks;
static struct exits *exits;
static uint64_t writers[WRITERS];
static uint64_t plugin;
static int resetting;

#if API != 1
/* The block's length and its place in the table in one pointer. */
static void run(unsigned cpu, void *packed) {
  (void)cpu;
  uint64_t length = (uintptr_t)packed & 0xffff;
  *counter += length;
  if (blocks) blocks[(uintptr_t)packed >> 16].instructions += length;
}
#endif

/* Open addressing by the block's address; two lengths of one block share a place. A full table counts into place 0. */
static size_t place(uint64_t address) {
  size_t at = (address * 0x9e3779b97f4a7c15u) >> 48;
  for (size_t i = 0; i < BLOCKS; i++, at = (at + 1) % BLOCKS) {
    if (blocks[at].address == 0) blocks[at].address = address;
    if (blocks[at].address == address) return at;
  }
  return 0;
}

/* Where the address is in `writers`, or the free place for it; 0 when there is none. */
static uint64_t *writer(uint64_t address) {
  size_t at = (address * 0x9e3779b97f4a7c15u) >> 52;
  for (size_t i = 0; i < WRITERS; i++, at = (at + 1) % WRITERS)
    if (writers[at] == 0 || writers[at] == address) return &writers[at];
  return NULL;
}

static void translated(uint64_t id, struct qemu_plugin_tb *block);

/* HLT leaves the guest also when an interrupt waits already. Newer QEMU shows the bytes of an instruction in another way in
   each version: there only a halt that lasts is counted. */
#if API == 1
#define watch_halts(id) ((void)(id))
#else
static void halted(uint64_t id, unsigned cpu) {
  (void)id;
  (void)cpu;
  exits->halts++;
}
#define watch_halts(id) qemu_plugin_register_vcpu_idle_cb(id, halted)
#endif

static void again(uint64_t id) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  watch_halts(id);
}

static void stored(unsigned cpu, uint32_t info, uint64_t address, void *instruction) {
  (void)cpu;
  if (exits->phase == 1 && !resetting) {
    resetting = 1;
    qemu_plugin_reset(plugin, again);
  }
  struct qemu_plugin_hwaddr *physical = qemu_plugin_get_hwaddr(info, address);
  if (physical == NULL || !qemu_plugin_hwaddr_is_io(physical)) return;
  uint64_t *known = writer((uintptr_t)instruction);
  if (known) *known = (uintptr_t)instruction;
  const char *device = qemu_plugin_hwaddr_device_name(physical);
  uint64_t offset = qemu_plugin_hwaddr_phys_addr(physical) & 0xfff;
  if (strncmp(device, "virtio-pci-notify", 17) == 0) exits->doorbells++;
  if (strncmp(device, "apic", 4) != 0) return;
  if (offset == APIC_EOI) exits->interrupts++;
  if (offset == APIC_INITIAL_COUNT) exits->timers++;
}

static void watch(struct qemu_plugin_tb *block, size_t length) {
  for (size_t i = 0; i < length; i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    uint64_t address = qemu_plugin_insn_vaddr(instruction);
#if API == 1
    if (qemu_plugin_insn_size(instruction) == 1 && *(const uint8_t *)qemu_plugin_insn_data(instruction) == HLT)
      qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &exits->halts, 1);
#endif
    uint64_t *known = writer(address);
    if (resetting && (known == NULL || *known == 0)) continue;
    qemu_plugin_register_vcpu_mem_cb(instruction, stored, CB_NO_REGS, MEM_W, (void *)(uintptr_t)address);
  }
}

static void translated(uint64_t id, struct qemu_plugin_tb *block) {
  (void)id;
  size_t length = qemu_plugin_tb_n_insns(block);
  size_t at = blocks ? place(qemu_plugin_tb_vaddr(block)) : 0;
  if (exits) watch(block, length);
#if API == 1
  qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, counter, length);
  if (blocks) qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &blocks[at].instructions, length);
#else
  qemu_plugin_register_vcpu_tb_exec_cb(block, run, CB_NO_REGS, (void *)(at << 16 | length));
#endif
}

static void *map(const char *path, size_t length) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  void *bytes = MAP_FAILED;
  if (file >= 0 && ftruncate(file, length) == 0)
    bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (bytes == MAP_FAILED) perror(path);
  if (file >= 0) close(file);
  return bytes == MAP_FAILED ? NULL : bytes;
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "counter=", 8) == 0) counter = map(argv[i] + 8, sizeof *counter);
    else if (strncmp(argv[i], "blocks=", 7) == 0) blocks = map(argv[i] + 7, BLOCKS * sizeof *blocks);
    else if (strncmp(argv[i], "exits=", 6) == 0) exits = map(argv[i] + 6, sizeof *exits);
  }
  if (counter == NULL) {
    fputs("count.so: want counter=PATH\n", stderr);
    return -1;
  }
  plugin = id;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  if (exits) watch_halts(id);
  return 0;
}
