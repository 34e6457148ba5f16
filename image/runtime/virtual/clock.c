/* Time from the TSC. How fast it runs is told by the hypervisor (the pvclock of KVM and Xen) or found with a counter
 * whose rate is known: the ACPI timer or the PIT. Read first: Linux Documentation/virt/kvm/x86/msr.rst; ACPI 6.4, 4.8.3.3;
 * Intel 8254 data sheet. The date of a machine whose hypervisor tells none is read by drivers/rtc.ts. */
#include "machine.h"

struct pvclock { /* one per processor, written by the hypervisor (KVM, Xen); an odd version while it writes */
  uint32_t version, pad;
  uint64_t tsc, system_ns;
  uint32_t multiplier;
  int8_t shift;
  uint8_t flags, pad2[2];
};
struct sample {
  uint64_t tsc;
  uint32_t count;
};

enum { PM_TIMER_HZ = 3579545, PIT_HZ = 1193182, TRIES = 6, XEN_TIME = 32, XEN_WALL_CLOCK = 0xc00 }; /* in Xen's page */

uint64_t tsc_khz;
static volatile struct pvclock own_pvclock __attribute__((aligned(64))), *pvclock = &own_pvclock;
static int use_pvclock, read_pit;
static uint64_t origin, scale;  /* TSC at time zero; microseconds a tick, times 2^48 */
static uint64_t offset, latest; /* microseconds: at `origin`; last told */
static int64_t wall_origin;     /* milliseconds since 1970 at time zero, as far as a hypervisor told them */
static struct sample first;     /* of the reference counter, which has `hz`; hz 0: none was needed */
static uint32_t hz, mask;

static uint64_t pvclock_ns(void) {
  uint64_t ns;
  uint32_t version;
  do {
    version = pvclock->version;
    uint64_t delta = rdtsc() - pvclock->tsc;
    delta = pvclock->shift >= 0 ? delta << pvclock->shift : delta >> -pvclock->shift;
    ns = pvclock->system_ns + (uint64_t)((unsigned __int128)delta * pvclock->multiplier >> 32);
  } while ((version & 1) || version != pvclock->version);
  return ns;
}

uint64_t platform_now(void) {
  uint64_t now = use_pvclock ? pvclock_ns() / 1000 - origin
                             : offset + (uint64_t)((unsigned __int128)(rdtsc() - origin) * scale >> 48);
  return latest = (int64_t)(now - latest) > 0 ? now : latest; /* never back, whatever the hypervisor does */
}

/* The processor is ours alone. */
uint64_t platform_cpu_time(void) { return platform_now(); }
int64_t platform_wall_clock(void) { return wall_origin + (int64_t)(platform_now() / 1000); }

static void set_frequency(uint64_t khz) {
  tsc_khz = khz;
  scale = (1000ul << 48) / khz;
}

static uint32_t counter(void) {
  if (!read_pit) return platform_port_read(acpi.pm_timer, 4) & mask;
  outb(0x43, 0x80); /* latch channel 2 */
  uint32_t low = inb(0x42);
  return -(low | (uint32_t)inb(0x42) << 8) & mask; /* it counts down */
}

/* The counter and the TSC at one moment: the tightest of some tries, since the host may steal time between the reads. */
static struct sample sample(void) {
  struct sample best = {0, 0};
  uint64_t width = UINT64_MAX;
  for (int i = 0; i < TRIES; i++) {
    uint64_t before = rdtsc();
    uint32_t count = hz ? counter() : 0;
    uint64_t after = rdtsc();
    if (after - before >= width) continue;
    width = after - before;
    best = (struct sample){before + width / 2, count};
  }
  return best;
}

static void find_reference(void) {
  set_frequency(1000000); /* until it is known */
  if (acpi.pm_timer && platform_port_read(acpi.pm_timer, 4) != UINT32_MAX) {
    hz = PM_TIMER_HZ;
    mask = acpi.pm_timer_32_bit ? UINT32_MAX : 0xffffff;
    return;
  }
  outb(0x61, (uint8_t)((inb(0x61) & ~2) | 1)); /* gate of channel 2 open, speaker off */
  outb(0x43, 0xb4);                            /* channel 2, both bytes, rate generator, of 65,536 */
  outb(0x42, 0);
  outb(0x42, 0);
  read_pit = 1;
  hz = PIT_HZ;
  mask = 0xffff;
}

static int start_pvclock(void) {
  if (platform_xen_shared()) pvclock = (void *)(platform_xen_shared() + XEN_TIME);
  else if (hypervisor.name[0] != 'k' || !(cpuid(hypervisor.leaf + 1, 0).a >> 3 & 1)) return 0; /* CLOCKSOURCE2 */
  else wrmsr(MSR_KVM_SYSTEM_TIME, (uint64_t)pvclock | 1);
  if (!pvclock->multiplier) return 0;
  uint64_t khz = (1000000ul << 32) / pvclock->multiplier;
  set_frequency(pvclock->shift >= 0 ? khz >> pvclock->shift : khz << -pvclock->shift);
  return use_pvclock = 1;
}

/* Two milliseconds, for the TSC unless its rate is known, and for the local APIC's timer. A counter that stands still is
 * none. */
static uint32_t calibrate(void) {
  lapic_count(UINT32_MAX);
  uint32_t lapic_first = lapic_counted();
  struct sample last = first = sample();
  for (int tries = 0; hz ? ((last.count - first.count) & mask) < hz / 500 : last.tsc - first.tsc < 2 * tsc_khz;
       tries++) {
    last = sample();
    if (tries == 1000 && last.count == first.count) hz = 0;
  }
  uint32_t lapic_ticks = lapic_first - lapic_counted();
  if (hz) set_frequency((last.tsc - first.tsc) * hz / ((last.count - first.count) & mask) / 1000);
  return (uint32_t)(lapic_ticks * tsc_khz / (last.tsc - first.tsc));
}

/* The longer the window the better: after some seconds the same two samples tell the rate to a millionth. The estimate
 * so far tells how often the counter has wrapped. Called before sleep, when a little work does not matter. */
void clock_refine(void) {
  uint64_t now = platform_now();
  if (!hz || read_pit || now < 3000000) return;
  struct sample last = sample();
  uint64_t guess = (unsigned __int128)(last.tsc - first.tsc) * hz / (tsc_khz * 1000);
  uint32_t wrong = (last.count - first.count - (uint32_t)guess) & mask; /* modulo the counter's width, signed */
  int64_t ticks = (int64_t)guess + (wrong > mask / 2 ? (int64_t)wrong - mask - 1 : (int64_t)wrong);
  hz = 0;
  uint64_t khz = (uint64_t)((unsigned __int128)(last.tsc - first.tsc) * PM_TIMER_HZ / (uint64_t)ticks / 1000);
  if (khz < tsc_khz - tsc_khz / 50 || khz > tsc_khz + tsc_khz / 50) return; /* not to be believed */
  origin = last.tsc;
  offset = now;
  set_frequency(khz);
}

/* The date when system time was zero, and system time; Xen and KVM have it in one form. */
static int64_t read_wall_clock(void) {
  static volatile uint32_t own[4] __attribute__((aligned(16))), *wall = own; /* version, seconds, nanoseconds */
  if (platform_xen_shared()) wall = (void *)(platform_xen_shared() + XEN_WALL_CLOCK);
  else wrmsr(MSR_KVM_WALL_CLOCK, (uint64_t)wall);
  return (int64_t)wall[1] * 1000 + wall[2] / 1000000 + (int64_t)(pvclock_ns() / 1000000);
}

/* The machine stood still, and its clock is another one: time goes on from where it was, the date is read anew. */
void platform_xen_resumed(void) {
  xen_start();
  origin = pvclock_ns() / 1000 - latest;
  wall_origin = read_wall_clock() - (int64_t)(platform_now() / 1000);
}

void clock_start(uint64_t entry_tsc) {
  if (!start_pvclock()) find_reference();
  int needed = hz != 0;
  uint32_t ticks = calibrate();
  if (needed && !hz) print("clock: nothing tells how fast it runs; taking 1 GHz\n");
  origin = use_pvclock ? pvclock_ns() / 1000 : entry_tsc;
  if (use_pvclock) wall_origin = read_wall_clock() - (int64_t)(platform_now() / 1000);
  timer_start(ticks);
}
