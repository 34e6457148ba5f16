// In which ways a name is proved: the better one first, and the other when that one has failed.

import type { TlsConfig } from "../tls-config.ts";
import type { ChallengeType } from "./talk.ts";

/** The ways that are open, the best first. `port`: of plain HTTP. */
export function openWays(
  { port, plain }: Pick<TlsConfig, "port" | "plain">,
  plainPort: number,
): readonly ChallengeType[] {
  if (plain === "off") return ["tls-alpn-01"];
  // Authorities look at port 80 and 443; behind others may be a router that leads to them.
  return plainPort !== 80 && port === 443 ? ["tls-alpn-01", "http-01"] : ["http-01", "tls-alpn-01"];
}

export class Ways {
  readonly #open: readonly ChallengeType[];
  readonly #failed = new Map<string, Set<ChallengeType>>();

  constructor(open: readonly ChallengeType[]) {
    this.#open = open;
  }

  of(name: string): readonly ChallengeType[] {
    const failed = this.#failed.get(name);
    if (failed === undefined) return this.#open;
    return [...this.#open.filter((way) => !failed.has(way)), ...this.#open.filter((way) => failed.has(way))];
  }

  failed(name: string, way: ChallengeType): void {
    const failed = this.#failed.get(name) ?? new Set();
    failed.add(way);
    // All have failed: from the first one on again.
    if (failed.size === this.#open.length) this.#failed.delete(name);
    else this.#failed.set(name, failed);
  }

  /** For one of the names another way is to be tried than the one that has failed. */
  get another(): boolean {
    return this.#failed.size > 0;
  }

  reset(): void {
    this.#failed.clear();
  }
}
