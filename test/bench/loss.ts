// A megabyte over a link of 50 ms that loses one packet in a hundred each way: how fast it comes, and what it costs the
// machine. The client sits in a namespace of its own, behind a wire (wire.c); lossy.ts has more links, for the process.

import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { Namespace } from "../../tools/namespace.ts";
import { Bed, cache, LARGE_BYTES, LARGE_PATH } from "./bed.ts";
import type { Column } from "./columns.ts";
import { type Figure, figure, mean, type Row, withMachine } from "./machine.ts";

const DOWNLOADS = 10;
/** One way. */
const DELAY_US = 25_000;
const LOSS_PERCENT = 1;
const CLIENT_WITHIN_S = 100;
const K = 1000;

export const lossRows: readonly Row[] = [4, 6].map((family) => ({
  id: `loss-${family}`,
  title: `1 MB at ${LOSS_PERCENT} % loss, ${(2 * DELAY_US) / 1000} ms, over IPv${family}`,
  unit: "K instructions; Mbit/s",
  target: {},
  quick: false,
  measure: (_bed, column) => downloads(column, family === 6),
}));

async function downloads(column: Column, six: boolean): Promise<Figure | string> {
  const wire = join(cache, "wire");
  execFileSync("gcc", ["-O2", "-o", wire, join(import.meta.dirname, "wire.c")]);
  const bed = await Bed.open(`benchloss${process.pid}`, 77);
  const client = new Namespace(`benchlossc${process.pid}`, 78);
  try {
    // The machine and the wire share a bridge, the client has the wire's other end.
    bed.ns.bridgeSecondTap();
    client.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=0"]);
    client.run(["ip", "addr", "flush", "dev", "tap0"]);
    client.run(["ip", "addr", "add", bed.guest.replace(/\d+$/, "9/24"), "dev", "tap0"]);
    client.run(["ip", "addr", "add", bed.guest6.replace(/\d+$/, "9/64"), "dev", "tap0", "nodad"]);
    return await withMachine(bed, column, { six }, async (machine) => {
      const url = `http://${six ? `[${bed.guest6}]` : bed.guest}${LARGE_PATH}`;
      const words = [client.name, "tap0", bed.ns.name, "tap1", String(DELAY_US)];
      const joined = (loss: number) => spawn(wire, [...words, String(loss), "0", "0", "0", "1"]);
      const download = async (): Promise<number> => {
        const curl = ["curl", "-s", "--max-time", String(CLIENT_WITHIN_S), "-o", "/dev/null"];
        const out = await client.runAsync([...curl, "-w", "%{size_download} %{time_total}", url], 110_000);
        const [bytes, seconds] = out.split(" ").map(Number);
        if (bytes !== LARGE_BYTES) throw new Error(`${url}: ${bytes} bytes`);
        return (LARGE_BYTES * 8) / (seconds ?? 0) / 1e6;
      };
      // Once without losses: the file is made ready, and everybody knows the other's card.
      let running = joined(0);
      await download();
      running.kill("SIGKILL");
      await new Promise((resolve) => running.once("exit", resolve));
      running = joined(LOSS_PERCENT);
      try {
        const rates: number[] = [];
        const before = await machine.settled();
        for (let i = 0; i < DOWNLOADS; i++) rates.push(await download());
        const each = ((await machine.settled()) - before) / DOWNLOADS / K;
        return {
          ...figure(
            `loss-${six ? 6 : 4}`,
            column,
            each,
            rates,
            `${machine.command}; curl ${url} ${DOWNLOADS} times, a connection each; wire ${words.slice(4).join(" ")} ${LOSS_PERCENT} 0 0 0 1; instructions of all, / ${DOWNLOADS}; samples: Mbit/s`,
          ),
          text: `${Math.round(each)}; ${mean(rates).toPrecision(3)}`,
        };
      } finally {
        running.kill("SIGKILL");
      }
    });
  } finally {
    await client.remove();
    await bed.close();
  }
}
