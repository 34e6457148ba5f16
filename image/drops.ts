// What the machine has thrown away of what came, by reason: for /-/status and the log.

import { COUNTER_NAMES, OTHER_COUNTERS } from "../stack/base/counters.ts";

/** Figures beside those of base/counters.ts that are such reasons. */
const MORE = ["frames-lost-in", "frames-lost-out", "events-dropped"];
const REASONS: ReadonlySet<string> = new Set([
  ...COUNTER_NAMES.filter((name) => !OTHER_COUNTERS.includes(name)),
  ...MORE,
]);

/** The reasons that there were, with how often, of "name value" lines (Seam.counters). */
export function dropsOf(figures: string): Readonly<Record<string, number>> {
  const drops: Record<string, number> = {};
  for (const line of figures.split("\n")) {
    const [name = "", value = ""] = line.split(" ");
    if (REASONS.has(name) && Number(value) > 0) drops[name] = Number(value);
  }
  return drops;
}

/** Says what has become more. */
export class DropLog {
  #last: Readonly<Record<string, number>> = {};

  /** "arp-refused 3 (1 more), ..."; "" when nothing has. */
  changes(figures: string): string {
    const before = this.#last;
    this.#last = dropsOf(figures);
    return Object.entries(this.#last)
      .filter(([name, count]) => count > (before[name] ?? 0))
      .map(([name, count]) => `${name} ${count} (${count - (before[name] ?? 0)} more)`)
      .join(", ");
  }
}
