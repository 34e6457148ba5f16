// Imports go down only, types and references to declarations as well, and no two files need each other, not even by type.
// Each room says here what it may see; everything else is an error.
// Run: npm run lint

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What a room may import besides itself: folders, "npm:NAME" and "node:". The first matching room counts. */
const ROOMS: ReadonlyArray<{ readonly room: string; readonly sees: readonly string[] }> = [
  { room: "stack/base", sees: [] },
  { room: "stack/ethernet", sees: ["stack/base"] },
  { room: "stack/arp", sees: ["stack/base", "stack/ethernet"] },
  { room: "stack/ipv4", sees: ["stack/base", "stack/ethernet", "stack/arp"] },
  { room: "stack/mld", sees: ["stack/base"] },
  { room: "stack/ndp", sees: ["stack/base", "stack/ethernet", "stack/mld"] },
  { room: "stack/ipv6", sees: ["stack/base", "stack/ethernet", "stack/ndp"] },
  { room: "stack/icmpv6", sees: ["stack/base", "stack/ipv6"] },
  { room: "stack/icmp", sees: ["stack/base", "stack/ipv4"] },
  { room: "stack/udp", sees: ["stack/base", "stack/ipv4"] },
  { room: "stack/tcp", sees: ["stack/base"] },
  { room: "stack/dhcp", sees: ["stack/base"] },
  { room: "stack/dns", sees: ["stack/base"] },
  { room: "stack/syslog", sees: ["stack/base"] },
  { room: "stack/x509", sees: ["stack/base"] },
  { room: "stack/http", sees: ["stack/base"] },
  { room: "stack/http1", sees: ["stack/base", "stack/http"] },
  { room: "stack/tls", sees: ["stack/base"] },
  { room: "stack/links", sees: ["stack", "!stack/host", "!stack/edge"] },
  { room: "stack/edge", sees: ["stack"] },
  { room: "stack/host", sees: ["stack", "!stack/edge"] },
  { room: "drivers", sees: ["stack/base"] },
  {
    room: "appliance",
    sees: [
      ...[
        "stack/edge",
        "stack/base",
        "npm:highlight.js",
        "npm:marked",
        "npm:mustache",
        "npm:pino",
        "npm:smol-toml",
        "npm:temml",
      ],
      ...["npm:xss", "npm:yaml"],
    ],
  },
  { room: "image/build", sees: ["tools", "image", "npm:esbuild", "npm:typescript", "node:"] },
  { room: "image/deploy", sees: ["image", "appliance", "npm:yaml", "node:"] },
  {
    room: "image/aot",
    sees: ["tools", "image", "npm:typescript", "npm:esbuild", "npm:@scriptc/compiler", "node:"],
  },
  { room: "image/shims", sees: ["image"] },
  { room: "image", sees: ["appliance", "stack", "drivers", "node:"] },
  {
    room: "tools",
    sees: ["appliance", "stack", "image", "test", "node:", "npm:typescript", "npm:vitest", "npm:playwright-core"],
  },
  { room: "test", sees: ["appliance", "stack", "drivers", "image", "tools", "node:", "npm:"] },
];

/** Node may be used only by the files of `image` that say so in their name. */
const NODE_FILES = /^image\/([a-z-]+-node|target-node|native-node)\.ts$|^image\/(build|aot|deploy)\//;

/** Where an IPv4 address may be a number; elsewhere below the seam it is a path or text (stack/base/path.ts). */
const HOLDS_IPV4 = /^stack\/(ipv4|arp|dhcp|dns)\/|^stack\/base\/(address|address6|path)\.ts$/;

/** The way of every packet, and how many parameters a function there may have. */
const PACKET_PATH = /^(stack\/(base|ethernet|arp|ipv4|icmp|ipv6|icmpv6|ndp|mld|udp|tcp|tls|http1)|drivers)\//;
const PARAMETER_LIMIT = 6;

/** Lines of one source file. */
const FILE_LIMIT = 400;

/** What each file imports or refers to of our own. */
const needs = new Map<string, readonly string[]>();

let faults = 0;
for (const folder of ["stack", "drivers", "appliance", "image", "tools", "test"]) {
  for (const file of sources(join(root, folder))) checkFile(relative(root, file));
}
for (const circle of circles()) {
  faults++;
  console.error(`a circle: ${circle.join(" -> ")}`);
}
if (faults > 0) {
  console.error(`${faults} faults of structure`);
  process.exit(1);
}
console.log("imports go down only, and in no circle");

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && path.endsWith(".ts") && !path.includes("/vendor/")) found.push(path);
  }
  return found;
}

function checkFile(file: string): void {
  const lines = readFileSync(join(root, file), "utf8").split("\n").length - 1;
  if (lines > FILE_LIMIT && !file.startsWith("test/")) {
    faults++;
    console.error(`${file}: ${lines} lines; split it by concern before ${FILE_LIMIT}`);
  }
  checkAddresses(file);
  // A page of natives counts by arrays, and a range is three parameters.
  if (PACKET_PATH.test(file) && !file.endsWith(".d.ts")) checkParameters(file);
  const room = ROOMS.find((r) => file.startsWith(`${r.room}/`));
  if (room === undefined) return;
  const { importedFiles, referencedFiles } = ts.preProcessFile(readFileSync(join(root, file), "utf8"));
  // A reference names a file as an import of "./file" does, with or without the "./".
  const names = [
    ...importedFiles.map(({ fileName }) => fileName),
    ...referencedFiles.map(({ fileName }) => (fileName.startsWith(".") ? fileName : `./${fileName}`)),
  ];
  needs.set(
    file,
    names.filter((name) => name.startsWith(".")).map((name) => relative(root, resolve(root, dirname(file), name))),
  );
  for (const name of names) {
    if (!allowed(room, file, name)) {
      faults++;
      console.error(`${file}: ${room.room} may not import ${name}`);
    }
  }
}

/** IPv6 must be an addition: no IPv4 number outside the rooms that are about IPv4. */
function checkAddresses(file: string): void {
  if (!/^(stack|drivers|image)\//.test(file) || HOLDS_IPV4.test(file)) return;
  const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  if (!/\bIpv4\b/.test(code)) return;
  faults++;
  console.error(`${file}: holds an IPv4 address as a number; take a path of stack/base/path.ts, or text`);
}

function checkParameters(file: string): void {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && node.parameters.length > PARAMETER_LIMIT) {
      faults++;
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      console.error(
        `${file}:${line}: ${node.parameters.length} parameters; ${PARAMETER_LIMIT} at most on a packet's way`,
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** Files that need each other, as a way from one back to itself; each circle once. */
function circles(): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file]);
    if (way.includes(file) || done.has(file)) return;
    way.push(file);
    for (const next of needs.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const file of needs.keys()) visit(file);
  return found;
}

function allowed(room: (typeof ROOMS)[number], file: string, specifier: string): boolean {
  if (specifier.startsWith("node:"))
    return room.sees.includes("node:") && (room.room !== "image" || NODE_FILES.test(file));
  if (!specifier.startsWith("."))
    return room.sees.some((s) => s.startsWith("npm:") && `npm:${specifier}/`.startsWith(s === "npm:" ? s : `${s}/`));
  const target = relative(root, resolve(root, dirname(file), specifier));
  if (target.startsWith(`${room.room}/`)) return true;
  if (room.sees.some((s) => s.startsWith("!") && target.startsWith(`${s.slice(1)}/`))) return false;
  return room.sees.some((s) => target.startsWith(`${s}/`));
}
