// The `virtual` target: one ELF, entered by the hypervisor.

import * as seam from "../stack/host/seam.ts";
import { findingText, nextFinding, start } from "./below-virtual.ts";
import { boot } from "./boot.ts";

boot({
  source: { parameters: nativeParameters(), onePerLine: false, module: nativeModule() },
  seam,
  start: ({ offloads }, memory) => start(offloads, memory),
  nextFinding,
  findingText,
});
