/* What C has of Xen: hypercalls, the page that it shares with us, which has the clock, and its console. Read first: Xen
 * public/arch-x86/cpuid.h (leaf 2), memory.h (add_to_physmap), hvm/params.h, xen.h (shared_info), io/console.h, sched.h.
 * The rest is TypeScript: drivers/xen. */
#include "machine.h"

enum { MEMORY_OP = 12, SCHED_OP = 29, EVENT_CHANNEL_OP = 32, HVM_OP = 34 };
enum { ADD_TO_PHYSMAP = 7, YIELD = 0, SHUTDOWN = 2, SEND = 4, GET_PARAM = 1, SELF = 0x7ff0, NO_SUCH_CALL = -38 };
enum { CONSOLE_PFN = 17, CONSOLE_EVENT = 18, POWEROFF = 0, REBOOT = 1, CRASH = 3, PATIENCE = 10000 };

static volatile struct {
  char in[1024], out[2048];
  uint32_t in_consumer, in_producer, out_consumer, out_producer;
} *console;
extern char xen_hypercalls[]; /* a page that Xen writes, past our page tables: link.ld */
static uint8_t shared[PAGE] __attribute__((aligned(PAGE)));
static uint32_t console_port, present;

long platform_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c) {
  long (*call)(uint64_t, uint64_t, uint64_t) = (void *)(xen_hypercalls + 32 * number);
  return present ? call(a, b, c) : NO_SUCH_CALL;
}

uint64_t platform_xen_shared(void) { return present ? (uint64_t)shared : 0; }

static uint64_t parameter(uint64_t index) {
  uint64_t get[2] = {SELF | index << 32, 0};
  return platform_hypercall(HVM_OP, GET_PARAM, (uint64_t)get, 0) ? 0 : get[1];
}

/* At the start, and when the machine goes on elsewhere. */
void xen_start(void) {
  if (hypervisor.name[0] != 'x') return;
  wrmsr(cpuid(hypervisor.leaf + 2, 0).b, (uint64_t)xen_hypercalls);
  present = 1;
  uint64_t map[3] = {SELF, 0, (uint64_t)shared / PAGE}, page = parameter(CONSOLE_PFN) * PAGE;
  if (platform_hypercall(MEMORY_OP, ADD_TO_PHYSMAP, (uint64_t)map, 0)) platform_panic("Xen shares no page with us");
  console_port = (uint32_t)parameter(CONSOLE_EVENT);
  console = page && platform_map_device(page, PAGE) ? (void *)page : NULL;
}

/* Waits until no more than `most` bytes are in the ring: not for ever, and hardly again for who did not read before. */
static int drained(uint32_t most) {
  static int patience = PATIENCE;
  int left = patience + 1;
  for (; left && console->out_producer - console->out_consumer > most; left--) {
    platform_hypercall(EVENT_CHANNEL_OP, SEND, (uint64_t)&console_port, 0);
    platform_hypercall(SCHED_OP, YIELD, 0, 0);
  }
  patience = left ? PATIENCE : 0;
  return left;
}

/* 0: there is no console. */
int xen_put(char c) {
  if (!console || !drained(sizeof console->out - 1)) return console != NULL;
  console->out[console->out_producer % sizeof console->out] = c;
  __sync_synchronize();
  console->out_producer++;
  if (c == '\n') platform_hypercall(EVENT_CHANNEL_OP, SEND, (uint64_t)&console_port, 0);
  return 1;
}

/* Returns where there is no Xen. */
void xen_power_off(int restart) {
  uint32_t reason = restart ? REBOOT : panicking ? CRASH : POWEROFF;
  if (console) drained(0);
  platform_hypercall(SCHED_OP, SHUTDOWN, (uint64_t)&reason, 0);
}
