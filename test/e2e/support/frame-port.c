// A port for bare frames on a network interface: what comes on standard input, each frame behind a 4-byte big-endian
// length, is sent; what the interface receives comes out in the same form.
//
//   frame-port INTERFACE [offload]
//
// With "offload" each frame begins with a header of virtio-net (10 bytes), both ways.

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGEST 70000

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void write_all(const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = write(1, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) exit(0); // whoever reads has gone
    bytes += n;
    length -= (size_t)n;
  }
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) return 2;
  int port = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  address.sll_ifindex = (int)if_nametoindex(argv[1]);
  if (port < 0 || bind(port, (struct sockaddr *)&address, sizeof address) < 0) fail(argv[1]);
  int yes = 1;
  // What others send from here, and we, is not what the host says.
  if (setsockopt(port, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0) fail("PACKET_IGNORE_OUTGOING");
  if (argc == 3 && setsockopt(port, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof yes) < 0) fail(argv[2]);

  static uint8_t out[4 + LARGEST], in[2 * LARGEST];
  size_t held = 0;
  for (;;) {
    struct pollfd ready[2] = {{.fd = port, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) fail("poll");
    if (ready[0].revents != 0) {
      ssize_t n = recv(port, out + 4, LARGEST, 0);
      if (n < 0 && errno != EINTR) fail("recv");
      if (n > 0) {
        uint32_t length = htonl((uint32_t)n);
        memcpy(out, &length, 4);
        write_all(out, 4 + (size_t)n);
      }
    }
    if (ready[1].revents != 0) {
      ssize_t n = read(0, in + held, sizeof in - held);
      if (n <= 0) return 0;
      held += (size_t)n;
      size_t at = 0;
      while (held - at >= 4) {
        uint32_t length;
        memcpy(&length, in + at, 4);
        length = ntohl(length);
        if (length > LARGEST) return 1;
        if (held - at < 4 + length) break;
        // A frame that finds no room is lost, as on a wire.
        send(port, in + at + 4, length, 0);
        at += 4 + length;
      }
      memmove(in, in + at, held - at);
      held -= at;
    }
  }
}
