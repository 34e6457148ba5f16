/* Stress for image/runtime/malloc.c on the build host: its functions are renamed by macros (malloc-test.e2e.ts has the
 * command), so the host's own heap is the arena and the bookkeeping. Every live block is filled with a pattern of its own and
 * checked when it is resized or freed, so an overlap of two blocks is seen. Argument: the seed. */
#undef malloc
#undef free
#include "../../image/runtime/platform.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *heap_malloc(size_t);
void heap_free(void *);
void *heap_realloc(void *, size_t);
void *heap_calloc(size_t, size_t);
size_t heap_malloc_usable_size(void *);

enum { SLOTS = 4000, ROUNDS = 1500000, ARENAS = 3 };
static const size_t arena_size[ARENAS] = {3 << 20, 24 << 20, 70 << 12};
static struct {
  unsigned char *p;
  size_t size;
  unsigned char fill;
} slots[SLOTS];
static unsigned long long state;
static char *arenas[ARENAS];

_Noreturn static void fail(const char *why, int slot) {
  printf("FAIL %s, slot %d, %p, %zu bytes\n", why, slot, (void *)slots[slot].p, slots[slot].size);
  exit(1);
}

void platform_panic(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vprintf(format, list);
  putchar('\n');
  exit(2);
}

static unsigned long long next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

/* Mostly objects of a script engine, some buffers, a few large arrays. */
static size_t any_size(void) {
  unsigned long long r = next() % 1000;
  return r < 850 ? next() % 300 : r < 970 ? next() % 5000 : r < 998 ? next() % 100000 : next() % 3000000;
}

static void check(int i) {
  size_t size = slots[i].size;
  for (size_t at = 0; at < size; at += at < 64 || size - at < 80 ? 1 : 61)
    if (slots[i].p[at] != slots[i].fill) fail("another block wrote into this one", i);
}

static void place(int i, void *p, size_t size) {
  slots[i].p = p;
  slots[i].size = size;
  slots[i].fill = (unsigned char)next();
  int inside = 0;
  for (int a = 0; a < ARENAS; a++)
    inside |= (char *)p >= arenas[a] && (char *)p + heap_malloc_usable_size(p) <= arenas[a] + arena_size[a];
  if (!inside) fail("outside the arenas", i);
  if ((size_t)p % 16 || (size >= 4096 && (size_t)p % 4096)) fail("alignment", i);
  if (heap_malloc_usable_size(p) < size) fail("usable size", i);
  memset(p, slots[i].fill, size);
}

static unsigned long long refused;

static void step(int i) {
  size_t size = any_size();
  void *p = NULL;
  if (!slots[i].p) {
    unsigned kind = next() % 8;
    if (kind == 0) {
      if ((p = heap_calloc(size / 7 + 1, 7)))
        for (size_t at = 0; at < size; at++)
          if (((char *)p)[at]) fail("calloc", i);
    } else {
      p = heap_malloc(size);
    }
    if (p) place(i, p, size);
    else refused++;
  } else {
    check(i);
    if (next() % 3) {
      heap_free(slots[i].p);
      slots[i].p = NULL;
      return;
    }
    size_t kept = size < slots[i].size ? size : slots[i].size;
    unsigned char fill = slots[i].fill;
    p = heap_realloc(slots[i].p, size);
    if (!p && size <= slots[i].size) fail("shrinking failed", i);
    if (!p) {
      refused++;
      return;
    }
    for (size_t at = 0; at < kept; at++)
      if (((unsigned char *)p)[at] != fill) fail("realloc lost bytes", i);
    place(i, p, size);
  }
}

/* All pages are one run again: a block of nearly the largest arena fits, twice, with no byte counted as used. */
static void check_empty(size_t base) {
  if (platform_heap_used() != base) fail("bytes still counted as used", 0);
  for (int i = 0; i < 2; i++) {
    void *p = heap_malloc(arena_size[1] - (arena_size[1] >> 8));
    if (!p) fail("free pages were not merged", 0);
    heap_free(p);
  }
  size_t most = platform_heap_largest();
  if (heap_malloc(most + 1)) fail("more in one piece than was said", most);
  void *p = heap_malloc(most);
  if (!p) fail("less in one piece than was said", most);
  heap_free(p);
}

int main(int argc, char **argv) {
  state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2654435761u + 1 : 1;
  for (int a = 0; a < ARENAS; a++) {
    arenas[a] = mmap(NULL, arena_size[a], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(arenas[a], 0xa5, arena_size[a]); /* memory is not zero when a machine starts */
    heap_add(arenas[a], arena_size[a]);
  }
  if (argc > 2) { /* what must end in a panic */
    char *p = heap_malloc(argv[2][0] == 's' ? 100 : 10000), *q = heap_malloc(10000);
    if (!strcmp(argv[2], "twice")) {
      heap_free(p);
      heap_free(p);
    }
    if (!strcmp(argv[2], "inside")) heap_free(q + 4096 + 8);
    if (!strcmp(argv[2], "foreign")) heap_free(&state);
    puts("not noticed");
    return 0;
  }
  size_t base = platform_heap_used();
  if (heap_malloc((size_t)-1) || heap_malloc(1ul << 62) || heap_calloc(1ul << 33, 1ul << 33))
    fail("impossible size", 0);
  if (heap_pages((size_t)-1)) fail("impossible number of pages", 0);
  for (int round = 0; round < ROUNDS; round++) step((int)(next() % (round % 100000 < 50000 ? SLOTS : SLOTS / 8)));
  size_t live = 0, used = platform_heap_used();
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].p) live += slots[i].size;
  if (platform_heap_peak() < used || platform_heap_peak() > platform_heap_limit()) fail("peak", 0);
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].p) {
      check(i);
      heap_free(slots[i].p);
      slots[i].p = NULL;
    }
  check_empty(base);
  printf("ok: live %zu of used %zu KB, peak %zu of %zu KB, %llu refused\n", live >> 10, used >> 10,
         platform_heap_peak() >> 10, platform_heap_limit() >> 10, refused);
  return 0;
}
