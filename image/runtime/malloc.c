/* The C heap of both targets: pages by good fit, small sizes from slabs. Read first: Bonwick, "The Slab Allocator"
 * (1994); Masmano et al., "TLSF" (2004) for the two-level bins of the page level.
 *
 * A range is a stretch of memory that the platform gave with heap_add. Its head holds `map`, one word per page:
 *   length << 2 | FREE     on the first and the last page of a free run
 *   length << 2 | LARGE    on the first page of a run in use; the last page, if another, holds LARGE alone
 *   offset << 2 | SLAB     on every page of a slab: how many pages before this one its header lies
 * so merging looks at two words and nothing needs clearing when five gigabytes are added. There are no threads, and
 * interrupt handlers do not allocate. A bad free ends the machine. Compile with -fno-builtin (calloc would become a
 * call of calloc). */
#include "platform.h"
#include <string.h>

enum { FREE, LARGE, SLAB };
enum { PAGE = 4096, RANGES = 8, SLAB_PAGES = 4, SLAB_HEAD = 64, SMALL_MAX = 4080, CLASSES = 28, BINS = 128 };

struct range {
  char *base;
  size_t pages;
  uint32_t *map;
}; /* base: the first page that can be given out */
struct run {
  struct run *next, **link;
  size_t pages;
}; /* lies in the free pages themselves */
struct slab { /* the first SLAB_HEAD bytes of its pages; `next`, `link` are used while it has room */
  struct slab *next, **link;
  void **free;       /* freed objects, linked through their first word */
  char *fresh, *end; /* never given out yet: a new slab is not touched before it is needed */
  uint32_t class, used;
};

/* 16 to 128 by 16; then four a doubling; the last ones divide a slab evenly. */
static const uint16_t sizes[CLASSES] = {16,  32,  48,  64,  80,  96,   112,  128,  160,  192,  224,  256,  320,  384,
                                        448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2032, 2320, 2720, 3264, 4080};
static uint8_t class_of[SMALL_MAX / 16 + 1]; /* by size in units of 16, rounded up */
static struct range ranges[RANGES];
static int range_count;
static struct run *bins[BINS];
static uint64_t bin_map[BINS / 64];
static struct slab *rooms[CLASSES]; /* slabs with room */
static size_t used, limit, peak, allocations, free_pages;

/* ---- Pages ---- */

/* Bins hold one length each up to 8 pages, then four bins a doubling. */
static unsigned bin_of(size_t pages) {
  if (pages < 8) return (unsigned)pages;
  unsigned top = 63 - (unsigned)__builtin_clzl(pages);
  return 8 + (top - 3) * 4 + (unsigned)(pages >> (top - 2) & 3);
}

static struct range *range_of(const void *p) {
  for (int i = 0; i < range_count; i++)
    if ((size_t)((const char *)p - ranges[i].base) < ranges[i].pages * PAGE) return &ranges[i];
  platform_panic("heap: %p was never allocated", p);
}

static void *page_at(const struct range *r, size_t at) { return r->base + at * PAGE; }
static size_t index_of(const struct range *r, const void *p) { return (size_t)((const char *)p - r->base) / PAGE; }

static void unlink_run(struct run *run) {
  unsigned bin = bin_of(run->pages);
  if ((*run->link = run->next)) run->next->link = run->link;
  if (!bins[bin]) bin_map[bin / 64] &= ~(1ul << bin % 64);
}

/* Makes pages [at, at + pages) free, merged with what is free beside them. */
static void release(struct range *r, size_t at, size_t pages) {
  r->map[at] = FREE; /* a second free() of it will be seen */
  free_pages += pages;
  if (at + pages < r->pages && (r->map[at + pages] & 3) == FREE) {
    size_t after = r->map[at + pages] >> 2;
    unlink_run(page_at(r, at + pages));
    pages += after;
  }
  if (at && (r->map[at - 1] & 3) == FREE) {
    size_t before = r->map[at - 1] >> 2;
    at -= before;
    pages += before;
    unlink_run(page_at(r, at));
  }
  struct run *run = page_at(r, at);
  unsigned bin = bin_of(pages);
  *run = (struct run){bins[bin], &bins[bin], pages};
  if (run->next) run->next->link = &run->next;
  bins[bin] = run;
  bin_map[bin / 64] |= 1ul << bin % 64;
  r->map[at] = r->map[at + pages - 1] = (uint32_t)(pages << 2 | FREE);
}

static void mark_large(struct range *r, size_t at, size_t pages) {
  r->map[at + pages - 1] = LARGE;
  r->map[at] = (uint32_t)(pages << 2 | LARGE);
}

/* Takes a run of pages and leaves `keep` others free: from the first bin all of whose runs are long enough, or, when
 * there is none, from the bin of this very length, searched. */
static void *take(size_t pages, size_t keep) {
  if (pages > free_pages || free_pages - pages < keep) return NULL;
  unsigned own = bin_of(pages), bin = bin_of(pages - 1) + 1;
  struct run *run = NULL;
  for (unsigned word = bin / 64; word < BINS / 64 && !run; word++) {
    uint64_t left = bin_map[word] & (word == bin / 64 ? ~0ul << bin % 64 : ~0ul);
    if (left) run = bins[word * 64 + (unsigned)__builtin_ctzl(left)];
  }
  if (!run)
    for (run = bins[own]; run && run->pages < pages;) run = run->next;
  if (!run) return NULL;
  struct range *r = range_of(run);
  size_t at = index_of(r, run), rest = run->pages - pages;
  unlink_run(run);
  mark_large(r, at, pages);
  free_pages -= pages + rest; /* release() counts the rest again */
  if (rest) release(r, at + pages, rest);
  return run;
}

void heap_add(void *start, size_t length) {
  uintptr_t from = ((uintptr_t)start + PAGE - 1) & -(uintptr_t)PAGE,
            to = ((uintptr_t)start + length) & -(uintptr_t)PAGE;
  if (to < from + 16 * PAGE || range_count == RANGES) return;
  size_t pages = (to - from) / PAGE, head = (pages * sizeof(uint32_t) + PAGE - 1) / PAGE;
  struct range *r = &ranges[range_count++];
  *r = (struct range){(char *)from + head * PAGE, pages - head, (uint32_t *)from};
  limit += r->pages * PAGE;
  release(r, 0, r->pages);
  for (unsigned i = 0, class = 0; i <= SMALL_MAX / 16; i++) {
    if (i * 16 > sizes[class]) class ++;
    class_of[i] = (uint8_t)class;
  }
}

static void count(size_t more, size_t less) {
  used += more - less;
  allocations += more != 0;
  if (used > peak) peak = used;
}

/* ---- Slabs ---- */

static void link_slab(struct slab *s) {
  s->next = rooms[s->class];
  s->link = &rooms[s->class];
  if (s->next) s->next->link = &s->next;
  rooms[s->class] = s;
}

static void unlink_slab(struct slab *s) {
  if ((*s->link = s->next)) s->next->link = s->link;
}

static void drop_slab(struct range *r, struct slab *s) {
  size_t at = index_of(r, s);
  unlink_slab(s);
  for (unsigned i = 0; i < SLAB_PAGES; i++) r->map[at + i] = FREE;
  release(r, at, SLAB_PAGES);
}

/* Pages; when there are none, the empty slabs that free_small keeps are given up for them. */
static void *take_or_reclaim(size_t pages, size_t keep) {
  void *p = take(pages, keep);
  for (unsigned class = 0; class < CLASSES && !p; class ++, p = take(pages, keep))
    for (struct slab *s = rooms[class], *next; s; s = next) {
      next = s->next;
      if (!s->used) drop_slab(range_of(s), s);
    }
  return p;
}

void *heap_pages(size_t pages) {
  void *p = take_or_reclaim(pages, 0);
  if (!p) return NULL;
  count(pages * PAGE, 0);
  return memset(p, 0, pages * PAGE);
}

static struct slab *new_slab(unsigned class, size_t keep) {
  struct slab *s = take_or_reclaim(SLAB_PAGES, keep);
  if (!s) return NULL;
  struct range *r = range_of(s);
  size_t at = index_of(r, s);
  for (uint32_t i = 0; i < SLAB_PAGES; i++) r->map[at + i] = i << 2 | SLAB;
  char *first = (char *)s + SLAB_HEAD;
  *s = (struct slab){.fresh = first, .class = class};
  s->end = first + (SLAB_PAGES * PAGE - SLAB_HEAD) / sizes[class] * sizes[class];
  link_slab(s);
  return s;
}

static void *small(unsigned class, size_t keep) {
  struct slab *s = rooms[class];
  if (!s && !(s = new_slab(class, keep))) return NULL;
  void **p = s->free;
  if (p) {
    s->free = *p;
  } else {
    p = (void **)s->fresh;
    s->fresh += sizes[class];
  }
  s->used++;
  if (!s->free && s->fresh == s->end) unlink_slab(s);
  count(sizes[class], 0);
  return p;
}

static void free_small(struct range *r, struct slab *s, void **p) {
  unsigned class = s->class;
  if (!s->free && s->fresh == s->end) link_slab(s);
  *p = s->free;
  s->free = p;
  count(0, sizes[class]);
  /* An empty slab goes back to the pages unless it is the only one with room: that one would soon be made again. */
  if (--s->used || (rooms[class] == s && !s->next)) return;
  drop_slab(r, s);
}

/* ---- The standard's functions ---- */

/* The engine ends the machine; without an engine, NULL as the standard says. */
static void *out_of_memory(size_t wanted) {
  if (engine_out_of_memory) engine_out_of_memory(wanted);
  return NULL;
}

void *heap_try(size_t size, size_t keep) {
  if (size <= SMALL_MAX) return small(class_of[(size + 15) / 16], keep);
  if (size > limit) return NULL;
  size_t pages = (size + PAGE - 1) / PAGE;
  void *p = take_or_reclaim(pages, keep);
  if (p) count(pages * PAGE, 0);
  return p;
}

void *malloc(size_t size) {
  void *p = heap_try(size, 0);
  return p ? p : out_of_memory(size);
}

void free(void *p) {
  if (!p) return;
  struct range *r = range_of(p);
  size_t at = index_of(r, p), kind = r->map[at] & 3, pages = r->map[at] >> 2;
  if (kind == SLAB) return free_small(r, page_at(r, at - pages), p);
  if (kind != LARGE || !pages || (uintptr_t)p % PAGE) platform_panic("heap: bad free of %p", p);
  count(0, pages * PAGE);
  release(r, at, pages);
}

size_t malloc_usable_size(void *p) {
  if (!p) return 0;
  struct range *r = range_of(p);
  size_t at = index_of(r, p), pages = r->map[at] >> 2;
  return (r->map[at] & 3) == SLAB ? sizes[((struct slab *)page_at(r, at - pages))->class] : pages * PAGE;
}

void *calloc(size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) return out_of_memory(SIZE_MAX);
  void *p = malloc(total);
  return p ? memset(p, 0, total) : NULL;
}

/* Resizes a run in place; 0 when its neighbour is in the way, or too few pages would be left. */
static int resize(struct range *r, size_t at, size_t old, size_t new, size_t keep) {
  size_t have = old;
  if (new > old) {
    if (at + old < r->pages && (r->map[at + old] & 3) == FREE) have += r->map[at + old] >> 2;
    if (have < new || free_pages - (new - old) < keep) return 0;
    unlink_run(page_at(r, at + old));
    free_pages -= have - old;
  }
  mark_large(r, at, new);
  if (have > new) release(r, at + new, have - new);
  count(new *PAGE, old * PAGE);
  return 1;
}

void *heap_try_resize(void *p, size_t size, size_t keep) {
  if (!p) return heap_try(size, keep);
  size_t old = malloc_usable_size(p);
  if (old > SMALL_MAX && size > SMALL_MAX && size <= limit) {
    struct range *r = range_of(p);
    if (resize(r, index_of(r, p), old / PAGE, (size + PAGE - 1) / PAGE, keep)) return p;
  } else if (size <= old && (size + 15) / 16 * 16 > old / 2) {
    return p; /* would hardly gain */
  }
  void *q = heap_try(size, keep);
  if (!q) return size <= old ? p : NULL;
  memcpy(q, p, size < old ? size : old);
  free(p);
  return q;
}

void *realloc(void *p, size_t size) {
  void *q = heap_try_resize(p, size, 0);
  return q ? q : out_of_memory(size);
}

size_t platform_heap_largest(void) {
  size_t pages = 0;
  for (unsigned bin = BINS; bin-- && !pages;) /* only the first that has any: longer runs lie in higher bins */
    for (struct run *run = bins[bin]; run; run = run->next)
      if (run->pages > pages) pages = run->pages;
  return pages * PAGE;
}

size_t platform_heap_used(void) { return used; }
size_t platform_heap_free(void) { return free_pages * PAGE; }
size_t platform_heap_limit(void) { return limit; }
size_t platform_heap_allocations(void) { return allocations; }
size_t platform_heap_peak(void) { return peak; }
