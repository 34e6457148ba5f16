// What the network says of parameters, when the boot has named no remote: DHCP option 224 (a command line), then the metadata
// service (a file). The option lies in the range that RFC 3942 4 leaves to each site.

import { type ParameterSource, parameterFile, parameterText } from "../appliance/parameter-words.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { type Asking, askMetadata } from "./metadata.ts";

/** How long an address is waited for: five questions of a DHCP client, and longer than bridges keep a new port shut. */
export const ADDRESS_LIMIT_MS = 40_000;
const OPTION = "DHCP option 224";
const METADATA = "metadata at 169.254.169.254";

export interface NetworkAsking extends Asking {
  readonly seam: Pick<Seam, "address" | "leaseParameters">;
  /** A DHCP server is asked for the address; otherwise it is fixed. */
  readonly leased: boolean;
  /** There is an IPv4 address. */
  readonly addressed: Promise<void>;
  /** Nobody else need be asked: a remote is named, or a mistake was made. */
  enough(sources: readonly ParameterSource[]): boolean;
}

export interface NetworkParameters {
  /** The weightiest first. */
  readonly sources: readonly ParameterSource[];
  /** What each said who was asked, without what it gave; for people. */
  readonly answers: readonly string[];
}

/** Never rejects. */
export async function askNetwork(asking: NetworkAsking): Promise<NetworkParameters> {
  const { seam, leased, enough } = asking;
  await Promise.race([asking.addressed, asking.sleep(ADDRESS_LIMIT_MS)]);
  if (seam.address() === "") {
    const silence = `${OPTION}: no server has given an address within ${ADDRESS_LIMIT_MS / 1000} s`;
    return { sources: [], answers: [silence, `${METADATA}: not asked, without an IPv4 address`] };
  }
  const sources: ParameterSource[] = [];
  const answers: string[] = [];
  const option = seam.leaseParameters();
  if (option !== "") sources.push(parameterText(option, OPTION));
  if (!leased) answers.push(`${OPTION}: not asked, because the address is fixed`);
  else answers.push(`${OPTION}: ${option === "" ? "the server has none" : NOT_AMONG_THEM}`);
  if (enough(sources)) return { sources, answers };
  const { text, answers: more } = await askMetadata(asking);
  if (text !== "") sources.push(parameterFile(text, METADATA));
  for (const answer of text === "" ? more : [NOT_AMONG_THEM]) answers.push(`${METADATA}: ${answer}`);
  return { sources, answers };
}

const NOT_AMONG_THEM = "parameters, and --remote is not among them";
