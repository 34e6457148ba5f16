// Joins two TAP devices of two network namespaces by a wire with a delay, a rate with a queue, and losses of a seed:
//
//   wire NAMESPACE TAP NAMESPACE TAP DELAY_US LOSS_PERCENT REORDER_PERCENT MBITS QUEUE SEED
//
// Each way is the same. MBITS 0: as fast as it comes. A packet that is reordered comes up to three delays later.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FRAME 2048
#define MOST 16384

static struct packet {
  int64_t at;
  uint64_t order;
  int to;
  int length;
  uint8_t bytes[FRAME];
} packets[MOST];
// A heap of indices by time; free ones behind it.
static int heap[MOST], count;
static uint64_t order;
static int tap[2];
static int64_t free_at[2];
static uint64_t state;
static long dropped, overflowed, passed;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static double chance(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
}

static int before(int a, int b) {
  struct packet *p = &packets[a], *q = &packets[b];
  return p->at < q->at || (p->at == q->at && p->order < q->order);
}

static void swap(int i, int j) {
  int k = heap[i];
  heap[i] = heap[j];
  heap[j] = k;
}

static void up(int i) {
  for (; i > 0 && before(heap[i], heap[(i - 1) / 2]); i = (i - 1) / 2) swap(i, (i - 1) / 2);
}

static void down(int i) {
  for (;;) {
    int child = 2 * i + 1;
    if (child >= count) return;
    if (child + 1 < count && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], heap[i])) return;
    swap(i, child);
    i = child;
  }
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_tap(const char *space, const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/var/run/netns/%s", space);
  int ns = open(path, O_RDONLY);
  if (ns < 0 || setns(ns, CLONE_NEWNET) < 0) fail(path);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) fail(name);
  close(ns);
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 11) return 2;
  tap[0] = open_tap(argv[1], argv[2]);
  tap[1] = open_tap(argv[3], argv[4]);
  int64_t delay = atoll(argv[5]);
  double loss = atof(argv[6]) / 100, reorder = atof(argv[7]) / 100, rate = atof(argv[8]) / 8;
  int queue = atoi(argv[9]);
  state = strtoull(argv[10], NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
  for (int i = 0; i < MOST; i++) heap[i] = i;
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct pollfd ready[2] = {{.fd = tap[0], .events = POLLIN}, {.fd = tap[1], .events = POLLIN}};
    struct timespec wait = {1, 0}, *until = NULL;
    if (count > 0) {
      int64_t left = packets[heap[0]].at - now();
      if (left < 0) left = 0;
      wait.tv_sec = left / 1000000;
      wait.tv_nsec = left % 1000000 * 1000;
      until = &wait;
    }
    if (ppoll(ready, 2, until, NULL) < 0 && errno != EINTR) return 1;
    for (int from = 0; from < 2; from++) {
      while (count < MOST) {
        struct packet *p = &packets[heap[count]];
        ssize_t n = read(tap[from], p->bytes, FRAME);
        if (n <= 0) break;
        // Only what TCP sends is treated badly: a lost question for a neighbour costs a second and says nothing.
        int tcp4 = n > 34 && p->bytes[12] == 8 && p->bytes[13] == 0 && p->bytes[23] == 6;
        int tcp = tcp4 || (n > 54 && p->bytes[12] == 0x86 && p->bytes[13] == 0xdd && p->bytes[20] == 6);
        int64_t at = now();
        if (tcp && chance() < loss) {
          dropped++;
          continue;
        }
        int64_t begin = at, ends = at;
        if (rate > 0 && tcp) {
          if (free_at[from] > begin) begin = free_at[from];
          if (begin - at > (int64_t)(queue * 1500 / rate)) {
            overflowed++;
            continue;
          }
          ends = begin + (int64_t)((double)n / rate + 0.5);
          free_at[from] = ends;
        }
        p->at = ends + delay;
        if (tcp && chance() < reorder) p->at += (int64_t)(chance() * 3 * (double)delay);
        p->order = order++;
        p->to = 1 - from;
        p->length = (int)n;
        passed++;
        up(count++);
      }
    }
    int64_t time = now();
    while (count > 0 && packets[heap[0]].at <= time) {
      struct packet *p = &packets[heap[0]];
      if (write(tap[p->to], p->bytes, (size_t)p->length) < 0 && errno != EAGAIN && errno != EIO) return 1;
      swap(0, --count);
      down(0);
    }
  }
}
