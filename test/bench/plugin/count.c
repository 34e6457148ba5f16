// A TCG plugin that counts the guest's instructions into files that are mapped by both sides: whoever reads them has the
// running totals without stopping the guest.
//
//   qemu-system-x86_64 -plugin count.so,counter=PATH[,blocks=PATH]
//
// counter: eight bytes, the total. blocks: BLOCKS times { address of a translated block, instructions executed in it }.
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
enum { CB_NO_REGS = 0 };
enum { INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t, struct qemu_plugin_tb *));
#if API == 1
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t add);
#else
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*run)(unsigned, void *), int flags,
                                          void *);
#endif

EXPORT int qemu_plugin_version = API;

struct block {
  uint64_t address, instructions;
};

static uint64_t *counter;
static struct block *blocks;

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

static void translated(uint64_t id, struct qemu_plugin_tb *block) {
  (void)id;
  size_t length = qemu_plugin_tb_n_insns(block);
  size_t at = blocks ? place(qemu_plugin_tb_vaddr(block)) : 0;
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
  }
  if (counter == NULL) {
    fputs("count.so: want counter=PATH\n", stderr);
    return -1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
