/* Memory and work are given to a task, not taken by it (appliance/task.ts). The code of a task runs within
 * native_attempt, which ends it when its share is used up: from the engine's interrupt handler, by an exception that no
 * code of the task can catch. What is allocated between two calls of that handler comes out of a slack below the share;
 * only when that is gone too does an allocation fail, by an exception of the same kind. Neither ends the machine. */
#include "engine.h"
#include "platform.h"
#include <stdlib.h>
#include <string.h>

#define PAGE 4096
/* Pages below a task's share that its last steps and its way out may take. */
#define SLACK 64
/* Garbage cycles are collected before a task is ended. Unless so many pages come of it, it is ended all the same, or the
 * next collection would come at once. */
#define WORTH_COLLECTING 64

enum fault { NONE, MEMORY, WORK };
static const char *const fault_names[] = {"", "memory", "work"};

/* What runs: the pages that it leaves free, and the count of work at which it ends. Outside of tasks `running` is 0. */
static struct task {
  int running;
  size_t keep;
  uint64_t end;
  enum fault fault;
} task;
uint64_t engine_worked;

double native_worked(void) { return (double)engine_worked; }

/* ---- Memory ---- */

/* An allocation that would take from what a task leaves to others fails; outside of tasks it ends the machine. */
static void *checked(void *p, size_t wanted) {
  if (p) return p;
  if (!task.running) engine_out_of_memory(wanted);
  task.fault = MEMORY;
  return NULL;
}

static size_t floor_now(void) { return task.keep > SLACK ? task.keep - SLACK : 0; }

void *engine_take(size_t size) { return checked(heap_try(size, floor_now()), size); }
void *engine_resize(void *old, size_t size) { return checked(heap_try_resize(old, size, floor_now()), size); }

size_t malloc_usable_size(void *p);
static void *js_take(void *, size_t size) { return engine_take(size); }
static void *js_resize(void *, void *old, size_t size) { return engine_resize(old, size); }
static void js_give_back(void *, void *p) { free(p); }
static size_t js_usable(const void *p) { return malloc_usable_size((void *)p); }
static void *js_take_zeroed(void *, size_t count, size_t size) {
  size_t total;
  uint8_t *p = engine_take(__builtin_mul_overflow(count, size, &total) ? SIZE_MAX : total);
  if (p)
    PIECES(at, piece, total) memset(p + at, 0, piece);
  return p;
}
const JSMallocFunctions engine_memory = {js_take_zeroed, js_take, js_give_back, js_resize, js_usable};

/* ---- Work ---- */

static size_t pages_free(void) { return platform_heap_free() / PAGE; }

int engine_interrupt(JSContext *context, void *) {
  loop_yield();
  if (!task.running || task.fault) return task.fault;
  if (engine_worked >= task.end) return task.fault = WORK;
  if (pages_free() >= task.keep) return 0;
  JS_RunGC(JS_GetRuntime(context));
  if (pages_free() < task.keep + WORTH_COLLECTING) task.fault = MEMORY;
  return task.fault;
}

JSValue native_attempt(JSContext *context, JSValueConst work, uint64_t keep, uint64_t most) {
  struct task outer = task;
  size_t pages = keep / PAGE;
  uint64_t end = engine_worked + most;
  task.running = 1;
  task.fault = NONE;
  if (task.keep < pages) task.keep = pages;
  if (!outer.running || task.end > end) task.end = end;
  JSValue result = JS_Call(context, work, JS_UNDEFINED, 0, NULL);
  enum fault fault = task.fault;
  task = outer;
  if (!fault && JS_IsException(result)) return result;
  JS_FreeValue(context, JS_IsException(result) ? JS_GetException(context) : result);
  if (fault == MEMORY) JS_RunGC(JS_GetRuntime(context));
  return JS_NewString(context, fault_names[fault]);
}
