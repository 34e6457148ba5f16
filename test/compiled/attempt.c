/* See attempt.h. What was allocated between an attempt and the fault that ends it is never freed: it is a test's. */
#include "attempt.h"
#include "platform.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A test, a property's run, a toThrow() within. */
enum { DEEPEST = 8 };

static jmp_buf states[DEEPEST];
static int depth;
static char fault[4096];

_Noreturn void __real_platform_panic(const char *format, ...);

jmp_buf *attempt_enter(void) {
  if (depth == DEEPEST) __real_platform_panic("attempts within attempts");
  return &states[depth++];
}
void attempt_leave(void) { depth--; }

size_t attempt_fault(uint8_t *into, size_t size) {
  size_t length = strlen(fault);
  if (length > size) length = size;
  memcpy(into, fault, length);
  return length;
}

_Noreturn void __wrap_platform_panic(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fault, sizeof fault, format, arguments);
  va_end(arguments);
  if (depth == 0) __real_platform_panic("%s", fault);
  longjmp(states[--depth], 1);
}
