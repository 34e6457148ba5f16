// The `virtual` target: one ELF, entered by the hypervisor.

import * as seam from "../stack/host/seam.ts";
import { start, startNotes } from "./below-virtual.ts";
import { boot } from "./boot.ts";

boot({
  source: { parameters: nativeParameters(), onePerLine: false, module: nativeModule() },
  seam,
  start: (_config, switches, memory) => start(switches, memory),
  notes: startNotes,
});
