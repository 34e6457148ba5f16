/* The loop where everything is bytecode: the step polls the link itself. */
#include "engine.h"

void loop_prepare(JSContext *) {}
void loop_yield(void) { engine_worked++; }
uint64_t native_longest_wait(void) { return 0; }

_Noreturn void loop_run(void) {
  for (;;) {
    double until = engine_turn();
    /* A job may have set an earlier deadline: ask again before sleeping. */
    if (engine_jobs() == 0) native_sleep(until);
  }
}
