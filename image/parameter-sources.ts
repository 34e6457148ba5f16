// The places where a boot has parameters, read one after the other, and the end of a machine that was told wrong.

import type { ParameterError } from "../appliance/parameter-error.ts";
import { type ParameterSource, parameterText } from "../appliance/parameter-words.ts";
import {
  type BootConfig,
  bootUsage,
  cutHints,
  describeMistakes,
  describeOrigins,
  readBootConfig,
} from "./boot-config.ts";
import { FOUND_FW_CFG, FOUND_NOTHING, FOUND_SMBIOS, FOUND_UNREADABLE } from "./findings.ts";
import { STATUS_BAD_PARAMETERS, type Target } from "./target.ts";

/** Where parameters come from, the weightiest first; what of it cannot be read; and what is to be told. */
export interface Sources {
  readonly sources: readonly ParameterSource[];
  readonly faults: readonly ParameterError[];
  readonly warnings: readonly string[];
}

export function allSources(target: Target): Sources {
  const sources: ParameterSource[] = [...target.sources];
  const faults: ParameterError[] = [];
  const warnings: string[] = [];
  target.lookForParameters();
  for (let kind = target.nextFinding(); kind !== FOUND_NOTHING; kind = target.nextFinding()) {
    const bytes = target.findingBytes();
    const text = nativeUtf8Decode(bytes, 0, bytes.length);
    if (kind === FOUND_FW_CFG) sources.push(parameterText(text, "fw_cfg"));
    else if (kind === FOUND_SMBIOS) sources.push({ where: "SMBIOS", form: "command line", text });
    else if (kind === FOUND_UNREADABLE) faults.push({ kind: "unreadable", why: target.findingText() });
    else warnings.push(target.findingText());
  }
  return { sources, faults, warnings };
}

/** What they say; of a machine that was told wrong, or asked for help, the end. */
export function parametersOrEnd({ sources, faults }: Sources): BootConfig {
  const read = readBootConfig(sources, faults);
  if (read.ok) return read.value;
  if (read.error.kind === "help") {
    const { origins, debug } = read.error;
    nativeConsole(`${bootUsage()}${debug ? `\n${describeOrigins(origins).join("\n")}\n` : ""}`);
    nativePowerOff(0);
  }
  nativeConsole(describeMistakes(read.error.errors, cutHints(sources)));
  nativePowerOff(STATUS_BAD_PARAMETERS);
}
