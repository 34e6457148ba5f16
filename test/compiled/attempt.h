/* Included by the generated C of the compiled tests: the natives of native.d.ts. A throw, a range fault or a trap below
 * the seam ends in platform_panic(), which attempt.c stands before (ld --wrap): inside an attempt it goes back there. */
#ifndef EPIPHYTE_ATTEMPT_H
#define EPIPHYTE_ATTEMPT_H
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the state of one more attempt; the innermost is the last. Ends the program when they are too deep. */
jmp_buf *attempt_enter(void);
void attempt_leave(void);
size_t attempt_fault(uint8_t *into, size_t size);

/* A macro, because setjmp() must be called by the function that is to be come back to. */
#define nativeGuard() ((uint8_t)(setjmp(*attempt_enter()) != 0))
#define nativeGuarded() attempt_leave()
#define nativeFault(into, size) ((double)attempt_fault((uint8_t *)(into), size))

#endif
