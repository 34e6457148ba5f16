/* What the files of the bare machine share. All of them are compiled with -mgeneral-regs-only: they run inside musl's
 * inline system calls and inside interrupts, which expect vector registers to be left alone. */
#ifndef EPIPHYTE_MACHINE_H
#define EPIPHYTE_MACHINE_H
#include "../platform.h"

enum { PAGE = 4096, SCREEN = 0xb8000, VECTOR_TIMER = 0xf0, VECTOR_SPURIOUS = 0xff };

/* Intel SDM volume 4; Linux Documentation/virt/kvm/x86/msr.rst. */
enum { MSR_APIC_BASE = 0x1b, MSR_X2APIC = 0x800, MSR_FS_BASE = 0xc0000100 };
enum { MSR_STAR = 0xc0000081, MSR_LSTAR = 0xc0000082, MSR_FMASK = 0xc0000084 };
enum { MSR_KVM_WALL_CLOCK = 0x4b564d00, MSR_KVM_SYSTEM_TIME = 0x4b564d01 };

struct registers {
  uint32_t a, b, c, d;
};

static inline struct registers cpuid(uint32_t leaf, uint32_t sub) {
  struct registers r;
  __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
  return r;
}
static inline uint64_t rdmsr(uint32_t msr) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return (uint64_t)high << 32 | low;
}
static inline void wrmsr(uint32_t msr, uint64_t value) {
  __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
static inline uint64_t rdtsc(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
  return (uint64_t)high << 32 | low;
}
static inline uint8_t inb(uint16_t port) { return (uint8_t)platform_port_read(port, 1); }
static inline void outb(uint16_t port, uint8_t value) { platform_port_write(port, 1, value); }

/* start.c */
extern struct hypervisor {
  const char *name;
  uint32_t leaf; /* base of its CPUID leaves, or 0 */
} hypervisor;
extern uint64_t stack_bottom, stack_top; /* the page under the bottom is unmapped */
extern struct span {
  uint64_t from, to;
} ram[]; /* whole pages above the first megabyte */
extern int ram_count;
/* paging.c: physical is virtual. Flags are those of a page table entry. */
enum { PAGE_WRITE = 2, PAGE_UNCACHED = 0x18 };
#define PAGE_NO_EXECUTE (1ul << 63)
int map_pages(uint64_t from, uint64_t to, uint64_t flags);
int is_mapped(uint64_t address);
void paging_start(void);
/* trap.c */
extern int panicking;
void traps_start(void);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* timer.c, clock.c */
extern uint64_t tsc_khz;
void lapic_start(void);
void lapic_count(uint32_t count);
uint32_t lapic_counted(void);
void timer_start(uint32_t lapic_ticks_per_ms);
void clock_start(uint64_t entry_tsc);
void clock_refine(void);
/* xen.c */
void xen_start(void);
int xen_put(char c);
void xen_power_off(int restart);
/* power.c */
extern struct acpi {
  uint16_t pm1a, pm1b, pm_timer; /* ports, 0: none */
  uint32_t pm1_event;            /* port, and its length above 16 bits */
  uint8_t s5;                    /* SLP_TYP of soft off, if has_s5 */
  int has_s5, pm_timer_32_bit, sleep_in_memory;
  uint64_t sleep_control; /* port or address; hardware-reduced machines */
} acpi;
void acpi_start(uint64_t rsdp);
/* console.c, entropy.c */
void console_start(void);
void console_drain(void);
void entropy_start(void);

#endif
