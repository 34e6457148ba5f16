// A syslog message for people, as tcpdump writes it: whence and how bad, and nothing of what it says.

/** By severity (RFC 5424 6.2.1, table 2). */
const SEVERITIES: readonly string[] = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];
/** The largest PRI: facility 23, severity 7. */
const MOST_PRIORITY = 191;

export function printSyslog(bytes: Uint8Array, offset: number, end: number, length: number): string {
  const priority = readPriority(bytes, offset, end);
  if (priority < 0) return `SYSLOG, length ${length}`;
  return `SYSLOG facility ${priority >>> 3}, severity ${SEVERITIES[priority & 7]!}, length ${length}`;
}

/** RFC 5424 6.2.1: "<", one to three digits, ">"; -1: none. */
function readPriority(bytes: Uint8Array, offset: number, end: number): number {
  if (offset >= end || bytes[offset]! !== 0x3c) return -1;
  let value = 0;
  for (let at = offset + 1; at < end && at < offset + 5; at++) {
    const c = bytes[at]!;
    if (c === 0x3e) return at === offset + 1 || value > MOST_PRIORITY ? -1 : value;
    if (c < 0x30 || c > 0x39) return -1;
    value = value * 10 + (c - 0x30);
  }
  return -1;
}
