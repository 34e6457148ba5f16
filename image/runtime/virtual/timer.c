/* The local APIC: sleep and interrupts. Read first: Intel SDM 3A chapter 10 (10.5.4 timer, 10.8.6 task priority,
 * 10.11.1 message address, 10.12 x2APIC). Where there is none (OpenBSD's vmm): the 8259 and channel 0 of the 8254; the
 * data sheets of both.
 *
 * Interrupts are let in only while the machine sleeps, so devices cost nothing while it works; what they have to say
 * waits in the local APIC. That is safe because nothing else ever halts: build/crashes.ts sees to musl's `hlt`. */
#include "machine.h"

enum { ID = 0x20, TASK_PRIORITY = 0x80, END_OF_INTERRUPT = 0xb0, SPURIOUS = 0xf0 };
enum { LVT_TIMER = 0x320, LVT_FIRST = 0x330, LVT_LAST = 0x370, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };
enum { MASKED = 0x10000, BY_16 = 3 };
enum { X2APIC = 1 << 10, APIC_ON = 1 << 11, LONGEST_US = 1000000000, PIT_KHZ = 1193, IF = 1 << 9 };

#define INTERRUPT __attribute__((interrupt)) void
struct interrupted {
  volatile uint64_t rip, cs, flags, rsp, ss;
};
void wait_for_interrupt(void);

static volatile uint32_t none[PAGE / 4], *lapic; /* where there is none, what is written to it; NULL: x2APIC, by MSR */
static uint32_t ticks_per_ms;
static volatile uint32_t interrupts; /* of devices */
static volatile uint64_t armed;      /* when the timer will fire, 0: it will not */

static void lapic_write(unsigned reg, uint32_t value) {
  if (lapic) lapic[reg / 4] = value;
  else wrmsr(MSR_X2APIC + reg / 16, value);
}

/* The 8259: vectors from the timer's on, which is line 0, the second one on line 2, interrupts that are at an end when
 * they are taken. Of devices no line is let in before a driver wants it (drivers/interrupt-lines.ts); with a local APIC
 * none at all, since all we use are messages. */
static void start_lines(int timer) {
  static const uint8_t words[][2] = {{0x20, 0x11}, {0x21, VECTOR_TIMER},     {0x21, 4}, {0x21, 3},
                                     {0xa0, 0x11}, {0xa1, VECTOR_TIMER - 8}, {0xa1, 2}, {0xa1, 3}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) outb(words[i][0], words[i][1]);
  outb(0x21, timer ? 0xfa : 0xff);
  outb(0xa1, 0xff);
}

void lapic_start(void) {
  start_lines(!(cpuid(1, 0).d >> 9 & 1));
  if (!(cpuid(1, 0).d >> 9 & 1)) return (void)(lapic = none);
  uint64_t base = rdmsr(MSR_APIC_BASE);
  if (cpuid(1, 0).c >> 21 & 1) base |= X2APIC;
  wrmsr(MSR_APIC_BASE, base | APIC_ON);
  if (!(base & X2APIC)) {
    if (!platform_map_device(base & 0xffffff000, PAGE)) platform_panic("cannot map the local APIC");
    lapic = (void *)(base & 0xffffff000);
  }
  for (unsigned reg = LVT_FIRST; reg <= LVT_LAST; reg += 0x10) lapic_write(reg, MASKED);
  lapic_write(SPURIOUS, 0x100 | VECTOR_SPURIOUS);
  lapic_write(DIVIDE, BY_16);
  lapic_write(LVT_TIMER, MASKED | VECTOR_TIMER);
}

void lapic_count(uint32_t count) { lapic_write(INITIAL, count); }
uint32_t lapic_counted(void) { return lapic ? lapic[CURRENT / 4] : (uint32_t)rdmsr(MSR_X2APIC + CURRENT / 16); }

static void arm(uint64_t at) {
  uint64_t now = platform_now(), us = at > now ? at - now : 1;
  if (us > LONGEST_US) us = LONGEST_US;
  uint64_t ticks = us * ticks_per_ms / 1000 + 1, most = lapic == none ? UINT16_MAX : UINT32_MAX;
  ticks = ticks > most ? most : ticks;
  armed = at;
  lapic_count((uint32_t)ticks);
  if (lapic != none) return;
  outb(0x43, 0x30); /* channel 0, both bytes, one shot: 55 ms at most */
  outb(0x40, (uint8_t)ticks);
  outb(0x40, (uint8_t)(ticks >> 8));
}

void timer_start(uint32_t lapic_ticks_per_ms) {
  ticks_per_ms = lapic == none ? PIT_KHZ : lapic_ticks_per_ms;
  lapic_write(LVT_TIMER, VECTOR_TIMER);
  lapic_write(TASK_PRIORITY, 0); /* every vector; by CR8 the same ends QEMU's emulation of a host of Xen */
}

/* Sleep ends by any interrupt; those of devices are counted. A line that is still asserted calls again when the machine
 * next sleeps, not at once. */
INTERRUPT device_interrupt(struct interrupted *sleep) {
  interrupts++;
  sleep->flags &= ~(uint64_t)IF;
  lapic_write(END_OF_INTERRUPT, 0);
}

INTERRUPT timer_interrupt(struct interrupted *) {
  armed = 0;
  lapic_write(END_OF_INTERRUPT, 0);
}

INTERRUPT spurious_interrupt(struct interrupted *) {}

void platform_sleep(uint64_t until) {
  static uint32_t seen;
  clock_refine();
  while (interrupts == seen && (until == PLATFORM_FOREVER || platform_now() < until)) {
    if (until != PLATFORM_FOREVER && armed != until) arm(until);
    wait_for_interrupt();
  }
  seen = interrupts;
}

/* Message address of the local APIC, 0: there is none. */
uint64_t platform_message_address(void) {
  return lapic == none ? 0 : 0xfee00000 | (uint64_t)(lapic ? lapic[ID / 4] >> 24 : 0) << 12;
}
