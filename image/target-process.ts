// The `process` target: a static Linux binary over a TAP device.

import { parameterFile, processArguments } from "../appliance/parameter-words.ts";
import * as seam from "../stack/host/seam.ts";
import { findingText, nextFinding, start } from "./below-process.ts";
import { boot } from "./boot.ts";
import { tapMac } from "./tap-mac.ts";

boot({
  sources: [processArguments(nativeParameters()), parameterFile(nativeModule(), "the file of EPIPHYTE_PARAMETERS")],
  // A process has arguments and a file of them.
  lookForParameters() {},
  seam,
  start: ({ tap, mac, offloads }, memory, purposes) =>
    start(tap, mac ?? tapMac(nativeMachineId(), tap) ?? 0, offloads, memory, purposes),
  // A process is begun anew by whoever began it.
  restart() {},
  hardwareClock: () => 0,
  nextFinding,
  findingText,
  findingBytes: () => new Uint8Array(0),
});
