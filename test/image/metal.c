/* A main() that tries what image/runtime/virtual promises; metal.e2e.ts boots it and reads what it says. The command line
 * names what to do: "report" (and the good cases), or one fault. */
#include "../../image/runtime/platform.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 200000, SLOTS = 1000 };
static const char constant[64] = "constant";
static _Thread_local int thread_local_word = 77;
static volatile uint64_t sink;
void __stack_chk_fail(void);

void engine_describe(void) {
  puts("described");
  fflush(stdout);
  if (strstr(platform_parameters(), "twice")) *(volatile int *)8 = 1;
}

static uint32_t next(void) {
  static uint32_t state = 1;
  state = state * 1664525 + 1013904223;
  return state >> 8;
}

/* Extended state that the system has enabled (XCR0); 3 where the processor cannot tell. */
static unsigned xcr0(void) {
  unsigned a = 1, b, c = 0, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if (!(c >> 27 & 1)) return 3;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
}

/* Through the local APIC (x2APIC where it is on): what a device's message does. Without one: by COM1's line, since it could
 * take more. */
static void interrupt_self(unsigned vector) {
  unsigned low, high;
  if (!platform_message_address()) {
    platform_port_write(0x21, 1, platform_port_read(0x21, 1) & ~(1u << 4));
    platform_port_write(0x3f9, 1, 2);
    return;
  }
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x1b));
  if (low >> 10 & 1) __asm__ volatile("wrmsr" ::"c"(0x830), "a"(1 << 18 | vector), "d"(0));
  else *(volatile uint32_t *)0xfee00300 = 1 << 18 | vector;
}

static int heap_works(void) {
  static struct {
    unsigned char *p;
    size_t size;
  } slots[SLOTS];
  size_t before = platform_heap_used();
  for (int i = 0; i < ROUNDS; i++) {
    int s = (int)(next() % SLOTS);
    size_t size = next() % (next() % 64 ? 600 : 20000);
    if (slots[s].size && (slots[s].p[0] != (unsigned char)s || slots[s].p[slots[s].size - 1] != (unsigned char)s))
      return 0;
    slots[s].p = realloc(slots[s].p, size);
    if (!slots[s].p && size) return 0;
    if ((slots[s].size = size)) slots[s].p[0] = slots[s].p[size - 1] = (unsigned char)s;
  }
  for (int s = 0; s < SLOTS; s++) {
    free(slots[s].p);
    slots[s].p = NULL;
    slots[s].size = 0;
  }
  return platform_heap_used() == before;
}

/* The whole heap can be given out, both ends of every piece written, and taken back. Large pieces where there is much memory:
 * a host may be slow to find it. */
static int memory_works(void) {
  static char *pieces[1024];
  size_t length = platform_heap_limit() >> 30 ? 64 << 20 : 1 << 20, count = 0;
  int good = 1;
  for (char *p; count < 1024 && (p = malloc(length)); count++) {
    pieces[count] = p;
    *(uint64_t *)p = *(uint64_t *)(p + length - 8) = (uint64_t)p;
  }
  for (size_t i = 0; i < count; i++)
    good &=
        *(uint64_t *)pieces[i] == (uint64_t)pieces[i] && *(uint64_t *)(pieces[i] + length - 8) == (uint64_t)pieces[i];
  printf("megabytes %zu errno %d\n", count * (length >> 20), errno);
  for (size_t i = 0; i < count; i++) free(pieces[i]);
  return good;
}

static void report(void) {
  uint8_t random[40] = {0}, more[40] = {0};
  time_t now = (time_t)(platform_wall_clock() / 1000);
  struct tm utc;
  char date[32];
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &utc));
  printf("target %s on %s\nparameters %s\nmodule %zu <%.20s>\n", platform_target(), platform_hypervisor(),
         platform_parameters(), strlen(platform_module()), platform_module());
  printf("entered %lu us ago, date %s\nstack %zu KB, heap %zu KB\n", platform_now(), date, platform_stack_size() / 1024,
         platform_heap_limit() / 1024);
  printf("tls %d, vector %.3f, xcr0 %x\n", thread_local_word, sqrt(2.0), xcr0());
  int random_works = platform_random(random, 40), differ = platform_random(more, 40) && memcmp(random, more, 40);
  printf("random %d differ %d getentropy %d\n", random_works, differ, getentropy(random, 16));
  platform_add_entropy((const uint8_t *)"0123456789abcdef0123456789abcdef", 32, 1);
  printf("credited %d\n", platform_random(random, 40));
  printf("messages to %lx\n", platform_message_address());
  printf("map memory %d, map null %d, map high %d\n", platform_map_device(0x100000, 4096), platform_map_device(0, 4096),
         platform_map_device(0x3000000000, 1 << 24));
  printf("high reads %x\n", *(volatile uint32_t *)0x3000000000);
  printf("heap %s, memory %s\n", heap_works() ? "works" : "BROKEN", memory_works() ? "works" : "BROKEN");
  interrupt_self(50);
  uint64_t start = platform_now();
  platform_sleep(start + 5000000);
  printf("woken %d\n", platform_now() - start < 1000000);
  platform_port_write(0x3f9, 1, 0);
  platform_sleep(platform_now() + 1000); /* what COM1's line had to say of that text */
  start = platform_now();
  int64_t wall = platform_wall_clock();
  for (int i = 0; i < 10; i++) platform_sleep(platform_now() + 100000);
  printf("slept %lu us, wall %ld ms\n", platform_now() - start, (long)(platform_wall_clock() - wall));
}

static void overflow(int depth) {
  volatile char frame[500];
  frame[0] = (char)depth;
  overflow(depth + 1);
  sink = (uint64_t)frame[0];
}

void __stack_chk_fail(void);

/* Six seconds of jumps, not taken, whose last byte is that of `hlt`: most interrupts meet an instruction after one. */
static void jump_about(void) {
  for (uint64_t end = platform_now() + 6000000; platform_now() < end;)
    for (int i = 0; i < 1000000; i++)
      __asm__ volatile("xor %%eax, %%eax; .rept 16; 1: .fill 8, 1, 0x90; test %%eax, %%eax; jne 1b; .endr" ::: "eax");
}

int main(int argc, char **argv) {
  const char *what = platform_parameters();
  static char data_code[] = {(char)0xc3};
  printf("main %d %s\n", argc, argv[0]);
  if (strstr(what, "report")) report();
  if (strstr(what, "idle")) platform_sleep(PLATFORM_FOREVER);
  if (strstr(what, "text-write")) *(volatile char *)(void *)main = 1;
  if (strstr(what, "rodata-write")) *(volatile char *)constant = 1;
  if (strstr(what, "rodata-run")) ((void (*)(void))(void *)constant)();
  if (strstr(what, "data-run")) ((void (*)(void))(void *)data_code)();
  if (strstr(what, "heap-run")) ((void (*)(void))memset(malloc(64), 0xc3, 64))();
  if (strstr(what, "null-read")) sink = *(volatile uint64_t *)(uintptr_t)(sink + 16);
  if (strstr(what, "null-call")) ((void (*)(void))(uintptr_t)sink)();
  if (strstr(what, "wild-read")) sink = *(volatile uint64_t *)0x500000000000;
  if (strstr(what, "overflow")) overflow(0);
  if (strstr(what, "divide")) sink = (uint64_t)argc / sink;
  if (strstr(what, "system-call")) fork();
  if (strstr(what, "abort")) abort();
  if (strstr(what, "crash")) __stack_chk_fail(); /* musl's a_crash() */
  if (strstr(what, "jumps")) jump_about();
  if (strstr(what, "double-free")) {
    void *p = malloc(10000);
    free(p);
    free(p);
  }
  if (strstr(what, "status")) return 3;
  puts("end");
  return 0;
}
