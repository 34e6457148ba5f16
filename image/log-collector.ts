// The log's way out of the machine: to a syslog receiver, the last words of a machine that dies as well.

import type { Log } from "../appliance/log.ts";
import type { LogReceiver } from "../appliance/log-receiver.ts";
import type { Platform } from "../appliance/platform.ts";
import { sendToSyslog } from "../appliance/syslog.ts";
import { streamToSyslog } from "../appliance/syslog-stream.ts";
import type { Edge } from "../stack/edge/edge.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { syslogEncoder } from "../stack/edge/syslog.ts";
import { wallClock } from "./wall-clock.ts";

/** Sends the log to its receiver, the last words of the machine as well. */
export function collect(to: LogReceiver, hostname: string, log: Log, edge: Edge, seam: Seam, platform: Platform): void {
  const encode = syslogEncoder(hostname, "epiphyte");
  // The machine is dying, perhaps in the middle of a poll: the line is on the console already, and leaves at once.
  const lastWords = (send: (message: Uint8Array) => void): void =>
    nativeOnPanic((line) => {
      const message = encode(2, wallClock.now(), nativeUtf8Encode(line));
      if (message !== undefined) send(message);
    });
  if (to.transport !== "udp") {
    void streamToSyslog(to, hostname, log, edge, platform);
    lastWords((message) => {
      seam.logPut(message);
      seam.logLastWords();
    });
    return;
  }
  let collector = "";
  void sendToSyslog(to, hostname, log, edge, platform, (address) => {
    collector = address;
    seam.setSyslog(address, to.port, hostname);
  });
  lastWords((message) => {
    if (collector === "") return;
    seam.sendDatagram(collector, to.port, message);
    seam.flush();
  });
}
