/* What engine.c, bindings.c and the loops share. */
#ifndef EPIPHYTE_ENGINE_H
#define EPIPHYTE_ENGINE_H
#include "quickjs.h"
#include <stddef.h>
#include <stdint.h>

/* One call of the step that nativeRun was given; the Instant that it wants to be called again at. */
double engine_turn(void);
/* Runs promise jobs until none is left; the number run. */
int engine_jobs(void);

/* The end of the machine by a fault of the compiled side: on the console, through nativeOnPanic, and as its last line. */
_Noreturn void engine_fault(const char *line);
/* What the compiled side was about, or ""; where there is one. */
const char *below_work(void) __attribute__((weak));

/* Tasks (task.c). The engine's allocations, and those that natives make for it: NULL where a task's share is used up, and
 * then the task ends. */
extern const JSMallocFunctions engine_memory;
void *engine_take(size_t size);
void *engine_resize(void *old, size_t size);
/* The engine's interrupt handler: lets packets in, and ends a task that has used up its share. */
int engine_interrupt(JSContext *context, void *);
/* Work done, counted by the looks at the network that it makes way for. */
extern uint64_t engine_worked;

/* The loop: loop-bytecode.c, or loop-compiled.c where what is below the seam is machine code. */
void loop_prepare(JSContext *context);
_Noreturn void loop_run(void);
/* Long work goes on in pieces, and packets are let in between: they must not be late. libdeflate and the engine's cycle
 * collector do so themselves: image/vendor/patches. */
void loop_yield(void);
#define LONG_WORK ((size_t)64 * 1024)
#define LESSER(a, b) ((a) < (b) ? (a) : (b))
#define PIECES(at, piece, size) \
  for (size_t at = 0, piece; piece = LESSER(size - at, LONG_WORK), at < size; at += piece, loop_yield())

/* Natives (native.d.ts): the loop's and the engine's own. */
uint64_t native_longest_wait(void);
void native_run(JSValueConst step);
void native_on_panic(JSValueConst callback);
void native_collect(void);
double native_worked(void);
JSValue native_attempt(JSContext *context, JSValueConst work, uint64_t keep, uint64_t most);
/* Evaluates a chunk of the program: its exports, or an exception. */
JSValue native_chunk(JSContext *context, uint64_t number);
/* The bytes of a stream of RFC 1950, `limit` at most; undefined when it is damaged or longer. */
JSValue native_inflate(JSContext *context, const uint8_t *bytes, size_t size, size_t limit);
/* Infinity, NaN and what is beyond the clock's range are "for ever". */
void native_sleep(double until);

/* Makes every function of native.d.ts a global of the context. */
void bindings_install(JSContext *context);

#endif
