// The `process` target: a static Linux binary over a TAP device.

import * as seam from "../stack/host/seam.ts";
import { start, startNotes } from "./below-process.ts";
import { boot } from "./boot.ts";

boot({
  source: { parameters: nativeParameters(), onePerLine: true, module: "" },
  seam,
  start: (config, switches, memory) => start(config.tap ?? "tap0", switches, memory),
  notes: startNotes,
});
