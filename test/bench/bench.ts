// npm run bench: the figures that the project is judged by, as a table and as build/bench.json.
//
//   npm run bench [-- --quick] [--rows=boot,keep-alive] [--columns=bytecode,compiled,linux] [--no-build]
//
// Read README.md first: what is counted and how to repeat it.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isRoot, need, stop } from "../../tools/setup.ts";
import { Bed, cache, demoRepository, fileRepository, root } from "./bed.ts";
import { build, type Column, type ColumnName, findColumns } from "./columns.ts";
import { buildPlugin, qemuVersion } from "./counter.ts";
import { exitRows } from "./exits.ts";
import { largeRows } from "./large.ts";
import { lossRows } from "./loss.ts";
import { type Figure, machineRows, type Row } from "./machine.ts";
import { processRows } from "./process.ts";
import { scaleRows } from "./scale.ts";
import { tlsRows } from "./tls.ts";

const COLUMNS: readonly ColumnName[] = ["bytecode", "compiled", "linux"];
const ROWS = [...machineRows, ...tlsRows, ...exitRows, ...lossRows, ...scaleRows, ...processRows, ...largeRows];

const options = readOptions();
if (!isRoot()) stop("the bench makes a network namespace and a TAP device: run it as root.");
need("gcc", "qemu-system-x86_64", "git", "ip", "dnsmasq", "h2load", "ab", "valgrind", "readelf", "openssl");
if (options.build) build();

demoRepository();
await fileRepository();
const plugin = buildPlugin(join(import.meta.dirname, "plugin/count.c"), cache);
const bed = await Bed.open(`bench${process.pid}`, 77);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => void bed.close().then(() => process.exit(1)));

const results = new Map<string, Figure | string>();
try {
  const columns = findColumns(bed, plugin, options.columns);
  for (const row of options.rows)
    for (const name of options.columns)
      results.set(`${row.id} ${name}`, await measure(row, columns.get(name) ?? "not asked for"));
  write(columns);
} finally {
  await bed.close();
}
process.exit(0);

async function measure(row: Row, column: Column | string): Promise<Figure | string> {
  if (typeof column === "string") return column;
  process.stderr.write(`${row.title}, ${column.title}: `);
  let result: Figure | string = "";
  // A client may meet the neighbour entry or the half-closed connections of the machine before: once more, then.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      result = await row.measure(bed, column);
      break;
    } catch (error) {
      result = `failed: ${error instanceof Error ? error.message : String(error)}`;
      process.stderr.write(`${result}\n`);
    }
  }
  process.stderr.write(`${typeof result === "string" ? result : `${cell(result)} ${row.unit}`}\n`);
  return result;
}

function write(columns: Map<ColumnName, Column | string>): void {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const json = {
    version: version.version,
    date: new Date().toISOString(),
    host: { processor: cpus()[0]?.model, kernel: release(), qemu: qemuVersion().text },
    columns: Object.fromEntries(
      [...columns].map(([name, column]) => [
        name,
        typeof column === "string" ? { missing: column } : { title: column.title },
      ]),
    ),
    rows: options.rows.map((row) => ({
      id: row.id,
      title: row.title,
      unit: row.unit,
      target: row.target,
      figures: Object.fromEntries(
        options.columns.map((name) => {
          const result = results.get(`${row.id} ${name}`);
          return [name, typeof result === "string" ? { missing: result } : result];
        }),
      ),
    })),
  };
  writeFileSync(join(root, "build/bench.json"), `${JSON.stringify(json, null, 2)}\n`);
  console.log(table(columns));
  console.log(`\n${json.host.qemu}; every figure with its command and its samples: build/bench.json`);
}

/** A Markdown table, aligned to be read as it stands. */
function table(columns: Map<ColumnName, Column | string>): string {
  const title = (name: ColumnName): string => {
    const column = columns.get(name);
    return typeof column === "object" ? column.title : name;
  };
  const lines = [
    ["", "unit", ...options.columns.map(title), "wanted: bytecode / compiled"],
    ...options.rows.map((row) => [
      row.title,
      row.unit,
      ...options.columns.map((name) => {
        const result = results.get(`${row.id} ${name}`);
        if (typeof result === "object") return cell(result);
        return result === undefined || !result.startsWith("failed") ? (result ?? "") : "failed";
      }),
      wanted(row),
    ]),
  ];
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const text = lines.map(
    (line) => `| ${line.map((word, i) => (i < 2 ? word.padEnd(widths[i]!) : word.padStart(widths[i]!))).join(" | ")} |`,
  );
  text.splice(
    1,
    0,
    `|${widths.map((width, i) => (i < 2 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`,
  );
  return text.join("\n");
}

function wanted({ target }: Row): string {
  const { bytecode, compiled } = target;
  if (bytecode === undefined && compiled === undefined) return "";
  return `${bytecode === undefined ? "" : `≤ ${bytecode}`} / ${compiled === undefined ? "" : `≤ ${compiled}`}`;
}

/** The value, and half the spread of the samples where they are repetitions that differ visibly. */
function cell({ value, text }: Figure): string {
  return text ?? digits(value);
}

function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        rows: { type: "string" },
        columns: { type: "string" },
        "no-build": { type: "boolean", default: false },
      },
    });
    const pick = <T>(text: string | undefined, all: readonly T[], name: (item: T) => string): readonly T[] => {
      if (text === undefined) return all;
      return text.split(",").map((word) => {
        const found = all.find((item) => name(item) === word);
        return found ?? stop(`${word} is none of ${all.map(name).join(", ")}`);
      });
    };
    const rows = pick(values.rows, ROWS, (row) => row.id);
    return {
      rows: values.quick && values.rows === undefined ? rows.filter((row) => row.quick) : rows,
      columns: pick(values.columns, COLUMNS, (name) => name),
      build: !values["no-build"],
    };
  } catch (error) {
    return stop(
      `${error instanceof Error ? error.message : String(error)}\nusage: npm run bench [-- --quick] [--rows=...] [--columns=...] [--no-build]`,
    );
  }
}
