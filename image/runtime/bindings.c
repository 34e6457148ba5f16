/* image/native.d.ts in C. Every function checks its ranges: what JavaScript passes is believed only after `range`. */
#include "engine.h"
#include "platform.h"
#include <libdeflate.h>
#include <math.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* Output that libdeflate cannot foresee goes here first; more than most Git objects. */
#define SCRATCH (64 * 1024)
/* Up to here a limit is taken for the size itself, as a Git object's header states it: no second try. */
#define STATED (4 * 1024 * 1024)

#define UNUSED __attribute__((unused))
#define NATIVE(name) \
  static JSValue name(UNUSED JSContext *ctx, UNUSED JSValueConst self, UNUSED int argc, UNUSED JSValueConst *argv)
/* A range of a Uint8Array from three arguments, or an exception out of the calling function. */
#define RANGE(at, array, offset, length) \
  uint8_t *at; \
  size_t at##_length; \
  if (range(ctx, argv[array], argv[offset], argv[length], &at, &at##_length)) return JS_EXCEPTION
#define BYTES(at, array) \
  size_t at##_length; \
  uint8_t *at = JS_GetUint8Array(ctx, &at##_length, argv[array]); \
  if (!at) return JS_EXCEPTION
#define WHOLE(type, name, argument, limit) \
  uint64_t name##_whole; \
  if (whole(ctx, argv[argument], limit, &name##_whole)) return JS_EXCEPTION; \
  type name = (type)name##_whole
#define EXACT (1ull << 53)

/* A whole number from 0 to the limit, else a RangeError. */
static int whole(JSContext *ctx, JSValueConst value, uint64_t limit, uint64_t *into) {
  double d = JS_VALUE_GET_TAG(value) == JS_TAG_INT         ? JS_VALUE_GET_INT(value)
             : JS_TAG_IS_FLOAT64(JS_VALUE_GET_TAG(value)) ? JS_VALUE_GET_FLOAT64(value)
                                                          : NAN;
  if (d >= 0 && d <= (double)limit && d == (double)(uint64_t)d) return *into = (uint64_t)d, 0;
  JS_ThrowRangeError(ctx, "not a whole number from 0 to %llu", (unsigned long long)limit);
  return -1;
}

static int range(JSContext *ctx, JSValueConst array, JSValueConst offset, JSValueConst length, uint8_t **at, size_t *n) {
  uint64_t begin, count;
  size_t size;
  uint8_t *bytes = JS_GetUint8Array(ctx, &size, array);
  if (!bytes || whole(ctx, offset, size, &begin) || whole(ctx, length, size - begin, &count)) return -1;
  *at = bytes + begin;
  *n = count;
  return 0;
}

/* Storage that the C heap gave: freed when the array goes, never copied. */
static void *own_storage(JSRuntime *rt, void *opaque, void *bytes, size_t size) {
  (void)rt, (void)opaque;
  if (size) return realloc(bytes, size);
  free(bytes);
  return NULL;
}
static void *take(size_t size) {
  void *p = malloc(size ? size : 1);
  if (!p) engine_out_of_memory(size);
  return p;
}
static JSValue owned(JSContext *ctx, uint8_t *bytes, size_t length) {
  return JS_NewUint8Array(ctx, bytes, length, own_storage, NULL, false);
}

/* ---- Whole-buffer primitives ---- */

/* Long work goes on in pieces of LONG_WORK, and packets are let in between. libdeflate and the engine's cycle collector
 * do so themselves: image/build/mend.ts. */
#define PIECES(bytes, at, size) \
  for (size_t at = 0, size; size = bytes##_length - at < LONG_WORK ? bytes##_length - at : LONG_WORK, at < bytes##_length; \
       at += size, loop_breathe())

NATIVE(copy) {
  RANGE(into, 0, 1, 4);
  RANGE(from, 2, 3, 4);
  /* memmove's way with ranges that overlap does not survive being cut. */
  if (into < from + from_length && from < into + into_length) memmove(into, from, from_length);
  else PIECES(from, at, size) memcpy(into + at, from + at, size);
  return JS_UNDEFINED;
}

NATIVE(zero) {
  RANGE(bytes, 0, 1, 2);
  memset(bytes, 0, bytes_length);
  return JS_UNDEFINED;
}

/* RFC 1071 section 2(B): the sum does not depend on byte order, so it is taken in the machine's and swapped at the end;
 * eight bytes at a time, the carry going round. */
uint32_t primitive_checksum(const uint8_t *bytes, size_t length, uint32_t sum) {
  uint64_t total = __builtin_bswap16((uint16_t)sum);
  for (; length >= 64; length -= 64, bytes += 64)
    __asm__("addq (%1), %0; adcq 8(%1), %0; adcq 16(%1), %0; adcq 24(%1), %0; adcq 32(%1), %0; adcq 40(%1), %0; "
            "adcq 48(%1), %0; adcq 56(%1), %0; adcq $0, %0"
            : "+r"(total) : "r"(bytes), "m"(*(const uint8_t(*)[64])bytes) : "cc");
  total = (total & UINT32_MAX) + (total >> 32);
  for (; length >= 4; length -= 4, bytes += 4) {
    uint32_t word;
    memcpy(&word, bytes, 4);
    total += word;
  }
  uint32_t rest = 0;
  memcpy(&rest, bytes, length);
  total += rest;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return __builtin_bswap16((uint16_t)total);
}

/* SipHash-2-4; the lower half. */
uint32_t primitive_siphash(const uint8_t *key, const uint8_t *bytes, size_t length) {
  uint64_t k[2], word;
  memcpy(k, key, sizeof k);
  uint64_t a = k[0] ^ 0x736f6d6570736575, b = k[1] ^ 0x646f72616e646f6d;
  uint64_t c = k[0] ^ 0x6c7967656e657261, d = k[1] ^ 0x7465646279746573;
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define ROUND \
  (a += b, b = ROTATE(b, 13) ^ a, a = ROTATE(a, 32), c += d, d = ROTATE(d, 16) ^ c, a += d, d = ROTATE(d, 21) ^ a, \
   c += b, b = ROTATE(b, 17) ^ c, c = ROTATE(c, 32))
  for (size_t left = length;; left -= 8, bytes += 8) {
    word = left < 8 ? (uint64_t)length << 56 : 0;
    memcpy(&word, bytes, left < 8 ? left : 8);
    d ^= word, ROUND, ROUND, a ^= word;
    if (left < 8) break;
  }
  c ^= 0xff, ROUND, ROUND, ROUND, ROUND;
  return (uint32_t)(a ^ b ^ c ^ d);
}

NATIVE(checksum) {
  RANGE(bytes, 0, 1, 2);
  WHOLE(uint32_t, sum, 3, 0xffff);
  return JS_NewInt32(ctx, (int32_t)primitive_checksum(bytes, bytes_length, sum));
}

NATIVE(span) {
  RANGE(bytes, 0, 1, 2);
  BYTES(table, 3);
  if (table_length < 256) return JS_ThrowRangeError(ctx, "a table of less than 256 entries");
  size_t n = 0;
  while (n < bytes_length && table[bytes[n]]) n++;
  return JS_NewInt64(ctx, (int64_t)n);
}

NATIVE(siphash) {
  BYTES(key, 0);
  RANGE(bytes, 1, 2, 3);
  if (key_length < 16) return JS_ThrowRangeError(ctx, "a key of less than 16 bytes");
  return JS_NewUint32(ctx, primitive_siphash(key, bytes, bytes_length));
}

NATIVE(equal) {
  RANGE(a, 0, 1, 4);
  RANGE(b, 2, 3, 4);
  return JS_NewBool(ctx, memcmp(a, b, b_length) == 0);
}

/* A field of `size` bytes; its value in the machine's order is swapped where the name does not say "little". */
#define FIELD(name, type, swap) \
  NATIVE(load_##name) { \
    type field; \
    size_t size; \
    const uint8_t *bytes = JS_GetUint8Array(ctx, &size, argv[0]); \
    if (!bytes) return JS_EXCEPTION; \
    WHOLE(size_t, offset, 1, size); \
    if (size - offset < sizeof field) return JS_ThrowRangeError(ctx, "a field outside of its array"); \
    memcpy(&field, bytes + offset, sizeof field); \
    return JS_NewUint32(ctx, swap(field)); \
  } \
  NATIVE(store_##name) { \
    uint32_t value; \
    size_t size; \
    uint8_t *bytes = JS_GetUint8Array(ctx, &size, argv[0]); \
    if (!bytes) return JS_EXCEPTION; \
    WHOLE(size_t, offset, 1, size); \
    if (size - offset < sizeof(type)) return JS_ThrowRangeError(ctx, "a field outside of its array"); \
    if (JS_ToUint32(ctx, &value, argv[2])) return JS_EXCEPTION; \
    type field = swap((type)value); \
    memcpy(bytes + offset, &field, sizeof field); \
    return JS_UNDEFINED; \
  }
FIELD(16, uint16_t, __builtin_bswap16)
FIELD(32, uint32_t, __builtin_bswap32)
FIELD(little32, uint32_t, (uint32_t))

/* ---- Hashes and compression ---- */

NATIVE(sha1) {
  BYTES(bytes, 0);
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA_CTX context;
  SHA1_Init(&context);
  PIECES(bytes, at, size) SHA1_Update(&context, bytes + at, size);
  SHA1_Final(digest, &context);
  return JS_NewUint8ArrayCopy(ctx, digest, sizeof digest);
}

NATIVE(sha256) {
  BYTES(bytes, 0);
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256_CTX context;
  SHA256_Init(&context);
  PIECES(bytes, at, size) SHA256_Update(&context, bytes + at, size);
  SHA256_Final(digest, &context);
  return JS_NewUint8ArrayCopy(ctx, digest, sizeof digest);
}

NATIVE(hmac_sha256) {
  BYTES(key, 0);
  BYTES(bytes, 1);
  uint8_t digest[SHA256_DIGEST_LENGTH];
  unsigned size;
  if (!HMAC(EVP_sha256(), key, key_length, bytes, bytes_length, digest, &size)) return JS_ThrowInternalError(ctx, "HMAC");
  return JS_NewUint8ArrayCopy(ctx, digest, size);
}

NATIVE(crc32) {
  BYTES(bytes, 0);
  WHOLE(uint32_t, crc, 1, 0xffffffff);
  PIECES(bytes, at, size) crc = libdeflate_crc32(crc, bytes + at, size);
  return JS_NewUint32(ctx, crc);
}

static size_t inflate_consumed;

NATIVE(inflate) {
  static struct libdeflate_decompressor *inflater;
  static uint8_t *scratch;
  BYTES(bytes, 0);
  WHOLE(size_t, offset, 1, bytes_length);
  WHOLE(size_t, limit, 2, EXACT);
  if (!scratch) scratch = take(SCRATCH);
  if (!inflater && !(inflater = libdeflate_alloc_decompressor())) engine_out_of_memory(0);
  uint8_t *out = scratch;
  inflate_consumed = 0;
  for (size_t room = limit <= STATED ? limit : SCRATCH;; room *= 4) {
    if (room > limit) room = limit;
    if (room > SCRATCH) out = take(room);
    size_t used, size;
    enum libdeflate_result result =
        libdeflate_zlib_decompress_ex(inflater, bytes + offset, bytes_length - offset, out, room, &used, &size);
    if (result == LIBDEFLATE_SUCCESS) {
      inflate_consumed = used;
      if (out == scratch) return JS_NewUint8ArrayCopy(ctx, out, size);
      uint8_t *exact = realloc(out, size ? size : 1);
      return owned(ctx, exact ? exact : out, size);
    }
    if (out != scratch) free(out);
    out = scratch;
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room == limit) return JS_UNDEFINED;
  }
}

NATIVE(inflate_took) { return JS_NewInt64(ctx, (int64_t)inflate_consumed); }

static JSValue compress(JSContext *ctx, JSValueConst *argv, int gzip) {
  /* Kept: most of a megabyte in one piece, which a full heap would no longer have. */
  static struct libdeflate_compressor *deflater;
  static int made_for;
  BYTES(bytes, 0);
  WHOLE(int, level, 1, 12);
  if (level == 0) return JS_ThrowRangeError(ctx, "level 1 to 12");
  if (level != made_for) {
    libdeflate_free_compressor(deflater);
    if (!(deflater = libdeflate_alloc_compressor(level))) engine_out_of_memory(0);
    made_for = level;
  }
  size_t room = gzip ? libdeflate_gzip_compress_bound(deflater, bytes_length)
                     : libdeflate_zlib_compress_bound(deflater, bytes_length);
  uint8_t *out = take(room);
  size_t size = gzip ? libdeflate_gzip_compress(deflater, bytes, bytes_length, out, room)
                     : libdeflate_zlib_compress(deflater, bytes, bytes_length, out, room);
  uint8_t *exact = realloc(out, size);
  return owned(ctx, exact ? exact : out, size);
}
NATIVE(deflate) { return compress(ctx, argv, 0); }
NATIVE(gzip) { return compress(ctx, argv, 1); }

/* ---- Text ---- */

NATIVE(utf8_encode) {
  size_t length;
  const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
  if (!text) return JS_EXCEPTION;
  JSValue result = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, length);
  JS_FreeCString(ctx, text);
  uint8_t *bytes = JS_GetUint8Array(ctx, &length, result);
  /* The engine writes a lone surrogate as the three bytes ED A0..BF xx; U+FFFD has three as well. */
  for (uint8_t *at = bytes; bytes && (at = memchr(at, 0xed, length - (size_t)(at - bytes))); at++)
    if (at[1] >= 0xa0) memcpy(at, "\xef\xbf\xbd", 3);
  return result;
}

/* Bytes of the well-formed sequence at `at` (Unicode 15, table 3-7), or minus the length of the maximal damaged part,
 * which is what becomes one U+FFFD (WHATWG Encoding, "UTF-8 decoder"). */
static int sequence(const uint8_t *at, size_t left) {
  if (at[0] < 0x80) return 1;
  int more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : 1;
  if (at[0] < 0xc2 || at[0] > 0xf4) return -1;
  uint8_t low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80, high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
  for (int i = 1; i <= more; i++, low = 0x80, high = 0xbf)
    if ((size_t)i >= left || at[i] < low || at[i] > high) return -i;
  return more + 1;
}

NATIVE(utf8_decode) {
  RANGE(bytes, 0, 1, 2);
  size_t good = 0;
  int n;
  /* Mostly ASCII: eight at a time. */
  for (uint64_t word; good + 8 <= bytes_length; good += 8)
    if (memcpy(&word, bytes + good, 8), word & 0x8080808080808080) break;
  while (good < bytes_length && (n = sequence(bytes + good, bytes_length - good)) > 0) good += (size_t)n;
  if (good == bytes_length) return JS_NewStringLen(ctx, (const char *)bytes, bytes_length);
  uint8_t *mended = take(3 * bytes_length), *to = mended;
  for (size_t at = 0; at < bytes_length; at += (size_t)abs(n)) {
    n = sequence(bytes + at, bytes_length - at);
    const uint8_t *from = n > 0 ? bytes + at : (const uint8_t *)"\xef\xbf\xbd";
    for (int i = 0; i < (n > 0 ? n : 3); i++) *to++ = from[i];
  }
  JSValue text = JS_NewStringLen(ctx, (const char *)mended, (size_t)(to - mended));
  free(mended);
  return text;
}

NATIVE(latin1_decode) {
  RANGE(bytes, 0, 1, 2);
  char *wide = take(2 * bytes_length), *to = wide;
  for (size_t i = 0; i < bytes_length; i++) {
    if (bytes[i] >= 0x80) *to++ = (char)(0xc0 | bytes[i] >> 6);
    *to++ = (char)(bytes[i] < 0x80 ? bytes[i] : 0x80 | (bytes[i] & 0x3f));
  }
  JSValue text = JS_NewStringLen(ctx, wide, (size_t)(to - wide));
  free(wide);
  return text;
}

/* ---- Time, entropy, console, power ---- */

NATIVE(now) { return JS_NewInt64(ctx, (int64_t)platform_now()); }
NATIVE(wall_clock) { return JS_NewInt64(ctx, platform_wall_clock()); }

NATIVE(random_bytes) {
  RANGE(bytes, 0, 1, 2);
  return JS_NewBool(ctx, platform_random(bytes, bytes_length));
}

NATIVE(add_entropy) {
  BYTES(bytes, 0);
  platform_add_entropy(bytes, bytes_length, JS_ToBool(ctx, argv[1]));
  return JS_UNDEFINED;
}

NATIVE(console) {
  size_t length;
  const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
  if (!text) return JS_EXCEPTION;
  platform_console(text, length);
  JS_FreeCString(ctx, text);
  return JS_UNDEFINED;
}

NATIVE(power_off) {
  int32_t status;
  if (JS_ToInt32(ctx, &status, argv[0])) return JS_EXCEPTION;
  platform_power_off(status);
}

NATIVE(parameters) { return JS_NewString(ctx, platform_parameters()); }
NATIVE(module) { return JS_NewString(ctx, platform_module()); }
NATIVE(target) { return JS_NewString(ctx, platform_target); }
NATIVE(hypervisor) { return JS_NewString(ctx, platform_hypervisor()); }

NATIVE(sleep) {
  double until;
  if (JS_ToFloat64(ctx, &until, argv[0])) return JS_EXCEPTION;
  platform_sleep(until >= 0 && until < (double)EXACT ? (uint64_t)until : until < 0 ? 0 : PLATFORM_FOREVER);
  return JS_UNDEFINED;
}

NATIVE(heap_used) { return JS_NewInt64(ctx, (int64_t)platform_heap_used()); }
NATIVE(heap_limit) { return JS_NewInt64(ctx, (int64_t)platform_heap_limit()); }
NATIVE(heap_peak) { return JS_NewInt64(ctx, (int64_t)platform_heap_peak()); }

NATIVE(heap_allocations) { return JS_NewInt64(ctx, (int64_t)platform_heap_allocations()); }
NATIVE(longest_wait) {
  loop_breathe();
  return JS_NewInt64(ctx, (int64_t)loop_longest_wait());
}

NATIVE(collect) {
  JS_RunGC(JS_GetRuntime(ctx));
  return JS_UNDEFINED;
}

static JSValue keep_function(JSContext *ctx, JSValue *into, JSValueConst function) {
  if (!JS_IsFunction(ctx, function)) return JS_ThrowTypeError(ctx, "not a function");
  JS_FreeValue(ctx, *into);
  *into = JS_DupValue(ctx, function);
  return JS_UNDEFINED;
}
NATIVE(run) { return keep_function(ctx, &engine_step, argv[0]); }
NATIVE(on_panic) { return keep_function(ctx, &engine_on_panic, argv[0]); }

/* ---- Hardware ---- */

/* The access width, 1, 2 or 4, that every port and device access has as its second argument. */
static int width(JSContext *ctx, JSValueConst value) {
  int32_t size = 0;
  if (JS_ToInt32(ctx, &size, value)) return 0;
  if (size == 1 || size == 2 || size == 4) return size;
  JS_ThrowRangeError(ctx, "an access is of 1, 2 or 4 bytes");
  return 0;
}

NATIVE(port_read) {
  WHOLE(uint16_t, port, 0, 0xffff);
  int size = width(ctx, argv[1]);
  return size ? JS_NewUint32(ctx, platform_port_read(port, size)) : JS_EXCEPTION;
}

NATIVE(port_write) {
  WHOLE(uint16_t, port, 0, 0xffff);
  WHOLE(uint32_t, value, 2, 0xffffffff);
  int size = width(ctx, argv[1]);
  if (!size) return JS_EXCEPTION;
  platform_port_write(port, size, value);
  return JS_UNDEFINED;
}

NATIVE(device_read) {
  WHOLE(uintptr_t, address, 0, EXACT);
  switch (width(ctx, argv[1])) {
    case 1: return JS_NewUint32(ctx, *(volatile uint8_t *)address);
    case 2: return JS_NewUint32(ctx, *(volatile uint16_t *)address);
    case 4: return JS_NewUint32(ctx, *(volatile uint32_t *)address);
    default: return JS_EXCEPTION;
  }
}

NATIVE(device_write) {
  WHOLE(uintptr_t, address, 0, EXACT);
  WHOLE(uint32_t, value, 2, 0xffffffff);
  switch (width(ctx, argv[1])) {
    case 1: *(volatile uint8_t *)address = (uint8_t)value; break;
    case 2: *(volatile uint16_t *)address = (uint16_t)value; break;
    case 4: *(volatile uint32_t *)address = value; break;
    default: return JS_EXCEPTION;
  }
  return JS_UNDEFINED;
}

NATIVE(map_device) {
  WHOLE(uint64_t, address, 0, EXACT);
  WHOLE(uint64_t, length, 1, EXACT);
  return JS_NewBool(ctx, platform_map_device(address, length));
}

NATIVE(address_of) {
  BYTES(bytes, 0);
  return JS_NewInt64(ctx, (int64_t)(uintptr_t)bytes);
}

NATIVE(fence) {
  __sync_synchronize();
  return JS_UNDEFINED;
}

NATIVE(take_vector) { return JS_NewInt32(ctx, platform_take_vector()); }
NATIVE(message_address) { return JS_NewInt64(ctx, (int64_t)platform_message_address()); }

/* ---- TAP device ---- */

NATIVE(tap_open) {
  const char *name = JS_ToCString(ctx, argv[0]);
  if (!name) return JS_EXCEPTION;
  int error = platform_tap_open(name);
  JS_FreeCString(ctx, name);
  return JS_NewInt32(ctx, error);
}

NATIVE(tap_offload) {
  WHOLE(unsigned, flags, 0, 0xffff);
  return JS_NewInt32(ctx, platform_tap_offload(flags));
}

NATIVE(tap_read) {
  RANGE(into, 0, 1, 2);
  return JS_NewInt64(ctx, platform_tap_read(into, into_length));
}

NATIVE(tap_write) {
  RANGE(head, 0, 1, 2);
  RANGE(payload, 3, 4, 5);
  return JS_NewInt32(ctx, platform_tap_write(head, head_length, payload, payload_length));
}

#define FUNCTION(name, count, function) JS_CFUNC_DEF("native" name, count, function)

void bindings_install(JSContext *context) {
  static const JSCFunctionListEntry functions[] = {
      FUNCTION("Copy", 5, copy), FUNCTION("Zero", 3, zero), FUNCTION("Checksum", 4, checksum),
      FUNCTION("Load16", 2, load_16), FUNCTION("Load32", 2, load_32), FUNCTION("Store16", 3, store_16),
      FUNCTION("Store32", 3, store_32), FUNCTION("LoadLittle32", 2, load_little32),
      FUNCTION("StoreLittle32", 3, store_little32), FUNCTION("Equal", 5, equal), FUNCTION("SipHash", 4, siphash),
      FUNCTION("Span", 4, span), FUNCTION("Sha1", 1, sha1), FUNCTION("Sha256", 1, sha256),
      FUNCTION("HmacSha256", 2, hmac_sha256), FUNCTION("Crc32", 2, crc32), FUNCTION("Inflate", 3, inflate),
      FUNCTION("InflateConsumed", 0, inflate_took), FUNCTION("Deflate", 2, deflate), FUNCTION("Gzip", 2, gzip),
      FUNCTION("Utf8Encode", 1, utf8_encode), FUNCTION("Utf8Decode", 3, utf8_decode),
      FUNCTION("Latin1Decode", 3, latin1_decode), FUNCTION("Now", 0, now), FUNCTION("WallClock", 0, wall_clock),
      FUNCTION("Random", 3, random_bytes), FUNCTION("AddEntropy", 2, add_entropy), FUNCTION("Console", 1, console),
      FUNCTION("PowerOff", 1, power_off), FUNCTION("Parameters", 0, parameters), FUNCTION("Module", 0, module),
      FUNCTION("Target", 0, target), FUNCTION("Hypervisor", 0, hypervisor), FUNCTION("Sleep", 1, sleep),
      FUNCTION("HeapUsed", 0, heap_used), FUNCTION("HeapLimit", 0, heap_limit), FUNCTION("HeapPeak", 0, heap_peak),
      FUNCTION("HeapAllocations", 0, heap_allocations), FUNCTION("Collect", 0, collect), FUNCTION("LongestWait", 0, longest_wait), FUNCTION("Run", 1, run), FUNCTION("OnPanic", 1, on_panic),
      FUNCTION("PortRead", 2, port_read), FUNCTION("PortWrite", 3, port_write), FUNCTION("DeviceRead", 2, device_read),
      FUNCTION("DeviceWrite", 3, device_write), FUNCTION("MapDevice", 2, map_device),
      FUNCTION("AddressOf", 1, address_of), FUNCTION("Fence", 0, fence), FUNCTION("TakeVector", 0, take_vector),
      FUNCTION("MessageAddress", 0, message_address), FUNCTION("TapOpen", 1, tap_open),
      FUNCTION("TapOffload", 1, tap_offload), FUNCTION("TapRead", 3, tap_read), FUNCTION("TapWrite", 6, tap_write),
  };
  JSValue global = JS_GetGlobalObject(context);
  JS_SetPropertyFunctionList(context, global, functions, sizeof functions / sizeof *functions);
  JS_FreeValue(context, global);
}
