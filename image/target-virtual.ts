// The `virtual` target: one ELF, entered by the hypervisor.

import * as seam from "../stack/host/seam.ts";
import { findingText, hardwareClock, nextFinding, restart, start } from "./below-virtual.ts";
import { boot } from "./boot.ts";

boot({
  source: { parameters: nativeParameters(), onePerLine: false, module: nativeModule() },
  seam,
  start({ offloads, restartOnPanic }, memory) {
    nativeRestartOnPanic(restartOnPanic);
    return start(offloads, memory);
  },
  restart,
  hardwareClock,
  nextFinding,
  findingText,
});
