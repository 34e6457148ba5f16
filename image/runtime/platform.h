/* What the engine layer needs from what lies beneath it. Two implementations: image/runtime/virtual/ (entered by the
 * hypervisor) and image/runtime/process/ (a static Linux binary). Those that have the name of a function of
 * a page of natives are that function: image/build/glue.ts looks for them here. */
#ifndef EPIPHYTE_PLATFORM_H
#define EPIPHYTE_PLATFORM_H
#include <stddef.h>
#include <stdint.h>

#define PLATFORM_FOREVER UINT64_MAX

const char *platform_target(void);     /* "virtual" or "process" */
const char *platform_hypervisor(void); /* "kvm" "tcg" "xen" "bare" "linux" */
const char *platform_parameters(void); /* command line; process: one argument a line */
const char *platform_module(void);     /* text of the first boot module, "" when none */

/* What main() was given, the engine's: the parameters of the process target. */
extern char **engine_arguments;

void platform_console(const char *text, size_t length);
/* Last words: prints "panic: ..." and powers off with status 1. Usable from a trap handler. */
_Noreturn void platform_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void platform_power_off(int status);

uint64_t platform_now(void);       /* microseconds since entry, monotonic */
uint64_t platform_cpu_time(void);  /* microseconds of processor time that were ours */
int64_t platform_wall_clock(void); /* milliseconds since 1970 UTC; since entry where nobody told the date */
/* Returns when an interrupt (process: a readable TAP) has come since the last return, or at `until`. */
void platform_sleep(uint64_t until);

/* 1 and `length` random bytes, or 0 while there is no entropy. */
int platform_random(uint8_t *into, size_t length);
void platform_add_entropy(const uint8_t *bytes, size_t length, int credit);

/* Bytes of stack that main() was given (process: the soft limit): what JS_SetMaxStackSize must stay well under. */
size_t platform_stack_size(void);
/* Optional, the engine's: prints where JavaScript stands. Called by platform_panic and by traps, at most once; what it
 * breaks no longer matters: a trap inside it powers the machine off. It may run on a stack of 32 KB. */
void engine_describe(void) __attribute__((weak));

/* Optional, the engine's: out of memory as last words, with the JS stack. The heap calls it instead of returning NULL. */
_Noreturn void engine_out_of_memory(size_t wanted) __attribute__((weak));

/* The compiled side's, where there is one: the line of TypeScript that an address of code came from, or "". */
const char *below_where(uint64_t address) __attribute__((weak));

/* malloc.c, on both targets: the platform gives it memory before the first call; whole pages come zeroed or NULL. */
void heap_add(void *start, size_t length);
void *heap_pages(size_t count);
/* malloc and realloc that answer NULL, and leave what was, where fewer than `keep` pages would be left free. */
void *heap_try(size_t size, size_t keep);
void *heap_try_resize(void *p, size_t size, size_t keep);
size_t platform_heap_used(void);
size_t platform_heap_free(void); /* in whole pages, of the limit */
size_t platform_heap_limit(void);
size_t platform_heap_peak(void);
size_t platform_heap_largest(void);     /* what could be had in one piece */
size_t platform_heap_allocations(void); /* made so far, resizes included */

/* What only one target has is weak: the other does without, and JavaScript finds no such function. */
#define ELSEWHERE __attribute__((weak))

/* Hardware: `virtual`. */
ELSEWHERE uint32_t platform_port_read(uint16_t port, int size);
ELSEWHERE void platform_port_write(uint16_t port, int size, uint32_t value);
ELSEWHERE int platform_map_device(uint64_t address, uint64_t length); /* 1 done, 0 refused */
ELSEWHERE uint64_t platform_message_address(void);
ELSEWHERE uint32_t platform_power_events(void); /* port and length of ACPI's PM1 event registers */
ELSEWHERE void platform_restart_on_panic(int wanted);
/* Xen, where that is: drivers/native.d.ts says what they do. */
ELSEWHERE long platform_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c);
ELSEWHERE uint64_t platform_xen_shared(void);
ELSEWHERE void platform_xen_resumed(void);

/* TAP: `process`. */
ELSEWHERE int platform_tap_open(const char *name, size_t length);
ELSEWHERE int platform_tap_state(void); /* 1 up, 2 made by opening, MTU * 4 */
ELSEWHERE const char *platform_machine_id(void);
ELSEWHERE int platform_tap_offload(unsigned flags);
ELSEWHERE long platform_tap_read(uint8_t *into, size_t length);
ELSEWHERE int platform_tap_write(const uint8_t *head, size_t head_length, const uint8_t *payload,
                                 size_t payload_length);

#endif
