/* The loop where everything is bytecode: the step polls the link itself. */
#include "engine.h"
#include "platform.h"

void loop_prepare(JSContext *context) { (void)context; }
void loop_breathe(void) {}
uint64_t loop_longest_wait(void) { return 0; }

_Noreturn void loop_run(void) {
  for (;;) {
    double until = engine_turn();
    /* A job may have set an earlier deadline: ask again before sleeping. */
    if (engine_jobs() == 0) platform_sleep(until >= 0 && until < 0x1p63 ? (uint64_t)until : until < 0 ? 0 : PLATFORM_FOREVER);
  }
}
