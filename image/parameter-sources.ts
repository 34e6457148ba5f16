// The places where a machine has its parameters, read one after the other, in two phases: what the boot gives, and when that
// names no remote, what the network says. And the end of a machine that was told wrong.

import type { ParameterError } from "../appliance/parameter-error.ts";
import { type ParameterSource, parameterText } from "../appliance/parameter-words.ts";
import type { Platform } from "../appliance/platform.ts";
import type { Result } from "../stack/base/result.ts";
import type { Edge } from "../stack/edge/edge.ts";
import { httpRequest, joinChunks } from "../stack/edge/http-client.ts";
import { describeHttpError } from "../stack/edge/http-error.ts";
import type { Seam } from "../stack/edge/seam.ts";
import {
  type BootConfig,
  bootUsage,
  cutHints,
  describeMistakes,
  describeOrigins,
  REMOTE_MISSING,
  readBootConfig,
  type WithoutRemote,
} from "./boot-config.ts";
import { FOUND_FW_CFG, FOUND_NOTHING, FOUND_SMBIOS, FOUND_UNREADABLE } from "./findings.ts";
import { askNetwork } from "./network-parameters.ts";
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

/** What the boot says, with a remote or without; of a machine that was told wrong, or asked for help, the end. */
export function parametersOrEnd({ sources, faults }: Sources): Result<BootConfig, WithoutRemote> {
  const read = readBootConfig(sources, faults);
  if (read.ok) return read;
  const { error } = read;
  if (error.kind === "no-remote") return { ok: false, error };
  if (error.kind === "mistakes") end(describeMistakes(error.errors, cutHints(sources)));
  nativeConsole(`${bootUsage()}${error.debug ? `\n${describeOrigins(error.origins).join("\n")}\n` : ""}`);
  nativePowerOff(0);
}

/** How the network is asked for more. */
export interface Way {
  readonly edge: Edge;
  readonly seam: Seam;
  readonly platform: Platform;
  /** A DHCP server is asked for the address. */
  readonly leased: boolean;
  /** There is an IPv4 address. */
  readonly addressed: Promise<void>;
}

/**
 * What the boot says, without a remote, and the network besides. When neither names one that is the end: who was asked, and what
 * each said.
 */
export async function networkParametersOrEnd(found: Sources, way: Way): Promise<BootConfig> {
  const { edge, platform } = way;
  const network = await askNetwork({
    ...way,
    sleep: platform.sleep,
    enough(sources) {
      const read = readBootConfig(found.sources, found.faults, sources);
      return read.ok || read.error.kind !== "no-remote";
    },
    request: (request) => httpRequest(edge, platform, request),
    describe: describeHttpError,
    decode: (chunks) => platform.utf8Decode(joinChunks(chunks)),
    now: platform.now,
  });
  const read = readBootConfig(found.sources, found.faults, network.sources);
  if (read.ok) return read.value;
  if (read.error.kind === "mistakes") end(describeMistakes(read.error.errors));
  const asked = found.sources.map(({ where, text }) => {
    const place = where === "" ? "the arguments" : where;
    return `${place}: ${text.trim() === "" ? "nothing" : "no --remote"}`;
  });
  end(describeMistakes([REMOTE_MISSING], [...asked, ...network.answers]));
}

function end(words: string): never {
  nativeConsole(words);
  nativePowerOff(STATUS_BAD_PARAMETERS);
}
