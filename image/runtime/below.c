/* The compiled side's own corner of C: faults, and what stands in for the parts of the compiler's runtime that are left
 * out (exceptions, the cycle collector, the registry of embedders). */
#include "scr_runtime.h"
#include "below.h"
#include <stdio.h>

void *below_place;

/* ---- Faults ---- */

/* image/build/places.ts says what the table looks like. */
extern const uint8_t program_places[];

static uint64_t number(const uint8_t **at) {
  uint64_t value = 0;
  int shift = 0;
  do {
    value |= (uint64_t)(**at & 127) << shift;
    shift += 7;
  } while (*(*at)++ & 128);
  return value;
}

const char *below_where(uint64_t address) {
  static char text[160];
  const uint8_t *at = program_places;
  uint64_t names = number(&at);
  const char *first = (const char *)at;
  for (uint64_t i = 0; i < names; i++) at += strlen((const char *)at) + 1;
  uint64_t rows = number(&at), here = (uintptr_t)below_install + number(&at), name = 0, line = 0;
  for (; rows; rows--) {
    uint64_t step = number(&at);
    here += step / 2;
    if (here > address) break;
    if (step & 1) name = number(&at);
    uint64_t more = name ? number(&at) : 0;
    line += more & 1 ? -(more / 2 + 1) : more / 2;
  }
  if (!name || here <= address) return "";
  while (--name) first += strlen(first) + 1;
  snprintf(text, sizeof text, "%s:%u", first, (unsigned)line);
  return text;
}

/* What is broken may break this as well: it is asked once. */
ScrStr *below_atWork(void);
const char *below_work(void) {
  static int asked;
  return asked++ ? "" : below_atWork()->data;
}

/* A call's return address is the next instruction's: one byte before belongs to the call. If the report itself fails, what
 * there was to tell first is told. */
static _Noreturn void end(const char *what, size_t length, void *place) {
  static char line[600];
  if (*line) platform_panic("%s", line);
  const char *where = below_where((uintptr_t)place - 1);
  while (length && what[length - 1] == '\n') length--;
  int end = snprintf(line, 300, "%.*s%s%s", (int)length, what, *where ? ", at " : "", where);
  const char *work = below_work();
  if (*work) snprintf(line + LESSER(end, 299), 300, ", %s", work);
  engine_fault(line);
}

_Noreturn void below_fault(const char *what) { end(what, strlen(what), __builtin_return_address(0)); }
_Noreturn void below_thrown(ScrError *error) {
  end(error->message->data, error->message->len, __builtin_return_address(0));
}
_Noreturn void below_bad_index(const ScrBytes *bytes, double index) {
  char text[100];
  snprintf(text, sizeof text, "RangeError: index %.17g of an array of %zu", index, bytes->len);
  end(text, strlen(text), __builtin_return_address(0));
}

/* The runtime's own traps. */
_Noreturn void scr_trap(const char *what) { end(what, strlen(what), below_place); }
_Noreturn void scr_trap_fmt(const char *format, ...) {
  char text[500];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  end(text, strlen(text), below_place);
}

/* ---- Exceptions: nothing below the seam catches, so a throw is the end ---- */

void scr_throw_obj(void *error, void *(*)(void *), void (*)(void *), ScrTraceFn) {
  const ScrError *e = error;
  end(e->message->data, e->message->len, below_place);
}
void scr_throw_str(ScrStr *message) { end(message->data, message->len, below_place); }
bool scr_exc_pending(void) { return false; }

/* ---- The cycle collector, which is not there: see image/aot/README.md for why nothing can leak ---- */

void *scr_cyc_alloc(size_t size, ScrTraceFn, ScrCycFreeFn) {
  ScrCycHdr *header = calloc(1, sizeof *header + size);
  return header + 1;
}
void scr_cyc_free(void *object) { free(scr_cyc_hdr(object)); }
void scr_cyc_on_release(void *) {}
void scr_cyc_on_dead(void *) {}

/* ---- Boxes: below.h makes and frees them; the runtime's headers want room for a collector's word before each ---- */

ScrUnion *below_boxes;
ScrUnion *below_more_boxes(void) {
  enum { MORE = 64 };
  struct {
    ScrCycHdr header;
    ScrUnion box;
  } *more = calloc(MORE, sizeof *more);
  for (int i = 0; i < MORE; i++) {
    more[i].box.slot = (uintptr_t)below_boxes;
    below_boxes = &more[i].box;
  }
  return below_boxes;
}
void *scr_union_retain_v(void *u) { return fast_union_retain(u); }
void scr_union_release_v(void *u) { fast_union_release(u); }
bool scr_union_get_bool(ScrUnion *u) { return u->slot != 0; }
double scr_union_get_f64(ScrUnion *u) {
  double v;
  memcpy(&v, &u->slot, sizeof v);
  return v;
}
void *scr_str_retain_v(void *s) { return scr_str_retain(s); }
void scr_str_release_v(void *s) { scr_str_release(s); }
void *scr_arr_retain_v(void *a) { return scr_arr_retain(a); }
void scr_arr_release_v(void *a) { scr_arr_release(a); }
void *scr_closure_retain_v(void *c) { return scr_closure_retain(c); }
void scr_closure_release_v(void *c) { scr_closure_release(c); }
void scr_union_trace_v(void *, ScrTraceVisit, void *) {} /* nothing is ever traced */

/* ---- The runtime's own start, which happens once ---- */

void scr_library_register_reset(void (*)(void)) {}

/* ---- Bytes for the engine: it reads them where they lie and gives them back when its array goes ---- */

static void *give_back(JSRuntime *, void *bytes, void *, size_t size) {
  if (size) return NULL; /* the engine does not resize what it did not make */
  scr_bytes_release(bytes);
  return NULL;
}
JSValue below_bytes_out(JSContext *ctx, ScrBytes *bytes) {
  return JS_NewUint8Array(ctx, bytes->data, bytes->len, give_back, bytes, false);
}
