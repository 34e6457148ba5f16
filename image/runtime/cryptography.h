/* The natives that AWS-LC does the work of (image/native.d.ts says what each is given). Included by bindings.c alone. */
#pragma once
#include "engine.h"
#include "natives.h"
#include <openssl/sha.h>
#include <string.h>

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

/* Of a hash in pieces; the array that holds it need not be aligned. */
static void native_sha256_init(uint8_t *state) {
  SHA256_CTX context;
  SHA256_Init(&context);
  memcpy(state, &context, sizeof context);
}
static void native_sha256_update(uint8_t *state, const uint8_t *bytes, size_t size) {
  SHA256_CTX context;
  memcpy(&context, state, sizeof context);
  PIECES(at, piece, size) {
    SHA256_Update(&context, bytes + at, piece);
    engine_worked += HASH_WORK;
  }
  memcpy(state, &context, sizeof context);
}
static JSValue native_sha256_final(JSContext *ctx, const uint8_t *state) {
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256_CTX context;
  memcpy(&context, state, sizeof context);
  SHA256_Final(digest, &context);
  return JS_NewUint8ArrayCopy(ctx, digest, sizeof digest);
}
_Static_assert(sizeof(SHA256_CTX) == 112, "native.d.ts names the size");
