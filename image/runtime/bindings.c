/* The native functions (native.d.ts) for the engine: how arguments are read, and the work of those that are longer
 * than a line or make values of the engine. What reads and checks the arguments of each is generated from that page. */
#include "engine.h"
#include "natives.h"
#include "cryptography-natives.h"
#include <libdeflate.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdlib.h>

/* For output that libdeflate cannot foresee, at first; more than most Git objects. */
#define FIRST_ROOM ((size_t)64 * 1024)
/* Up to here a limit is taken for the size itself, as a Git object's header states it: no second try. */
#define STATED (4 * 1024 * 1024)

/* ---- Arguments: each macro declares one, or leaves the calling function with an exception. None of them runs
 * JavaScript but TEXT, which comes first wherever it comes at all: an array stays what it was when it was looked at. ---- */

#define BYTES(name, argument) \
  size_t name##_size; \
  uint8_t *name = JS_GetUint8Array(ctx, &name##_size, argv[argument]); \
  if (!name) return JS_EXCEPTION
#define AT_LEAST(name, least) \
  if (name##_size < least) return JS_ThrowRangeError(ctx, "an array of less than %d bytes", least)
#define WHOLE(name, argument, least, most) \
  uint64_t name; \
  if (whole(ctx, argv[argument], least, most, &name)) return JS_EXCEPTION
#define WIDTH(name, argument) \
  WHOLE(name, argument, 1, 4); \
  if (name == 3) return JS_ThrowRangeError(ctx, "an access is of 1, 2 or 4 bytes")
#define TEXT(name, argument) \
  size_t name##_size; \
  const char *name = JS_ToCStringLen(ctx, &name##_size, argv[argument]); \
  if (!name) return JS_EXCEPTION
#define CALLBACK(name, argument) \
  JSValueConst name = argv[argument]; \
  if (!JS_IsFunction(ctx, name)) return JS_ThrowTypeError(ctx, "not a function")

/* NaN for what is no number. */
static double number(JSValueConst value) {
  if (JS_VALUE_GET_TAG(value) == JS_TAG_INT) return JS_VALUE_GET_INT(value);
  return JS_TAG_IS_FLOAT64(JS_VALUE_GET_TAG(value)) ? JS_VALUE_GET_FLOAT64(value) : NAN;
}

static uint32_t modulo(JSValueConst value) {
  double d = number(value);
  return isfinite(d) ? (uint32_t)(int64_t)fmod(d, 0x1p32) : 0;
}

static int whole(JSContext *ctx, JSValueConst value, uint64_t least, uint64_t most, uint64_t *into) {
  double d = number(value);
  if (d >= (double)least && d <= (double)most && d == (double)(uint64_t)d) {
    *into = (uint64_t)d;
    return 0;
  }
  JS_ThrowRangeError(ctx, "not a whole number from %llu to %llu", (unsigned long long)least, (unsigned long long)most);
  return -1;
}

/* ---- Results ---- */

/* Storage that the C heap gave: freed when the array goes, never copied. */
static void *given_back;
static void *own_storage(JSRuntime *, void *, void *bytes, size_t size) {
  if (size) return engine_resize(bytes, size);
  free(given_back = bytes);
  return NULL;
}
static JSValue owned(JSContext *ctx, uint8_t *bytes, size_t length) {
  given_back = NULL;
  bytes = realloc(bytes, length);
  JSValue array = JS_NewUint8Array(ctx, bytes, length, own_storage, NULL, false);
  if (JS_IsException(array) && given_back != bytes) free(bytes); /* it failed before the storage was its */
  return array;
}

/* ---- Whole-buffer primitives ---- */

/* The compiled side has its own (below.h), which does not yield. */
static void native_copy(uint8_t *into, const uint8_t *from, size_t length) {
  /* memmove's way with ranges that overlap does not survive being cut. */
  if (into < from + length && from < into + length) memmove(into, from, length);
  else
    PIECES(at, piece, length) memcpy(into + at, from + at, piece);
}

/* RFC 1071 section 2(B): the sum does not depend on byte order, so it is taken in the machine's and swapped at the end;
 * eight bytes at a time, the carry going round. */
uint32_t native_checksum(const uint8_t *bytes, size_t length, uint32_t sum) {
  uint64_t total = __builtin_bswap16((uint16_t)sum);
  for (; length >= 64; length -= 64, bytes += 64)
    __asm__("addq (%1), %0; adcq 8(%1), %0; adcq 16(%1), %0; adcq 24(%1), %0; adcq 32(%1), %0; adcq 40(%1), %0; "
            "adcq 48(%1), %0; adcq 56(%1), %0; adcq $0, %0"
            : "+r"(total)
            : "r"(bytes), "m"(*(const uint8_t (*)[64])bytes)
            : "cc");
  total = (total & UINT32_MAX) + (total >> 32);
  for (size_t piece; (piece = LESSER(length, 4)); length -= piece, bytes += piece) {
    uint32_t word = 0;
    memcpy(&word, bytes, piece);
    total += word;
  }
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return __builtin_bswap16((uint16_t)total);
}

/* SipHash-2-4; the lower half. */
uint32_t native_sip_hash(const uint8_t *key, const uint8_t *bytes, size_t length) {
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
    d ^= word;
    for (int i = 0; i < 2; i++) ROUND;
    a ^= word;
    if (left < 8) break;
  }
  c ^= 0xff;
  for (int i = 0; i < 4; i++) ROUND;
  return (uint32_t)(a ^ b ^ c ^ d);
}

/* ---- Compression; the hashes are in cryptography.h ---- */

static uint32_t native_crc32(const uint8_t *bytes, size_t size, uint32_t crc) {
  PIECES(at, piece, size) crc = libdeflate_crc32(crc, bytes + at, piece);
  return crc;
}

static size_t inflate_consumed;
static size_t native_inflate_consumed(void) { return inflate_consumed; }

JSValue native_inflate(JSContext *ctx, const uint8_t *bytes, size_t size, size_t limit) {
  static struct libdeflate_decompressor *inflater;
  if (!inflater) inflater = libdeflate_alloc_decompressor();
  inflate_consumed = 0;
  for (size_t room = limit <= STATED ? limit : FIRST_ROOM;; room *= 4) {
    if (room > limit) room = limit;
    size_t used, length;
    uint8_t *out = engine_take(room);
    if (!out) return JS_ThrowOutOfMemory(ctx);
    enum libdeflate_result result = libdeflate_zlib_decompress_ex(inflater, bytes, size, out, room, &used, &length);
    if (result == LIBDEFLATE_SUCCESS) {
      inflate_consumed = used;
      return owned(ctx, out, length);
    }
    free(out);
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room == limit) return JS_UNDEFINED;
  }
}

static JSValue native_deflate(JSContext *ctx, const uint8_t *bytes, size_t size, int level) {
  /* Kept: most of a megabyte in one piece, which a full heap would no longer have. */
  static struct libdeflate_compressor *deflater;
  static int made_for;
  if (level != made_for) {
    libdeflate_free_compressor(deflater);
    deflater = libdeflate_alloc_compressor(level);
    made_for = level;
  }
  size_t room = libdeflate_zlib_compress_bound(deflater, size);
  uint8_t *out = engine_take(room);
  if (!out) return JS_ThrowOutOfMemory(ctx);
  size_t length = libdeflate_zlib_compress(deflater, bytes, size, out, room);
  return owned(ctx, out, length);
}

/* ---- Hashes of the engine's ---- */

/* A piece of LONG_WORK to be hashed is so much more work than one to be copied. */
#define HASH_WORK 15

#define HASH(name, algorithm, type) \
  static JSValue native_##name(JSContext *ctx, const uint8_t *bytes, size_t size) { \
    uint8_t digest[type##_DIGEST_LENGTH]; \
    type##_CTX context; \
    algorithm##_Init(&context); \
    PIECES(at, piece, size) { \
      algorithm##_Update(&context, bytes + at, piece); \
      engine_worked += HASH_WORK; \
    } \
    algorithm##_Final(digest, &context); \
    return JS_NewUint8ArrayCopy(ctx, digest, sizeof digest); \
  }
HASH(sha1, SHA1, SHA)
HASH(sha256, SHA256, SHA256)

/* ---- Text ---- */

static JSValue native_utf8_encode(JSContext *ctx, const char *text, size_t size) {
  return JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, size);
}
static JSValue native_utf8_decode(JSContext *ctx, const uint8_t *bytes, size_t length) {
  return JS_NewStringLen(ctx, (const char *)bytes, length);
}

static JSValue native_latin1_decode(JSContext *ctx, const uint8_t *bytes, size_t length) {
  char *wide = engine_take(2 * length), *to = wide;
  if (!wide) return JS_ThrowOutOfMemory(ctx);
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] >= 0x80) *to++ = (char)(0xc0 | bytes[i] >> 6);
    *to++ = (char)(bytes[i] < 0x80 ? bytes[i] : 0x80 | (bytes[i] & 0x3f));
  }
  JSValue text = JS_NewStringLen(ctx, wide, (size_t)(to - wide));
  free(wide);
  return text;
}

/* ---- The functions of the page as globals ---- */

struct native {
  const void *work; /* NULL where the platform has no such function */
  JSCFunctionListEntry entry;
};
#include "native-glue.h"

void bindings_install(JSContext *context) {
  JSValue global = JS_GetGlobalObject(context);
  for (const struct native *n = natives; n < natives + sizeof natives / sizeof *natives; n++)
    if (n->work) JS_SetPropertyFunctionList(context, global, &n->entry, 1);
  JS_FreeValue(context, global);
}
