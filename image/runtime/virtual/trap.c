/* Descriptor tables, panic, interrupts. Read first: Intel SDM 3A 6.14.5 (interrupt stack table), 6.15 (exceptions),
 * 7.7 (TSS in 64-bit mode). Every vector runs on its own stack: the interrupted code may be in a red zone, or at the
 * end of its stack. */
#include "machine.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct frame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
  uint64_t vector, error, rip, cs, flags, rsp, ss;
};
struct gate {
  uint16_t low, selector;
  uint8_t stack, type;
  uint16_t middle;
  uint32_t high, zero;
};

extern uint64_t gdt[];
extern char trap_stubs[], device_interrupt[], timer_interrupt[], spurious_interrupt[], syscall_entry[];
extern char boot_stack[], fault_stack[], nmi_stack[], text_start[], data_start[];
enum { STACK_NORMAL = 1, STACK_DOUBLE_FAULT, STACK_NMI, STUB_SIZE = 16, TRACE_MAX = 48 };
enum { TRAP_NMI = 2, TRAP_DOUBLE_FAULT = 8, TRAP_PAGE_FAULT = 14 };

static struct gate idt[256];
static struct {
  uint32_t reserved, words[24], io_map;
} __attribute__((packed, aligned(16))) tss;
int panicking;

static void set_gate(int vector, const void *handler, int stack) {
  uint64_t at = (uint64_t)handler;
  idt[vector] = (struct gate){(uint16_t)at, 8, (uint8_t)stack, 0x8e, (uint16_t)(at >> 16), (uint32_t)(at >> 32), 0};
}

void traps_start(void) {
  const char *stacks[] = {boot_stack, fault_stack, nmi_stack};
  for (int i = 0; i < 3; i++) tss.words[8 + 2 * i] = (uint32_t)(uint64_t)stacks[i]; /* IST1 to IST3 */
  tss.io_map = (uint32_t)sizeof tss << 16;
  uint64_t base = (uint64_t)&tss;
  gdt[3] = (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56 | 0x89ul << 40 | (sizeof tss - 1);
  for (int i = 0; i < 32; i++)
    set_gate(i, trap_stubs + i * STUB_SIZE,
             i == TRAP_NMI                ? STACK_NMI
                 : i == TRAP_DOUBLE_FAULT ? STACK_DOUBLE_FAULT
                                          : STACK_NORMAL);
  for (int i = 32; i < 255; i++) set_gate(i, i == VECTOR_TIMER ? timer_interrupt : device_interrupt, STACK_NORMAL);
  set_gate(VECTOR_SPURIOUS, spurious_interrupt, STACK_NORMAL);
  struct {
    uint16_t limit;
    uint64_t base;
  } __attribute__((packed)) pointer = {sizeof idt - 1, (uint64_t)idt};
  __asm__ volatile("lidt %0; ltr %w1" ::"m"(pointer), "r"(24));
  wrmsr(MSR_STAR, 8ul << 32);
  wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
  wrmsr(MSR_FMASK, 0);
  static uint64_t thread[32]; /* until the C library makes its own: vsnprintf's stack check reads it */
  wrmsr(MSR_FS_BASE, thread[0] = (uint64_t)thread);
}

static void print_list(const char *format, va_list list) {
  static char line[512];
  vsnprintf(line, sizeof line, format, list);
  platform_console(line, strlen(line));
}

void print(const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_list(format, list);
  va_end(list);
}

/* Without frame pointers: what on the stack looks like an address in the text, and where that is in TypeScript. */
static void print_stack(uint64_t from) {
  int found = 0;
  from &= -8ul;
  for (uint64_t at = from; at < from + 16384 && found < TRACE_MAX && is_mapped(at); at += 8) {
    uint64_t word = *(uint64_t *)at;
    if (word < (uint64_t)text_start || word >= (uint64_t)data_start) continue;
    print("%s%lx %s\n", found++ ? "         " : "  stack: ", word, below_where ? below_where(word - 1) : "");
  }
}

/* Once; what goes wrong from here on ends the machine at once. */
static void begin_panic(void) {
  __asm__ volatile("cli");
  if (++panicking > 3)
    for (;;) __asm__ volatile("hlt");
  if (panicking > 1) platform_power_off(1);
}

_Noreturn static void end_panic(uint64_t stack) {
  print_stack(stack);
  if (engine_describe) engine_describe();
  platform_power_off(1);
}

void platform_panic(const char *format, ...) {
  va_list list;
  begin_panic();
  print("panic: ");
  va_start(list, format);
  print_list(format, list);
  va_end(list);
  print("\n");
  end_panic((uint64_t)__builtin_frame_address(0));
}

static const char *hint(uint64_t address, uint64_t error) {
  if (address < 0x100000) return "null pointer";
  if (address >= stack_bottom - PAGE && address < stack_bottom) return "stack overflow";
  if ((error & 0x11) == 0x11) return "execution of data (W^X)";
  if ((error & 3) == 3) return "write to read-only memory (W^X)";
  return "nothing is mapped there";
}

static const char *access_of(uint64_t error) { return error & 16 ? "execution" : error & 2 ? "write" : "read"; }

/* By vector. */
/* clang-format off */
static const char *const trap_names[32] = {
    "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode", "no FPU",
    "double fault", "", "invalid TSS", "segment not present", "stack fault", "general protection", "page fault", "",
    "x87 error", "alignment check", "machine check", "SIMD error", "virtualization", "control protection"};
/* clang-format on */

_Noreturn void trap(struct frame *f) {
  uint64_t address;
  __asm__("mov %%cr2, %0" : "=r"(address));
  begin_panic();
  print("panic: trap %lu (%s), error %lx, at %lx\n", f->vector, trap_names[f->vector] ? trap_names[f->vector] : "",
        f->error, f->rip);
  if (below_where && *below_where(f->rip)) print("  at %s\n", below_where(f->rip));
  if (f->vector == TRAP_PAGE_FAULT || f->vector == TRAP_DOUBLE_FAULT)
    print("  %s of %lx: %s\n", access_of(f->error), address, hint(address, f->error));
  print("  rax %016lx rbx %016lx rcx %016lx rdx %016lx\n  rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rax,
        f->rbx, f->rcx, f->rdx, f->rsi, f->rdi, f->rbp, f->rsp);
  print("  r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n  r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r8, f->r9,
        f->r10, f->r11, f->r12, f->r13, f->r14, f->r15);
  end_panic(f->rsp);
}
