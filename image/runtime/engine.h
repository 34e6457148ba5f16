/* What engine.c and bindings.c share. */
#ifndef EPIPHYTE_ENGINE_H
#define EPIPHYTE_ENGINE_H
#include "quickjs.h"
#include <stddef.h>
#include <stdint.h>

/* What main() was given; the process target's parameters. */
extern char **engine_arguments;

/* The JS functions of nativeRun and nativeOnPanic; undefined until they are called. */
extern JSValue engine_step, engine_on_panic;
/* "out of memory" as last words, with the JS stack. */
_Noreturn void engine_out_of_memory(size_t wanted);

/* One call of the step that nativeRun was given; the Instant that it wants to be called again at. */
double engine_turn(void);
/* Runs promise jobs until none is left; the number run. */
int engine_jobs(void);

/* The loop: loop-bytecode.c, or loop-compiled.c where what is below the seam is machine code. */
void loop_prepare(JSContext *context);
_Noreturn void loop_run(void);
/* For long native calls, between two pieces of the work, of this many bytes: packets must not be late. */
#define LONG_WORK ((size_t)64 * 1024)
void loop_breathe(void);
/* nativeLongestWait. */
uint64_t loop_longest_wait(void);

/* Makes every function of image/native.d.ts a global of the context. */
void bindings_install(JSContext *context);

/* RFC 1071 sum as nativeChecksum gives it; the compiled data path calls it without the engine. */
uint32_t primitive_checksum(const uint8_t *bytes, size_t length, uint32_t sum);
uint32_t primitive_siphash(const uint8_t *key, const uint8_t *bytes, size_t length);

#endif
