// The `virtual` target: one ELF, entered by the hypervisor.

import * as seam from "../stack/host/seam.ts";
import { findingText, hardwareClock, nextFinding, restart, start } from "./below-virtual.ts";
import { boot } from "./boot.ts";

boot({
  source: { parameters: nativeParameters(), onePerLine: false, module: nativeModule() },
  seam,
  start({ offloads, restartOnPanic, virtioMmio, mac, ipv4 }, memory, purposes) {
    nativeRestartOnPanic(restartOnPanic);
    return start(offloads, memory, virtioMmio, mac ?? 0, ipv4 === undefined, purposes);
  },
  restart,
  hardwareClock,
  nextFinding,
  findingText,
});
