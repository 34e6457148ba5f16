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

/* Makes every function of image/native.d.ts a global of the context. */
void bindings_install(JSContext *context);

/* RFC 1071 sum as nativeChecksum gives it; the compiled data path calls it without the engine. */
uint32_t primitive_checksum(const uint8_t *bytes, size_t length, uint32_t sum);

#endif
