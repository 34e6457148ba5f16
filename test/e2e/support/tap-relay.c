// Joins a TAP device to a Unix stream socket that carries frames behind a 4-byte big-endian length, as QEMU's
// `-netdev stream` does: the Linux of a network namespace becomes a port of tools/switch.ts.
//
//   tap-relay TAP SOCKET

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LARGEST 70000

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void write_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = write(fd, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) exit(0); // the switch has gone
    bytes += n;
    length -= (size_t)n;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  int tap = open("/dev/net/tun", O_RDWR);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) fail(argv[1]);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(stream, (struct sockaddr *)&address, sizeof address) < 0) fail(argv[2]);

  static uint8_t out[4 + LARGEST], in[2 * LARGEST];
  size_t held = 0;
  for (;;) {
    struct pollfd ready[2] = {{.fd = tap, .events = POLLIN}, {.fd = stream, .events = POLLIN}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) fail("poll");
    if (ready[0].revents != 0) {
      ssize_t n = read(tap, out + 4, LARGEST);
      if (n < 0 && errno != EINTR) fail("read");
      if (n > 0) {
        uint32_t length = htonl((uint32_t)n);
        memcpy(out, &length, 4);
        write_all(stream, out, 4 + (size_t)n);
      }
    }
    if (ready[1].revents != 0) {
      ssize_t n = read(stream, in + held, sizeof in - held);
      if (n <= 0) return 0;
      held += (size_t)n;
      size_t at = 0;
      while (held - at >= 4) {
        uint32_t length;
        memcpy(&length, in + at, 4);
        length = ntohl(length);
        if (length > LARGEST) return 1;
        if (held - at < 4 + length) break;
        // A frame that the device refuses is lost, as on a wire.
        if (write(tap, in + at + 4, length) < 0 && errno == EBADFD) fail("write");
        at += 4 + length;
      }
      memmove(in, in + at, held - at);
      held -= at;
    }
  }
}
