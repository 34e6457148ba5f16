// A line of the log as a syslog datagram (RFC 5424 over RFC 5426), for those above the seam.

import { encode, LARGEST_MESSAGE, SyslogHeader } from "../syslog/wire.ts";

/** `text` is UTF-8. Undefined when not even the header fits. */
export type SyslogEncoder = (severity: number, wallClockMs: number, text: Uint8Array) => Uint8Array | undefined;

/** An encoder for one host; each datagram is fresh, so it may wait to be sent. */
export function syslogEncoder(hostname: string, appName: string): SyslogEncoder {
  const header = new SyslogHeader();
  header.hostname = hostname;
  header.appName = appName;
  const buffer = new Uint8Array(LARGEST_MESSAGE);
  return (severity, wallClockMs, text) => {
    header.severity = severity;
    header.wallClock = wallClockMs;
    const length = encode(buffer, header, text, 0, text.length);
    return length === 0 ? undefined : buffer.slice(0, length);
  };
}
