/* The native functions (native.d.ts) that both the engine and the compiled side call, each written once. The code
 * that calls them is generated (image/build/glue.ts) and has checked every argument as that page says: a pointer has
 * the bytes that its length or its field needs, a number is what its type allows. */
#ifndef EPIPHYTE_NATIVES_H
#define EPIPHYTE_NATIVES_H
#include "platform.h"
#include <string.h>

uint32_t native_checksum(const uint8_t *bytes, size_t length, uint32_t sum);
uint32_t native_sip_hash(const uint8_t *key, const uint8_t *bytes, size_t length);

static inline void native_zero(uint8_t *bytes, size_t length) { memset(bytes, 0, length); }
static inline int native_equal(const uint8_t *a, const uint8_t *b, size_t length) { return memcmp(a, b, length) == 0; }
static inline size_t native_span(const uint8_t *bytes, size_t length, const uint8_t *table) {
  size_t n = 0;
  while (n < length && table[bytes[n]]) n++;
  return n;
}

/* A field: `swap` brings it from the order of its bytes into the machine's, which is little-endian, or back. */
#define FIELD(name, type, swap) \
  static inline type native_load##name(const uint8_t *bytes) { \
    type field; \
    memcpy(&field, bytes, sizeof field); \
    return swap(field); \
  } \
  static inline void native_store##name(uint8_t *bytes, uint32_t value) { \
    type field = swap((type)value); \
    memcpy(bytes, &field, sizeof field); \
  }
FIELD(16, uint16_t, __builtin_bswap16)
FIELD(32, uint32_t, __builtin_bswap32)
FIELD(_little32, uint32_t, )

static inline uint32_t native_device_read(uintptr_t address, int size) {
  if (size == 1) return *(volatile uint8_t *)address;
  return size == 2 ? *(volatile uint16_t *)address : *(volatile uint32_t *)address;
}
static inline void native_device_write(uintptr_t address, int size, uint32_t value) {
  if (size == 1) *(volatile uint8_t *)address = (uint8_t)value;
  else if (size == 2) *(volatile uint16_t *)address = (uint16_t)value;
  else *(volatile uint32_t *)address = value;
}
static inline uintptr_t native_address_of(const uint8_t *bytes, size_t) { return (uintptr_t)bytes; }
static inline void native_fence(void) { __sync_synchronize(); }

#endif
