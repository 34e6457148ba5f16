/* Power-off by ACPI. Read first: ACPI 6.4, 5.2.5 (RSDP), 5.2.9 (FADT), 7.4.2 (\_Sx), 4.8.3.2 (PM1 control), 4.8.3.7 (sleep
 * control of hardware-reduced machines); QEMU docs/specs/pvpanic. Of AML only the one package \_S5 is read. Runs before paging_start(). */
#include "machine.h"
#include <string.h>

struct table {
  char signature[4];
  uint32_t length;
};
struct acpi acpi;
enum { PVPANIC = 0x505, PANICKED = 1, CRASH_HANDLED = 2, ABSENT = 0xff, DEBUG_EXIT = 0x501, TABLES_MAX = 64 };

static uint64_t get(const void *at, unsigned offset, unsigned size) {
  uint64_t value = 0;
  memcpy(&value, (const char *)at + offset, size);
  return value;
}

/* Firmware's tables are below 4 GB, all that is mapped by now; a length that cannot be is not believed. */
static const struct table *table_at(uint64_t address) {
  const struct table *t = (void *)address;
  return address && address < 0xfff00000 && t->length >= 36 && t->length < 0x100000 ? t : NULL;
}

/* Name (\_S5, Package {SLP_TYPa, ...}): 08 [5c] "_S5_" 12 PkgLength NumElements, then 00, 01 or 0a and a byte. */
static void find_s5(const struct table *t) {
  for (const uint8_t *p = (void *)t, *end = p + t->length - 8; p < end && !acpi.has_s5; p++) {
    if (*p != '_' || memcmp(p, "_S5_\x12", 5)) continue;
    p += 5;
    p += 1 + (*p >> 6) + 1;
    if (*p == 0x0a) p++;
    acpi.has_s5 = 1;
    acpi.s5 = *p & 7;
  }
}

static void read_fadt(const struct table *t) {
  uint32_t flags = (uint32_t)get(t, 112, 4);
  const struct table *dsdt = table_at(t->length >= 148 && get(t, 140, 8) ? get(t, 140, 8) : get(t, 40, 4));
  acpi.pm1_event = (uint16_t)get(t, 56, 4) | (uint32_t)get(t, 88, 1) << 16;
  acpi.pm1a = (uint16_t)get(t, 64, 4);
  acpi.pm1b = (uint16_t)get(t, 68, 4);
  acpi.pm_timer = (uint16_t)get(t, 76, 4);
  acpi.pm_timer_32_bit = flags >> 8 & 1;
  if ((flags >> 20 & 1) && t->length >= 256) {
    acpi.sleep_control = get(t, 248, 8);
    acpi.sleep_in_memory = !get(t, 244, 1);
  }
  if (dsdt) find_s5(dsdt);
}

void acpi_start(uint64_t rsdp) {
  const char *root = (void *)rsdp;
  for (uint64_t at = 0xe0000; !root && at < 0x100000; at += 16)
    if (!memcmp((void *)at, "RSD PTR ", 8)) root = (void *)at;
  if (!root || rsdp >= 0xfff00000 || memcmp(root, "RSD PTR ", 8)) return;
  int wide = root[15] >= 2 && get(root, 24, 8);
  const struct table *list = table_at(wide ? get(root, 24, 8) : get(root, 16, 4));
  if (!list) return;
  for (unsigned at = 36, size = wide ? 8 : 4; at + size <= list->length && at < 36 + TABLES_MAX * size; at += size) {
    const struct table *t = table_at(get(list, at, size));
    if (t && !memcmp(t->signature, "FACP", 4) && t->length >= 116) read_fadt(t);
    if (t && !memcmp(t->signature, "SSDT", 4)) find_s5(t);
  }
}

uint32_t platform_power_events(void) { return acpi.pm1_event; }

static int restarts;
void platform_restart_on_panic(int wanted) { restarts = wanted; }

void platform_power_off(int status) {
  __asm__ volatile("cli");
  uint8_t reduced = (uint8_t)(acpi.s5 << 2 | 1 << 5); /* SLP_TYP and SLP_EN */
  uint32_t full = (uint32_t)acpi.s5 << 10 | 1 << 13;
  if (status && panicking < 3) print("epiphyte: power off, status %d\n", status);
  console_drain();
  xen_power_off(panicking && restarts);
  /* What a supervisor sees: pvpanic, where it takes the event (or is told that we go on by ourselves); isa-debug-exit. */
  if (panicking && inb(PVPANIC) != ABSENT) outb(PVPANIC, restarts ? CRASH_HANDLED : PANICKED);
  if (status && !restarts && inb(DEBUG_EXIT) == 0) outb(DEBUG_EXIT, (uint8_t)status);
  if (panicking && restarts) outb(0xcf9, 6); /* the chipset's reset, and the keyboard controller's */
  if (panicking && restarts) outb(0x64, 0xfe);
  if (!acpi.has_s5) {
    outb(0x64, 0xfe); /* the keyboard controller's reset line: how Firecracker's guests end */
  } else if (!acpi.sleep_control) {
    platform_port_write(acpi.pm1a, 2, full);
    platform_port_write(acpi.pm1b, 2, full);
  } else if (!acpi.sleep_in_memory) {
    outb((uint16_t)acpi.sleep_control, reduced);
  } else if (platform_map_device(acpi.sleep_control, 1)) {
    *(volatile uint8_t *)acpi.sleep_control = reduced;
  }
  /* Hypervisors end the machine a moment after the write. */
  for (uint64_t from = rdtsc(), khz = tsc_khz ? tsc_khz : 1000000; rdtsc() - from < 5000 * khz;)
    __asm__ volatile("pause");
  print("epiphyte: this machine cannot be powered off; halted\n");
  for (;;) __asm__ volatile("hlt");
}
