// Where a machine's instructions go, by C function and by phase: the same counter as the bench's, per translated block.
// For a bytecode build that is the engine's functions, for a compiled one the TypeScript's as well.
//
//   node tools/run.mjs test/bench/profile.ts [bytecode|compiled] [boot|keep-alive|close|large|cold|tls-full|tls-hybrid|
//     tls-resumed|tls-keep-alive|tls-large] [syslog] [plain] [six]
//
// cold: the first request for the large file. syslog: with an access line a request. plain: without offloads.
// six: over IPv6.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { isRoot, stop } from "../../tools/setup.ts";
import { Bed, cache, demoRepository, fileRepository, LARGE_PATH, PAGE_PATH } from "./bed.ts";
import { type ColumnName, findColumns } from "./columns.ts";
import { buildPlugin, readBlocks } from "./counter.ts";
import { clients, withMachine } from "./machine.ts";
import { tlsClients } from "./tls.ts";

const REQUESTS = 4000;
const TLS_REQUESTS = 400;
const SHOWN = 40;

const [name = "bytecode", phase = "keep-alive", ...switches] = process.argv.slice(2);
const all = { ...clients, ...tlsClients };
const count = phase.startsWith("tls-") ? TLS_REQUESTS : REQUESTS;
if (!isRoot()) stop("the bench makes a network namespace and a TAP device: run it as root.");
demoRepository();
await fileRepository();
const plugin = buildPlugin(join(import.meta.dirname, "plugin/count.c"), cache);
const bed = await Bed.open(`bench${process.pid}`, 77);
try {
  const column = findColumns(bed, plugin, [name as ColumnName]).get(name as ColumnName);
  if (typeof column !== "object" || column.symbols === undefined) stop(`${name}: ${column ?? "no such column"}`);
  const boot = phase === "boot";
  const onLine = (line: string, instructions: number): void => {
    if (boot) console.log(`${(instructions / 1e6).toFixed(1).padStart(7)} M  ${line}`);
  };
  const how = {
    content: boot ? "demo" : "files",
    syslog: switches.includes("syslog"),
    offloads: !switches.includes("plain"),
    tls: phase.startsWith("tls-"),
    six: switches.includes("six"),
    blocks: true,
    onLine,
  } as const;
  await withMachine(bed, column, how, async (machine, address) => {
    const host = how.six ? `[${bed.guest6}]` : address;
    let before = new Map<number, number>();
    const ask = (path: string) => bed.ask({ kind: "get", url: `http://${host}${path}`, counter: machine.counterFile });
    if (boot) await ask("/");
    else if (phase === "cold") {
      await ask(PAGE_PATH);
      await machine.settled();
      before = readBlocks(machine.counterFile);
      await ask(LARGE_PATH);
    } else {
      const client = all[phase] ?? stop(`${phase} is none of boot, cold, ${Object.keys(all).join(", ")}`);
      await client(bed, host, count);
      await machine.settled();
      before = readBlocks(machine.counterFile);
      await client(bed, host, count);
      await machine.settled();
    }
    print(
      byFunction(before, readBlocks(machine.counterFile), column.symbols ?? ""),
      boot || phase === "cold" ? 1e6 : count,
    );
  });
} finally {
  await bed.close();
}
process.exit(0);

/** Instructions between two readings by symbol. */
function byFunction(before: Map<number, number>, after: Map<number, number>, symbols: string): Map<string, number> {
  const table = execFileSync("nm", ["--numeric-sort", symbols], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    .split("\n")
    .map((line) => /^([0-9a-f]+) [tTwW] (.+)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ address: Number.parseInt(match[1]!, 16), name: match[2]! }));
  const sums = new Map<string, number>();
  for (const [address, count] of after) {
    let low = 0;
    let high = table.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (table[middle]!.address <= address) low = middle;
      else high = middle;
    }
    const symbol = address < (table[0]?.address ?? 0) ? "(firmware)" : (table[low]?.name ?? "?");
    sums.set(symbol, (sums.get(symbol) ?? 0) + count - (before.get(address) ?? 0));
  }
  return sums;
}

function print(sums: Map<string, number>, per: number): void {
  const sorted = [...sums].sort((a, b) => b[1] - a[1]);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  console.log(
    `${name}, ${phase}: ${(total / per).toFixed(1)} ${per === 1e6 ? "M instructions" : "instructions a request"}`,
  );
  for (const [symbol, count] of sorted.slice(0, SHOWN))
    console.log(
      `${((100 * count) / total).toFixed(1).padStart(5)} % ${(count / per).toFixed(1).padStart(10)}  ${symbol}`,
    );
}
