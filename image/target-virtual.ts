// The `virtual` target: one ELF, entered by the hypervisor.

import { commandLine, parameterFile } from "../appliance/parameter-words.ts";
import * as seam from "../stack/host/seam.ts";
import {
  findingBytes,
  findingText,
  hardwareClock,
  lookForParameters,
  nextFinding,
  restart,
  start,
} from "./below-virtual.ts";
import { boot } from "./boot.ts";

boot({
  sources: [commandLine(nativeParameters()), parameterFile(nativeModule(), "the initrd or EPIPHYTE.TXT")],
  lookForParameters,
  seam,
  start({ offloads, restartOnPanic, virtioMmio, mac, ipv4 }, memory, purposes) {
    nativeRestartOnPanic(restartOnPanic);
    return start(offloads, memory, virtioMmio, mac ?? 0, ipv4 === undefined, purposes);
  },
  restart,
  hardwareClock,
  nextFinding,
  findingText,
  findingBytes,
});
