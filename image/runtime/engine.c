/* quickjs-ng, the program as bytecode, and the loop that drives both. The parser is not linked: the context gets every
 * intrinsic but Eval, and the linker drops what nobody calls. */
#include "engine.h"
#include "platform.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the stack, what stays for C beneath the deepest JS frame; such a frame takes about 640 bytes. */
#define STACK_MARGIN (128 * 1024)
/* Given back when memory has run out, so that the stack trace has room. */
#define RESERVE (128 * 1024)
#define REJECTIONS 64

/* image/build/link.ts: the program and its chunks as bytecode, deflated (RFC 1950); `size`: of it when it is not; and the
 * table that names the files of module-level lines. */
extern const struct packed {
  const uint8_t *bytes;
  size_t length, size;
} program_packed[];
extern const char program_files[];

char **engine_arguments;
static JSValue step, on_panic; /* what nativeRun and nativeOnPanic were given; the number 0 before */
static JSRuntime *runtime;
static JSContext *context;
static void *reserve;
static int dying;
/* Promises rejected without a handler so far; looked at when no job is left. */
static JSValue rejections[REJECTIONS];
static int rejection_count;

/* All module-level code is one function of the bundle, which can name one file only: its lines are counted through all
 * files, as "<modules>:line", and the table has "first-line name" for each. Functions name their own file. */
static void print_stack(const char *stack) {
  static const char mark[] = "<modules>:";
  for (const char *at; (at = strstr(stack, mark));) {
    char *rest, *word, place[256];
    unsigned long line = strtoul(at + sizeof mark - 1, &rest, 10), first = 0;
    const char *name = " ?";
    for (const char *row = program_files; *row; row += strlen(row) + 1) {
      unsigned long begin = strtoul(row, &word, 10);
      if (begin > line) break;
      first = begin;
      name = word;
    }
    snprintf(place, sizeof place, "%s:%lu", name + 1, line - first);
    platform_console(stack, (size_t)(at - stack));
    platform_console(place, strlen(place));
    stack = rest;
  }
  platform_console(stack, strlen(stack));
}

/* Prints the stack of an error. */
static void print_trace(JSValue error) {
  JSValue stack = JS_IsObject(error) ? JS_GetPropertyStr(context, error, "stack") : JS_UNDEFINED;
  const char *frames = JS_IsString(stack) ? JS_ToCString(context, stack) : NULL;
  if (frames) print_stack(frames);
}

/* For traps and the platform's panics: where JavaScript stands. */
void engine_describe(void) {
  if (!context || dying++) return;
  JS_UpdateStackTop(runtime); /* a trap has a stack of its own */
  platform_console("\n", 1);
  print_trace(JS_NewError(context));
  const char *work = below_work ? below_work() : "";
  platform_console(work, strlen(work));
  if (*work) platform_console("\n", 1);
}

/* The stack of the error on the console, the line through nativeOnPanic (syslog), then as last line before power-off. */
static _Noreturn void last_words(const char *line, JSValue error) {
  if (dying++) platform_panic("%s", line); /* the report itself failed */
  platform_console("\n", 1);
  print_trace(error);
  if (JS_IsFunction(context, on_panic)) {
    JSValue argument = JS_NewString(context, line);
    JS_Call(context, on_panic, JS_UNDEFINED, 1, (JSValueConst *)&argument);
  }
  platform_panic("%s", line);
}

_Noreturn void engine_fault(const char *line) {
  if (!context) platform_panic("%s", line);
  last_words(line, JS_NewError(context));
}

static _Noreturn void panic(const char *what, JSValue reason) {
  const char *text = JS_ToCString(context, reason);
  char line[512];
  snprintf(line, sizeof line, "%s: %s", what, text ? text : "(no message)");
  last_words(line, reason);
}

_Noreturn void engine_out_of_memory(size_t wanted) {
  char line[96];
  snprintf(line, sizeof line, "out of memory: %zu bytes wanted, %zu of %zu in use", wanted, platform_heap_used(),
           platform_heap_limit());
  if (dying || !context || !reserve) platform_panic("%s", line);
  free(reserve);
  reserve = NULL;
  last_words(line, JS_NewError(context));
}

static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool handled, void *) {
  if (!handled) {
    if (rejection_count == REJECTIONS) panic("unhandled rejection", JS_DupValue(ctx, reason));
    rejections[rejection_count++] = JS_DupValue(ctx, promise);
    return;
  }
  for (int i = 0; i < rejection_count; i++) {
    if (JS_VALUE_GET_PTR(rejections[i]) != JS_VALUE_GET_PTR(promise)) continue;
    JS_FreeValue(ctx, rejections[i]);
    rejections[i] = rejections[--rejection_count];
    return;
  }
}

int engine_jobs(void) {
  JSContext *ctx;
  int count = 0, status;
  while ((status = JS_ExecutePendingJob(runtime, &ctx)) > 0) count++;
  if (status < 0) panic("uncaught", JS_GetException(ctx));
  if (rejection_count) panic("unhandled rejection", JS_PromiseResult(context, rejections[0]));
  return count;
}

double engine_turn(void) {
  JSValue result = JS_Call(context, step, JS_UNDEFINED, 0, NULL);
  double until;
  if (JS_IsException(result) || JS_ToFloat64(context, &until, result)) panic("uncaught", JS_GetException(context));
  JS_FreeValue(context, result);
  return until;
}

static void keep(JSValue *into, JSValueConst function) {
  JS_FreeValue(context, *into);
  *into = JS_DupValue(context, function);
}
void native_run(JSValueConst function) { keep(&step, function); }
void native_on_panic(JSValueConst function) { keep(&on_panic, function); }
void native_collect(void) { JS_RunGC(runtime); }
void native_sleep(double until) { platform_sleep(until < 0 ? 0 : until < 0x1p63 ? (uint64_t)until : PLATFORM_FOREVER); }

static void start(void) {
  reserve = malloc(RESERVE);
  runtime = JS_NewRuntime2(&engine_memory, NULL);
  JS_SetMaxStackSize(runtime, platform_stack_size() - STACK_MARGIN);
  JS_SetGCThreshold(runtime, platform_heap_free() / 8); /* for the first time; what a start makes is kept, nearly all */
  JS_SetHostPromiseRejectionTracker(runtime, on_rejection, NULL);
  context = JS_NewContextRaw(runtime);
  if (JS_AddIntrinsicBaseObjects(context) || JS_AddIntrinsicDate(context) || JS_AddIntrinsicRegExp(context) ||
      JS_AddIntrinsicJSON(context) || JS_AddIntrinsicProxy(context) || JS_AddIntrinsicMapSet(context) ||
      JS_AddIntrinsicTypedArrays(context) || JS_AddIntrinsicPromise(context) || JS_AddIntrinsicWeakRef(context) ||
      JS_AddIntrinsicAToB(context))
    platform_panic("the engine does not start");
  JS_SetInterruptHandler(runtime, engine_interrupt, NULL);
  bindings_install(context);
  loop_prepare(context);
}

static JSValue unpack(const struct packed *p) {
  JSValue bytes = native_inflate(context, p->bytes, p->length, p->size);
  const uint8_t *bytecode = JS_GetUint8Array(context, &(size_t){0}, bytes);
  JSValue result = bytecode ? JS_ReadObject(context, bytecode, p->size, JS_READ_OBJ_BYTECODE) : JS_EXCEPTION;
  JS_FreeValue(context, bytes); /* what was read is copied */
  return result;
}

JSValue native_chunk(JSContext *ctx, uint64_t number) {
  JSValue script = unpack(&program_packed[number]);
  return JS_IsException(script) ? script : JS_EvalFunction(ctx, script);
}

int main(int, char **argv) {
  engine_arguments = argv;
  start();
  JSValue module = unpack(program_packed);
  if (JS_IsException(module) || JS_ResolveModule(context, module) < 0)
    panic("the program does not load", JS_GetException(context));
  JSValue done = JS_EvalFunction(context, module); /* a promise, for a module may await at its top */
  if (JS_PromiseState(context, done) == JS_PROMISE_REJECTED) panic("uncaught", JS_PromiseResult(context, done));
  if (JS_IsException(done)) panic("uncaught", JS_GetException(context));
  engine_jobs();
  if (!JS_IsObject(step)) platform_power_off(0); /* a program that asked for no loop has ended */
  loop_run();
}
