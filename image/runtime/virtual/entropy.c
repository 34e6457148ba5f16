/* Random bytes: ChaCha20 with fast key erasure. Read first: RFC 8439 2.3 (the block function); D. J. Bernstein, "Fast-key-
 * erasure random-number generators" (2017). Input is added to the key, which a block then replaces, so nobody who chooses
 * an input learns or sets the key. Nothing is given out before 256 bits of credited input. */
#include "machine.h"
#include <string.h>

enum { KEY = 32, BLOCK = 64, ENOUGH = 32 };
static uint32_t key[KEY / 4];
static size_t credited;
static int has_rdrand, has_rdseed;

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define HALF(a, b, c, d, m, n) (a += b, d = ROTATE(d ^ a, m), c += d, b = ROTATE(b ^ c, n))
#define QUARTER(a, b, c, d) (HALF(a, b, c, d, 16, 12), HALF(a, b, c, d, 8, 7))

static void chacha20_block(uint32_t out[16], uint32_t counter) {
  uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, *x = out;
  memcpy(in + 4, key, KEY);
  in[12] = counter;
  memcpy(x, in, BLOCK);
  for (int i = 0; i < 10; i++) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; i++) x[i] += in[i];
}

void platform_add_entropy(const uint8_t *bytes, size_t length, int credit) {
  uint32_t block[BLOCK / 4];
  for (size_t at = 0; at < length; at += KEY) {
    for (size_t i = 0; i < KEY && at + i < length; i++) ((uint8_t *)key)[i] ^= bytes[at + i];
    chacha20_block(block, (uint32_t)length);
    memcpy(key, block, KEY);
  }
  if (credit && credited < ENOUGH) credited += length;
}

/* One word of the processor's generator; 0: it did not answer in ten tries, as the SDM advises (volume 1, 7.3.17). */
static int processor_word(int seed, uint64_t *word) {
  uint8_t good = 0;
  for (int i = 0; i < (seed ? 1000 : 10) && !good; i++) {
    if (seed) __asm__ volatile("rdseed %0; setc %1; pause" : "=r"(*word), "=qm"(good));
    else __asm__ volatile("rdrand %0; setc %1" : "=r"(*word), "=qm"(good));
  }
  return good;
}

/* Credited unless it repeats itself: some processors have answered with all ones, and "success", after a resume. */
static void add_from_processor(int seed) {
  uint64_t words[KEY / 8];
  for (int i = 0; i < KEY / 8; i++)
    if (!processor_word(seed, &words[i]) || words[i] + 1 < 2 || (i > 0 && words[i] == words[i - 1])) return;
  platform_add_entropy((uint8_t *)words, sizeof words, 1);
}

void entropy_start(void) {
  uint64_t times[] = {rdtsc(), (uint64_t)platform_wall_clock()};
  platform_add_entropy((uint8_t *)times, sizeof times, 0);
  has_rdrand = cpuid(1, 0).c >> 30 & 1;
  has_rdseed = cpuid(0, 0).a >= 7 && (cpuid(7, 0).b >> 18 & 1);
  if (has_rdseed) add_from_processor(1);
  if (has_rdrand) add_from_processor(0);
}

int platform_random(uint8_t *into, size_t length) {
  uint32_t block[BLOCK / 4];
  uint64_t fresh[2] = {rdtsc(), 0}; /* so that two machines resumed from one snapshot part */
  if (credited < ENOUGH) return 0;
  if (has_rdrand) processor_word(0, &fresh[1]);
  for (int i = 0; i < 4; i++) key[i] ^= ((uint32_t *)fresh)[i];
  for (uint32_t counter = 1; length; counter++) {
    size_t part = length < BLOCK ? length : BLOCK;
    chacha20_block(block, counter);
    memcpy(into, block, part);
    into += part;
    length -= part;
  }
  chacha20_block(block, 0); /* erases both what was given out and the key that it came from */
  memcpy(key, block, KEY);
  return 1;
}
