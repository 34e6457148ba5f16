/* platform.h on Linux: one static process, a TAP file descriptor for the network card. */
#define _GNU_SOURCE /* ppoll, REG_RIP */
#include "../platform.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* <linux/if_tun.h>, which musl does not have. */
#define TUNSETIFF 0x400454ca
#define TUNSETOFFLOAD 0x400454d0
#define TUNSETVNETHDRSZ 0x400454d8
#define IFF_TAP 2
#define IFF_NO_PI 0x1000
#define IFF_VNET_HDR 0x4000
#define HEAP_MEGABYTES 512 /* EPIPHYTE_MEMORY sets another */
#define STACK_MOST (8u << 20)
#define PARAMETERS_MAX 65536
#define VNET_HEADER 12 /* virtio_net_hdr with num_buffers, the form of virtio 1.x 5.1.6 */

const char *platform_target(void) { return "process"; }
const char *platform_hypervisor(void) { return "linux"; }
/* EPIPHYTE_PARAMETERS names a file that stands for the boot module; one that cannot be read whole is an error. */
const char *platform_module(void) {
  static char text[PARAMETERS_MAX + 2];
  const char *name = getenv("EPIPHYTE_PARAMETERS");
  if (!name || !*name) return "";
  FILE *file = fopen(name, "r");
  if (!file) platform_panic("EPIPHYTE_PARAMETERS: %s: %s", name, strerror(errno));
  size_t length = fread(text, 1, sizeof text - 1, file);
  if (ferror(file)) platform_panic("EPIPHYTE_PARAMETERS: %s cannot be read", name);
  fclose(file);
  text[length] = 0;
  return text;
}

const char *platform_parameters(void) {
  static char text[PARAMETERS_MAX];
  size_t at = 0;
  for (char **a = engine_arguments + 1; *a && at < sizeof text; a++)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s\n", *a);
  return text;
}

void platform_console(const char *text, size_t length) {
  while (length > 0) {
    ssize_t n = write(STDOUT_FILENO, text, length);
    if (n < 0 && errno != EINTR && errno != EAGAIN) return; /* nobody reads: the machine goes on without a console */
    if (n <= 0) continue;
    text += n;
    length -= (size_t)n;
  }
}

_Noreturn void platform_panic(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  engine_describe();
  platform_console("panic: ", 7);
  platform_console(text, strlen(text));
  platform_console("\n", 1);
  platform_power_off(1);
}

_Noreturn void platform_power_off(int status) { _exit(status); }

static uint64_t microseconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t started;
uint64_t platform_now(void) { return microseconds(CLOCK_MONOTONIC) - started; }
uint64_t platform_cpu_time(void) { return microseconds(CLOCK_PROCESS_CPUTIME_ID); }
int64_t platform_wall_clock(void) { return (int64_t)(microseconds(CLOCK_REALTIME) / 1000); }

static int tap = -1, tap_made;

void platform_sleep(uint64_t until) {
  struct pollfd card = {.fd = tap, .events = POLLIN};
  struct timespec wait = {0};
  uint64_t now = platform_now();
  if (until > now) {
    wait.tv_sec = (time_t)((until - now) / 1000000);
    wait.tv_nsec = (long)((until - now) % 1000000 * 1000);
  }
  ppoll(&card, tap >= 0, until == PLATFORM_FOREVER ? NULL : &wait, NULL);
}

int platform_random(uint8_t *into, size_t length) {
  while (length > 0) {
    ssize_t n = getrandom(into, length, 0);
    if (n < 0 && errno != EINTR) return 0;
    if (n <= 0) continue;
    into += n;
    length -= (size_t)n;
  }
  return 1;
}
void platform_add_entropy(const uint8_t *, size_t, int) {}

static struct ifreq request;

int platform_tap_open(const char *name, size_t length) {
  int size = VNET_HEADER, fd;
  if (length >= sizeof request.ifr_name) return ENAMETOOLONG;
  request = (struct ifreq){.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  memcpy(request.ifr_name, name, length);
  tap_made = if_nametoindex(request.ifr_name) == 0;
  if ((fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) return errno;
  if (ioctl(fd, TUNSETIFF, &request) || ioctl(fd, TUNSETVNETHDRSZ, &size)) {
    int error = errno;
    close(fd);
    return error;
  }
  tap = fd;
  return 0;
}

int platform_tap_state(void) {
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int up = any >= 0 && ioctl(any, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
  int mtu = any >= 0 && ioctl(any, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
  if (any >= 0) close(any);
  return (up ? 1 : 0) | (tap_made ? 2 : 0) | (mtu << 2);
}

const char *platform_machine_id(void) {
  static char text[33];
  int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) < (ssize_t)sizeof text - 1) text[0] = 0;
  if (fd >= 0) close(fd);
  return text;
}

int platform_tap_offload(unsigned flags) { return ioctl(tap, TUNSETOFFLOAD, (unsigned long)flags) ? errno : 0; }

long platform_tap_read(uint8_t *into, size_t length) {
  ssize_t n = read(tap, into, length);
  return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int platform_tap_write(const uint8_t *head, size_t head_length, const uint8_t *payload, size_t payload_length) {
  struct iovec parts[2] = {{(void *)head, head_length}, {(void *)payload, payload_length}};
  return writev(tap, parts, payload_length ? 2 : 1) < 0 ? errno : 0;
}

/* Nothing is stored anywhere: the orderly end of the process is its end. */
static void on_signal(int) { platform_power_off(0); }

/* A fault of the processor: what it was and, if the compiled side has the code, which line of TypeScript. */
static void on_fault(int number, siginfo_t *info, void *context) {
  uint64_t at = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  const char *place = below_where ? below_where(at) : "";
  platform_panic("signal %d (%s) at %#lx, address %p%s%s", number, strsignal(number), (unsigned long)at, info->si_addr,
                 *place ? ", at " : "", place);
}

size_t platform_stack_size(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > STACK_MOST)
    return STACK_MOST;
  return limit.rlim_cur;
}

/* Before main and before the first malloc. Pages that are never touched cost nothing, so the heap is taken whole. */
__attribute__((constructor)) static void start(void) {
  const char *megabytes = getenv("EPIPHYTE_MEMORY");
  size_t size = (megabytes ? strtoul(megabytes, NULL, 10) : HEAP_MEGABYTES) << 20;
  void *heap = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (heap == MAP_FAILED) platform_panic("no address space for a heap of %zu bytes", size);
  heap_add(heap, size);
  started = microseconds(CLOCK_MONOTONIC);
  /* On a stack of its own: the fault may be that there is no stack left. */
  static uint8_t fault_stack[64 * 1024];
  sigaltstack(&(stack_t){.ss_sp = fault_stack, .ss_size = sizeof fault_stack}, NULL);
  struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
  for (const int *signals = (const int[]){SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0}; *signals; signals++)
    sigaction(*signals, &fault, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
}
