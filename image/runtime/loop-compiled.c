/* The loop where what is below the seam is machine code: packets are served without the engine, which is entered only
 * when there is an event for it or one of its timers is due. While it works, its interrupt handler (called every few
 * thousand operations) and the pieces of long native calls let the compiled side take a step of its own. */
#include "engine.h"
#include "platform.h"
#include <math.h>

/* The compiled side: stack/edge/seam.ts, interface SeamLoop, and the global that is interface Seam. */
double below_poll(double now);
_Bool below_waiting(void);
void below_install(JSContext *context);

/* While the engine works it has so many microseconds between two steps, and as many again as the last step took:
 * packets, however many come, leave it half of the processor. (A step takes a bounded number of them.) */
#define YIELD_INTERVAL 100

static uint64_t last_poll, next_yield;
static int running, inside;

/* Of processor time, in microseconds: when packets were last let in, and the longest that they had to wait since. */
static uint64_t yielded, longest;

static void measure(void) {
  uint64_t now = platform_cpu_time();
  if (now - yielded > longest) longest = now - yielded;
  yielded = now;
}

/* The next deadline of the compiled side; never within itself. */
static double poll(void) {
  last_poll = platform_now();
  inside = 1;
  double until = below_poll((double)last_poll);
  inside = 0;
  next_yield = 2 * platform_now() - last_poll + YIELD_INTERVAL;
  return until;
}

void loop_yield(void) {
  engine_worked++;
  if (!running || inside || platform_now() < next_yield) return;
  measure();
  poll();
}

uint64_t native_longest_wait(void) {
  loop_yield();
  uint64_t result = longest;
  longest = 0;
  return result;
}

void loop_prepare(JSContext *context) { below_install(context); }

/* The program's module has run: the link is up. */
_Noreturn void loop_run(void) {
  running = 1;
  double timer = 0; /* when the engine wants to be called again, events aside */
  for (;;) {
    double until = poll();
    if (below_waiting() || (double)last_poll >= timer) {
      yielded = platform_cpu_time();
      timer = engine_turn();
      if (engine_jobs()) timer = 0; /* a job may have set an earlier deadline */
      measure();
      continue; /* what the engine queued leaves at once */
    }
    native_sleep(timer < until ? timer : until);
  }
}
