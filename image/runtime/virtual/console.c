/* Console on COM1, a 16550A, by polling. Where there is none (Xen, some microVMs) reads give 0xff, and the text goes to Xen's
 * console, or to the debug port 0xe9, which Xen writes into its log and others ignore. A screen that a BIOS has left in text
 * mode shows all of it as well: what people see of a machine in a window. */
#include "machine.h"

enum { COM1 = 0x3f8, DEBUG_PORT = 0xe9, LINE_STATUS = COM1 + 5, TRANSMIT_EMPTY = 0x20, LINE_IDLE = 0x40 };
enum { FIFO = 16, PATIENCE = 1 << 21, COLUMNS = 80, CELLS = 25 * COLUMNS, GREY = 0x700 };
static int present, room;
static volatile uint16_t *screen;
static char last;

void console_start(void) {
  /* 115200 baud, 8N1, FIFO on, no interrupts: IER, LCR with DLAB, divisor, LCR, FCR, MCR. */
  static const uint8_t program[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}, {4, 3}};
  for (size_t i = 0; i < sizeof program / sizeof *program; i++) outb((uint16_t)(COM1 + program[i][0]), program[i][1]);
  present = inb(LINE_STATUS) != 0xff;
  outb(0x3ce, 6); /* VGA's miscellaneous register: text, and memory at 0xb8000 */
  if ((inb(0x3cf) & 0xf) == 0xe) screen = (void *)SCREEN;
}

/* From the bottom upwards, below what firmware had to say. */
static void show(char c) {
  static unsigned at = CELLS;
  if (c == '\n') at += COLUMNS - at % COLUMNS;
  if (!screen || c < ' ') return;
  if (at >= CELLS) {
    for (at = 0; at < CELLS; at++) screen[at] = at < CELLS - COLUMNS ? screen[at + COLUMNS] : GREY | ' ';
    at = CELLS - COLUMNS;
  }
  screen[at++] = (uint16_t)(GREY | c);
}

/* An empty transmitter takes a whole FIFO. When nobody reads at the other end the text is dropped, not waited for. */
static void put(char c) {
  static int patience = PATIENCE;
  if (!present) return xen_put(c) ? (void)0 : outb(DEBUG_PORT, (uint8_t)c);
  if (!room) {
    int left = patience;
    while (left && !(inb(LINE_STATUS) & TRANSMIT_EMPTY)) left--;
    if (!left && !(inb(LINE_STATUS) & TRANSMIT_EMPTY)) return (void)(patience = 0);
    patience = PATIENCE;
    room = FIFO;
  }
  room--;
  outb(COM1, (uint8_t)c);
}

void platform_console(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\n' && last != '\r') put('\r');
    put(last = text[i]);
    show(last);
  }
}

/* What is still in the FIFO would die with the machine. */
void console_drain(void) {
  for (int left = PATIENCE; present && left && !(inb(LINE_STATUS) & LINE_IDLE); left--) {
  }
}
