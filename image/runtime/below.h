/* What the compiled side (image/aot/README.md) is compiled with, besides the compiler's own scr_runtime.h: the operations
 * that its code does most, inlined, with the runtime's own function behind each for whatever is not the plain case; and
 * what checks the arguments of natives. Included by generated C and below.c only.
 *
 * image/aot/patch.ts reads this file: where generated code calls `scr_x` (or floor, fmod), and there is a `fast_x` here,
 * it calls that. */
#ifndef EPIPHYTE_BELOW_H
#define EPIPHYTE_BELOW_H
#include "engine.h"
#include "natives.h"
#include <math.h>
#include <stdlib.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define INLINE static inline __attribute__((always_inline))
#define COLD __attribute__((cold, noinline))

/* ---- Faults ---- */

void below_install(JSContext *context);

/* The machine ends here; the place is where the caller was called from: a line of TypeScript. */
COLD _Noreturn void below_fault(const char *what);
COLD _Noreturn void below_thrown(ScrError *error);
COLD _Noreturn void below_bad_index(const ScrBytes *bytes, double index);
/* Where a slow path was entered, for the faults that the runtime finds there. */
extern void *below_place;
#define ENTER_SLOWLY() (below_place = __builtin_return_address(0))

/* A throw is our own bug (no `try` is allowed below the seam): it ends the machine where it happens. */
#define fast_throw_obj(error, ...) below_thrown(error)

/* ---- Numbers: whatever is a 64-bit integer is treated as one ---- */

/* What does not fit becomes INT64_MIN when it is converted here, and the nearest number when gcc knows what it is. No asm:
 * of what was a 64-bit integer before it was a double gcc takes that. */
INLINE int64_t below_integer(double v) { return (int64_t)v; }
INLINE int below_fits(int64_t n) { return LIKELY(n != INT64_MIN && n != INT64_MAX); }
/* Was `v` whole? One jump where == takes two: of what is no number `n` is out of every range. */
#define below_exact(n, v) (!__builtin_islessgreater((double)(n), v))

/* ToInt32 (ECMA-262 7.1.6): of a number below 2^63 the low 32 bits of its integer part. */
INLINE int32_t below_int32(double v) {
  int64_t n = below_integer(v);
  return below_fits(n) ? (int32_t)n : (int32_t)scr_bit_or(v, 0);
}
#define fast_bit_and(a, b) ((double)(below_int32(a) & below_int32(b)))
#define fast_bit_or(a, b) ((double)(below_int32(a) | below_int32(b)))
#define fast_bit_xor(a, b) ((double)(below_int32(a) ^ below_int32(b)))
#define fast_bit_not(a) ((double)~below_int32(a))
#define fast_bit_shl(a, b) ((double)(int32_t)((uint32_t)below_int32(a) << (below_int32(b) & 31)))
#define fast_bit_shr(a, b) ((double)(below_int32(a) >> (below_int32(b) & 31)))
#define fast_bit_ushr(a, b) ((double)((uint32_t)below_int32(a) >> (below_int32(b) & 31)))
#define fast_math_imul(a, b) ((double)(int32_t)((uint32_t)below_int32(a) * (uint32_t)below_int32(b)))

/* Of an integer, itself; so -0 stays -0. */
INLINE double fast_floor(double v) {
  int64_t n = below_integer(v);
  if (!below_fits(n)) return floor(v);
  double r = (double)n;
  return r > v ? r - 1 : r < v ? r : v;
}

INLINE double fast_fmod(double a, double b) {
  int64_t n = below_integer(a), m = below_integer(b);
  if (!LIKELY(n > 0 && m > 0 && below_fits(n) && below_exact(n, a) && below_exact(m, b)))
    return n == 0 && a == 0 && m > 0 ? a : fmod(a, b);
  return (uint64_t)n >> 32 || (uint64_t)m >> 32 ? (double)(n % m) : (double)((uint32_t)n % (uint32_t)m);
}

INLINE double fast_math_min(double a, double b) {
  return a < b ? a : b < a ? b : LIKELY(a == b && a != 0) ? a : scr_math_min(a, b);
}
INLINE double fast_math_max(double a, double b) {
  return a > b ? a : b > a ? b : LIKELY(a == b && a != 0) ? a : scr_math_max(a, b);
}

/* ---- Arrays ---- */

/* One comparison for the whole range: a negative index is a large one. */
INLINE size_t sc_bytes_index_checked(const ScrBytes *b, double i) {
  int64_t n = below_integer(i);
  if (!LIKELY((uint64_t)n < b->len && below_exact(n, i))) below_bad_index(b, i);
  return (size_t)n;
}
INLINE uint32_t sc_bytes_coerce_u32(double v) { return (uint32_t)below_int32(v); }

/* The slot of a dense, present element, or -1. */
INLINE int64_t below_dense(const ScrArr *a, double i) {
  int64_t n = below_integer(i);
  int dense = (uint64_t)n < a->len && (uint64_t)n < a->cap && below_exact(n, i) && a->present[n] == SCR_ARR_VALUE;
  return LIKELY(dense) ? n : -1;
}
static COLD double below_get_f64(ScrArr *a, double i) { return ENTER_SLOWLY(), scr_arr_get_f64(a, i); }
static COLD void *below_get_ref(ScrArr *a, double i) { return ENTER_SLOWLY(), scr_arr_get_ref(a, i); }
static COLD void below_set_f64(ScrArr *a, double i, double v) { ENTER_SLOWLY(), scr_arr_set_f64(a, i, v); }
static COLD void below_set_ref(ScrArr *a, double i, void *v) { ENTER_SLOWLY(), scr_arr_set_ref(a, i, v); }
/* Rare enough to be left to the runtime, but for the place. */
static COLD bool fast_arr_get_bool(ScrArr *a, double i) { return ENTER_SLOWLY(), scr_arr_get_bool(a, i); }
static COLD void fast_arr_set_bool(ScrArr *a, double i, bool v) { ENTER_SLOWLY(), scr_arr_set_bool(a, i, v); }
INLINE double fast_arr_get_f64(ScrArr *a, double i) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) return below_get_f64(a, i);
  double v;
  memcpy(&v, &a->data[n], sizeof v);
  return v;
}
/* Every reference counted thing begins with its count; literals (strings) never change theirs. */
INLINE void *fast_arr_get_ref(ScrArr *a, double i) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) return below_get_ref(a, i);
  size_t *rc = (size_t *)(uintptr_t)a->data[n];
  if (LIKELY(rc && *rc != SIZE_MAX)) ++*rc;
  return rc;
}
INLINE void fast_arr_set_f64(ScrArr *a, double i, double v) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) below_set_f64(a, i, v);
  else memcpy(&a->data[n], &v, sizeof v);
}
/* The reference is the array's from now on; what was there ends nowhere here, or the runtime does it. */
INLINE void fast_arr_set_ref(ScrArr *a, double i, void *v) {
  int64_t n = below_dense(a, i);
  size_t *old = n >= 0 ? (size_t *)(uintptr_t)a->data[n] : NULL;
  if (!LIKELY(old && *old > 1 && *old != SIZE_MAX)) {
    below_set_ref(a, i, v);
    return;
  }
  --*old;
  a->data[n] = (uintptr_t)v;
}
#define fast_arr_len(a) ((double)(a)->len)
#define fast_arr_state(a, i) (below_dense(a, i) >= 0 ? (double)SCR_ARR_VALUE : scr_arr_state(a, i))
/* No cycle collector runs: the objects of the compiled side link downwards only. */
#define fast_arr_new_ref(retain, release, trace, length) scr_arr_new_ref(retain, release, NULL, length)

/* ---- Reference counts: gcc cancels a pair once it knows that the count is neither 0 nor "for ever" ---- */

#define COUNTED(p) ((p)->rc == 0 || (p)->rc == SIZE_MAX ? __builtin_unreachable() : (void)0)
/* The end of an object apart, and cold: so gcc keeps it, and what a call would cost, out of the way. */
#define COUNTING(type, name) \
  static COLD void below_end_##name(type *p) { p->rc = 1, scr_##name##_release(p); } \
  INLINE type *fast_##name##_retain(type *p) { \
    COUNTED(p); \
    p->rc++; \
    return p; \
  } \
  INLINE void fast_##name##_release(type *p) { \
    if (!p) return; \
    COUNTED(p); \
    if (!LIKELY(--p->rc)) below_end_##name(p); \
  }
COUNTING(ScrArr, arr)
COUNTING(ScrBytes, bytes)
INLINE void fast_str_release(ScrStr *s) {
  if (!s || s->rc == SIZE_MAX) return;
  if (s->rc > 1) s->rc--;
  else scr_str_release(s);
}

/* A value of type "T or undefined" is a box; boxes that were given back are taken again from a list. */
extern ScrUnion *below_boxes;
COLD ScrUnion *below_more_boxes(void);
INLINE ScrUnion *below_box(uint32_t tag, uint64_t slot, void *(*retain)(void *), void (*release)(void *)) {
  ScrUnion *u = LIKELY(below_boxes) ? below_boxes : below_more_boxes();
  below_boxes = (ScrUnion *)(uintptr_t)u->slot;
  u->rc = 1;
  u->tag = tag;
  u->slot = slot;
  u->arm_retain = retain;
  u->arm_release = release;
  return u;
}
INLINE ScrUnion *fast_union_new_f64(uint32_t tag, double v) {
  uint64_t slot;
  memcpy(&slot, &v, sizeof slot);
  return below_box(tag, slot, NULL, NULL);
}
#define fast_union_new_bool(tag, v) below_box(tag, v, NULL, NULL)
#define fast_union_new_ref(tag, v, retain, release, trace) below_box(tag, (uintptr_t)(v), retain, release)
INLINE ScrUnion *fast_union_retain(ScrUnion *u) {
  if (u->rc != SIZE_MAX) u->rc++;
  return u;
}
INLINE void fast_union_release(ScrUnion *u) {
  if (!u || u->rc == SIZE_MAX || --u->rc) return;
  if (u->arm_release) u->arm_release((void *)(uintptr_t)u->slot);
  u->slot = (uintptr_t)below_boxes;
  below_boxes = u;
}

/* ---- Natives: image/build/glue.ts writes the functions that call them ---- */

/* A range of a Uint8Array. */
INLINE uint8_t *below_range(const uint8_t *bytes, size_t size, double offset, double length) {
  int64_t o = below_integer(offset), n = below_integer(length);
  if (!LIKELY(o >= 0 && n >= 0 && o <= (int64_t)size - n && below_exact(o, offset) && below_exact(n, length)))
    below_fault("RangeError: a range outside of its array");
  return (uint8_t *)bytes + o;
}
INLINE uint64_t below_whole(double v, uint64_t least, uint64_t most) {
  int64_t n = below_integer(v);
  if (!LIKELY((uint64_t)n >= least && (uint64_t)n <= most && below_exact(n, v)))
    below_fault("RangeError: not a whole number of its type");
  return (uint64_t)n;
}
INLINE int below_width(double v) {
  int n = (int)below_whole(v, 1, 4);
  if (n == 3) below_fault("RangeError: an access is of 1, 2 or 4 bytes");
  return n;
}
/* Packets are not let in meanwhile: whoever copies here is the one that takes them. */
INLINE void native_copy(uint8_t *into, const uint8_t *from, size_t length) { memmove(into, from, length); }

/* ---- The binding (image/aot/binding.ts generates it): values of the engine <-> values of the compiled side ---- */

INLINE ScrStr *below_string_in(JSContext *ctx, JSValueConst value) {
  size_t length;
  const char *text = JS_ToCStringLen(ctx, &length, value);
  if (!text) return NULL;
  ScrStr *string = scr_str_from_utf8_lossy((const uint8_t *)text, length);
  JS_FreeCString(ctx, text);
  return string;
}
INLINE JSValue below_string_out(JSContext *ctx, ScrStr *string) {
  JSValue value = JS_NewStringLen(ctx, string->data, string->len);
  fast_str_release(string);
  return value;
}
/* Copied once: afterwards the bytes are the compiled side's own. */
INLINE ScrBytes *below_bytes_in(JSContext *ctx, JSValueConst value) {
  size_t length;
  const uint8_t *bytes = JS_GetUint8Array(ctx, &length, value);
  return bytes ? scr_bytes_from_data(bytes, length) : NULL;
}
JSValue below_bytes_out(JSContext *ctx, ScrBytes *bytes);

#endif
