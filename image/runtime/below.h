/* What the compiled side (image/aot/README.md) is compiled with, besides the compiler's own scr_runtime.h: the natives
 * that it calls, and the operations that its code does most, inlined, with the runtime's own function behind each for
 * whatever is not the plain case. Included by generated C only. */
#ifndef EPIPHYTE_BELOW_H
#define EPIPHYTE_BELOW_H
#include "engine.h"
#include "platform.h"
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
/* Where a slow path was entered, for the faults that the runtime finds there. */
extern void *below_place;
#define ENTER_SLOWLY() (below_place = __builtin_return_address(0))

/* A throw is our own bug (no `try` is allowed below the seam): it ends the machine where it happens. */
#define scr_throw_obj(error, ...) below_thrown(error)

/* ---- Numbers: whatever is a 64-bit integer is treated as one ---- */

/* cvttsd2si answers INT64_MIN for what does not fit. */
INLINE int64_t below_integer(double v) {
#ifdef __x86_64__
  int64_t n;
  __asm__("cvttsd2si %1, %0" : "=r"(n) : "x"(v));
  return n;
#endif
}
COLD double below_floor_slowly(double v);
COLD double below_remainder_slowly(double a, double b);
COLD int32_t below_int32_slowly(double v);

/* ToInt32 (ECMA-262 7.1.6): of a number below 2^63 the low 32 bits of its integer part. */
INLINE int32_t below_int32(double v) {
  int64_t n = __builtin_constant_p(v) && v == (double)(int64_t)v ? (int64_t)v : below_integer(v);
  return LIKELY(n != INT64_MIN) ? (int32_t)n : below_int32_slowly(v);
}
#define scr_bit_and(a, b) ((double)(below_int32(a) & below_int32(b)))
#define scr_bit_or(a, b) ((double)(below_int32(a) | below_int32(b)))
#define scr_bit_xor(a, b) ((double)(below_int32(a) ^ below_int32(b)))
#define scr_bit_not(a) ((double)~below_int32(a))
#define scr_bit_shl(a, b) ((double)(int32_t)((uint32_t)below_int32(a) << (below_int32(b) & 31)))
#define scr_bit_shr(a, b) ((double)(below_int32(a) >> (below_int32(b) & 31)))
#define scr_bit_ushr(a, b) ((double)((uint32_t)below_int32(a) >> (below_int32(b) & 31)))
#define scr_math_imul(a, b) ((double)(int32_t)((uint32_t)below_int32(a) * (uint32_t)below_int32(b)))

/* Of an integer, itself; so -0 stays -0. */
INLINE double below_floor(double v) {
  int64_t n = below_integer(v);
  if (!LIKELY(n != INT64_MIN)) return below_floor_slowly(v);
  double r = (double)n;
  return r == v ? v : r > v ? r - 1 : n ? r : 0;
}
#define floor(v) below_floor(v)

INLINE double below_remainder(double a, double b) {
  int64_t n = below_integer(a), m = below_integer(b);
  if (!LIKELY(n > 0 && m > 0 && (double)n == a && (double)m == b)) return n == 0 && a == 0 && m > 0 ? a : below_remainder_slowly(a, b);
  return (uint64_t)n >> 32 || (uint64_t)m >> 32 ? (double)(n % m) : (double)((uint32_t)n % (uint32_t)m);
}
#define fmod(a, b) below_remainder(a, b)

INLINE double below_min(double a, double b) { return a < b ? a : b < a ? b : LIKELY(a == b && a != 0) ? a : scr_math_min(a, b); }
INLINE double below_max(double a, double b) { return a > b ? a : b > a ? b : LIKELY(a == b && a != 0) ? a : scr_math_max(a, b); }
#define scr_math_min(a, b) below_min(a, b)
#define scr_math_max(a, b) below_max(a, b)

/* ---- Arrays ---- */

COLD _Noreturn void below_bad_index(const ScrBytes *bytes, double index);
COLD double below_arr_get_f64(ScrArr *array, double index);
COLD bool below_arr_get_bool(ScrArr *array, double index);
COLD void *below_arr_get_ref(ScrArr *array, double index);
COLD void below_arr_set_f64(ScrArr *array, double index, double value);
COLD void below_arr_set_bool(ScrArr *array, double index, bool value);
COLD void below_free_bytes(ScrBytes *bytes);
COLD void below_free_array(ScrArr *array);

/* One comparison for the whole range: a negative index is a large one. */
INLINE size_t sc_bytes_index_checked(const ScrBytes *b, double i) {
  int64_t n = below_integer(i);
  if (!LIKELY((uint64_t)n < b->len && (double)n == i)) below_bad_index(b, i);
  return (size_t)n;
}
INLINE size_t sc_bytes_index_u64_checked(const ScrBytes *b, uint64_t i) {
  if (!LIKELY(i < b->len)) below_bad_index(b, (double)i);
  return (size_t)i;
}
INLINE uint32_t sc_bytes_coerce_u32(double v) { return (uint32_t)below_int32(v); }

/* The slot of a dense, present element, or -1. */
INLINE int64_t below_dense(const ScrArr *a, double i) {
  int64_t n = below_integer(i);
  return LIKELY((uint64_t)n < a->len && (uint64_t)n < a->cap && (double)n == i && a->present[n] == SCR_ARR_VALUE) ? n : -1;
}
INLINE double below_get_f64(ScrArr *a, double i) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) return below_arr_get_f64(a, i);
  double v;
  memcpy(&v, &a->data[n], sizeof v);
  return v;
}
INLINE bool below_get_bool(ScrArr *a, double i) {
  int64_t n = below_dense(a, i);
  return LIKELY(n >= 0) ? a->data[n] != 0 : below_arr_get_bool(a, i);
}
/* Every reference counted thing begins with its count; literals (strings) never change theirs. */
INLINE void *below_get_ref(ScrArr *a, double i) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) return below_arr_get_ref(a, i);
  size_t *rc = (size_t *)(uintptr_t)a->data[n];
  if (LIKELY(rc && *rc != SIZE_MAX)) ++*rc;
  return rc;
}
INLINE void below_set_f64(ScrArr *a, double i, double v) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) below_arr_set_f64(a, i, v);
  else memcpy(&a->data[n], &v, sizeof v);
}
INLINE void below_set_bool(ScrArr *a, double i, bool v) {
  int64_t n = below_dense(a, i);
  if (!LIKELY(n >= 0)) below_arr_set_bool(a, i, v);
  else a->data[n] = v;
}
#define scr_arr_get_f64(a, i) below_get_f64(a, i)
#define scr_arr_get_bool(a, i) below_get_bool(a, i)
#define scr_arr_get_ref(a, i) below_get_ref(a, i)
#define scr_arr_set_f64(a, i, v) below_set_f64(a, i, v)
#define scr_arr_set_bool(a, i, v) below_set_bool(a, i, v)
#define scr_arr_len(a) ((double)(a)->len)
#define scr_arr_state(a, i) (below_dense(a, i) >= 0 ? (double)SCR_ARR_VALUE : scr_arr_state(a, i))
/* No cycle collector runs: the objects of the compiled side link downwards only. */
#define scr_arr_new_ref(retain, release, trace, length) scr_arr_new_ref(retain, release, NULL, length)

/* ---- Reference counts: gcc cancels a pair once it knows that the count is neither 0 nor "for ever" ---- */

#define COUNTED(p) \
  do { \
    if ((p)->rc == 0 || (p)->rc == SIZE_MAX) __builtin_unreachable(); \
  } while (0)
INLINE ScrArr *below_retain_array(ScrArr *a) {
  COUNTED(a);
  a->rc++;
  return a;
}
INLINE void below_release_array(ScrArr *a) {
  if (!a) return;
  COUNTED(a);
  if (!LIKELY(--a->rc)) below_free_array(a);
}
INLINE ScrBytes *below_retain_bytes(ScrBytes *b) {
  COUNTED(b);
  b->rc++;
  return b;
}
INLINE void below_release_bytes(ScrBytes *b) {
  if (!b) return;
  COUNTED(b);
  if (!LIKELY(--b->rc)) below_free_bytes(b);
}
#define scr_arr_retain(a) below_retain_array(a)
#define scr_arr_release(a) below_release_array(a)
#define scr_bytes_retain(b) below_retain_bytes(b)
#define scr_bytes_release(b) below_release_bytes(b)
INLINE void below_release_string(ScrStr *s) {
  if (!s || s->rc == SIZE_MAX) return;
  if (s->rc > 1) s->rc--;
  else scr_str_release(s);
}
#define scr_str_release(s) below_release_string(s)

/* A value of type "T or undefined" is a box; boxes that were given back are taken again from a list. */
extern ScrUnion *below_boxes;
COLD ScrUnion *below_more_boxes(void);
INLINE ScrUnion *below_box(uint32_t tag, uint64_t slot, void *(*retain)(void *), void (*release)(void *)) {
  ScrUnion *u = LIKELY(below_boxes) ? below_boxes : below_more_boxes();
  below_boxes = (ScrUnion *)(uintptr_t)u->slot;
  u->rc = 1, u->tag = tag, u->slot = slot, u->arm_retain = retain, u->arm_release = release;
  return u;
}
INLINE ScrUnion *below_box_f64(uint32_t tag, double v) {
  uint64_t slot;
  memcpy(&slot, &v, sizeof slot);
  return below_box(tag, slot, NULL, NULL);
}
INLINE ScrUnion *below_retain_box(ScrUnion *u) {
  if (u->rc != SIZE_MAX) u->rc++;
  return u;
}
INLINE void below_release_box(ScrUnion *u) {
  if (!u || u->rc == SIZE_MAX || --u->rc) return;
  if (u->arm_release) u->arm_release((void *)(uintptr_t)u->slot);
  u->slot = (uintptr_t)below_boxes, below_boxes = u;
}
#define scr_union_new_ref(tag, v, retain, release, trace) below_box(tag, (uintptr_t)(v), retain, release)
#define scr_union_new_f64(tag, v) below_box_f64(tag, v)
#define scr_union_new_bool(tag, v) below_box(tag, v, NULL, NULL)
#define scr_union_retain(u) below_retain_box(u)
#define scr_union_release(u) below_release_box(u)
#define scr_cyc_mark_live(o) ((void)(o))
#define scr_cyc_on_release(o) ((void)(o))
#define scr_cyc_on_dead(o) ((void)(o))
#define scr_obj_alloc_note() ((void)0)
#define scr_obj_free_note() ((void)0)

/* ---- Natives: image/native.d.ts, as direct calls ---- */

/* A range of a Uint8Array; a caller's mistake ends the machine. */
INLINE size_t below_range(size_t size, double offset, double length) {
  int64_t o = below_integer(offset), n = below_integer(length);
  if (!LIKELY((uint64_t)o <= size && (uint64_t)n <= size - (uint64_t)o && (double)o == offset && (double)n == length))
    below_fault("RangeError: a range outside of its array");
  return (size_t)o;
}
#define RANGE(bytes, offset, length) \
  uint8_t *bytes##_at = (uint8_t *)bytes + below_range(bytes##_size, offset, length); \
  size_t bytes##_n = (size_t)length

INLINE void nativeCopy(const uint8_t *to, size_t to_size, double to_offset, const uint8_t *from, size_t from_size,
                       double from_offset, double length) {
  RANGE(to, to_offset, length);
  RANGE(from, from_offset, length);
  memmove(to_at, from_at, to_n);
  (void)from_n;
}
INLINE void nativeZero(const uint8_t *bytes, size_t bytes_size, double offset, double length) {
  RANGE(bytes, offset, length);
  memset(bytes_at, 0, bytes_n);
}
INLINE double nativeChecksum(const uint8_t *bytes, size_t bytes_size, double offset, double length, double sum) {
  RANGE(bytes, offset, length);
  return primitive_checksum(bytes_at, bytes_n, (uint32_t)below_int32(sum));
}
INLINE double nativeSpan(const uint8_t *bytes, size_t bytes_size, double offset, double limit, const uint8_t *table,
                         size_t table_size) {
  RANGE(bytes, offset, limit);
  below_range(table_size, 0, 256);
  size_t n = 0;
  while (n < bytes_n && table[bytes_at[n]]) n++;
  return (double)n;
}
INLINE double nativeSipHash(const uint8_t *key, size_t key_size, const uint8_t *bytes, size_t bytes_size, double offset,
                            double length) {
  RANGE(bytes, offset, length);
  below_range(key_size, 0, 16);
  return primitive_siphash(key, bytes_at, bytes_n);
}
INLINE uint8_t nativeEqual(const uint8_t *a, size_t a_size, double a_offset, const uint8_t *b, size_t b_size,
                           double b_offset, double length) {
  RANGE(a, a_offset, length);
  RANGE(b, b_offset, length);
  return memcmp(a_at, b_at, a_n + 0 * b_n) == 0;
}
/* The offset of a field of `size` bytes. */
INLINE size_t below_field(size_t bytes, double offset, size_t size) {
  int64_t o = below_integer(offset);
  if (!LIKELY((uint64_t)o <= bytes && bytes - (uint64_t)o >= size && (double)o == offset))
    below_fault("RangeError: a field outside of its array");
  return (size_t)o;
}
#define FIELD(name, type, swap) \
  INLINE double nativeLoad##name(const uint8_t *bytes, size_t size, double offset) { \
    type field; \
    memcpy(&field, bytes + below_field(size, offset, sizeof field), sizeof field); \
    return (double)swap(field); \
  } \
  INLINE void nativeStore##name(const uint8_t *bytes, size_t size, double offset, double value) { \
    type field = swap((type)below_int32(value)); \
    memcpy((uint8_t *)bytes + below_field(size, offset, sizeof field), &field, sizeof field); \
  }
FIELD(16, uint16_t, __builtin_bswap16)
FIELD(32, uint32_t, __builtin_bswap32)
FIELD(Little32, uint32_t, (uint32_t))
INLINE double nativeNow(void) { return (double)platform_now(); }
INLINE double nativeWallClock(void) { return (double)platform_wall_clock(); }
INLINE uint8_t nativeRandom(const uint8_t *bytes, size_t bytes_size, double offset, double length) {
  RANGE(bytes, offset, length);
  return platform_random(bytes_at, bytes_n) != 0;
}
INLINE void nativeAddEntropy(const uint8_t *bytes, size_t bytes_size, uint8_t credit) {
  platform_add_entropy(bytes, bytes_size, credit);
}
INLINE double nativePortRead(double port, double size) {
  return platform_port_read((uint16_t)below_int32(port), below_int32(size));
}
INLINE void nativePortWrite(double port, double size, double value) {
  platform_port_write((uint16_t)below_int32(port), below_int32(size), (uint32_t)below_int32(value));
}
INLINE double nativeDeviceRead(double address, double size) {
  uintptr_t at = (uintptr_t)below_integer(address);
  switch (below_int32(size)) {
    case 1: return *(volatile uint8_t *)at;
    case 2: return *(volatile uint16_t *)at;
    case 4: return *(volatile uint32_t *)at;
    default: below_fault("RangeError: an access is of 1, 2 or 4 bytes");
  }
}
INLINE void nativeDeviceWrite(double address, double size, double value) {
  uintptr_t at = (uintptr_t)below_integer(address);
  uint32_t word = (uint32_t)below_int32(value);
  switch (below_int32(size)) {
    case 1: *(volatile uint8_t *)at = (uint8_t)word; break;
    case 2: *(volatile uint16_t *)at = (uint16_t)word; break;
    case 4: *(volatile uint32_t *)at = word; break;
    default: below_fault("RangeError: an access is of 1, 2 or 4 bytes");
  }
}
INLINE uint8_t nativeMapDevice(double address, double length) {
  return platform_map_device((uint64_t)below_integer(address), (uint64_t)below_integer(length)) != 0;
}
INLINE double nativeAddressOf(const uint8_t *bytes, size_t bytes_size) {
  return (void)bytes_size, (double)(uintptr_t)bytes;
}
INLINE void nativeFence(void) { __sync_synchronize(); }
INLINE double nativeTakeVector(void) { return platform_take_vector(); }
INLINE double nativeMessageAddress(void) { return (double)platform_message_address(); }
INLINE double nativeTapOpen(const uint8_t *name, size_t length) {
  return (void)length, platform_tap_open((const char *)name); /* strings end in NUL */
}
INLINE double nativeTapOffload(double flags) { return platform_tap_offload((unsigned)below_int32(flags)); }
INLINE double nativeTapRead(const uint8_t *into, size_t into_size, double offset, double length) {
  RANGE(into, offset, length);
  return (double)platform_tap_read(into_at, into_n);
}
INLINE double nativeTapWrite(const uint8_t *head, size_t head_size, double head_offset, double head_length,
                             const uint8_t *payload, size_t payload_size, double payload_offset, double payload_length) {
  RANGE(head, head_offset, head_length);
  RANGE(payload, payload_offset, payload_length);
  return platform_tap_write(head_at, head_n, payload_at, payload_n);
}

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
  scr_str_release(string);
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
